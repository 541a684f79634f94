import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { JournalEntry } from '../../../../src/decisions/ports.js';
import { Packer } from '../../../../src/storage/sqlite/journal/packing.js';
import type { Response } from '../../../../src/storage/sqlite/wire.js';
import { Database } from '../../../../src/storage/sqlite/worker/database.js';
import { Dispatcher } from '../../../../src/storage/sqlite/worker/dispatcher.js';
import { WorkerJournal } from '../../../../src/storage/sqlite/worker/journal/journal.js';
import { operations } from '../../../../src/storage/sqlite/worker/operations.js';
import { entry } from '../../contract/entries.js';

/** A disk that takes what it is given when the test says so, or fails. */
const disk = vi.hoisted(() => ({
  waiting: [] as ((error: Error | null) => void)[],
  broken: undefined as Error | undefined,
}));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    fdatasync: (_: number, done: (error: Error | null) => void) => void disk.waiting.push(done),
    fdatasyncSync: (fd: number) => {
      if (disk.broken !== undefined) throw disk.broken;
      fs.fdatasyncSync(fd);
    },
  };
});

let folder: string;
let db: Database;
let dispatcher: Dispatcher;
let answered: number[];
let fatal: unknown[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-on-disk-'));
  const file = join(folder, 'store.db');
  [answered, fatal] = [[], []];
  db = new Database({ file, hashKey: new Uint8Array(32), cacheKb: 1024, checkpointBytes: 1 << 20 });
  dispatcher = new Dispatcher(
    db,
    (response: Response) => {
      if ('value' in response) answered.push(response.id);
    },
    setImmediate,
    (error) => void fatal.push(error),
  );
  const journal = new WorkerJournal(db, dispatcher.context);
  dispatcher.serve(operations(db, journal, dispatcher, () => undefined));
});
afterEach(() => {
  disk.waiting = [];
  disk.broken = undefined;
  db.close();
  rmSync(folder, { recursive: true });
});

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const ask = async (id: number, op: string, ...args: readonly unknown[]): Promise<void> => {
  dispatcher.receive({ id, op, args });
  await turns();
};
const append = (id: number, ...entries: readonly JournalEntry[]): Promise<void> => {
  const packer = new Packer(4096);
  for (const one of entries) packer.entry(one);
  return ask(id, 'journal.append', packer.take());
};
const round = (id: number, ...ids: readonly string[]): Promise<void> =>
  ask(id, 'journal.round', ids, new Float64Array(0), new Float64Array(0), Infinity);
const taken = async (): Promise<void> => {
  disk.waiting.shift()?.(null);
  await turns();
};

const [A, B] = [1, 2].map((seq) => entry({ log: 1, seq })) as [JournalEntry, JournalEntry];

it('a round learns of an entry by its id once that is on disk: the answer may be a repeated one', async () => {
  await append(1, A);
  await round(2, A.id);
  await round(3, B.id);
  expect(answered).toEqual([3]);
  await taken();
  expect(answered).toEqual([3, 1, 2]);
  await append(4, B);
  await round(5, A.id);
  await round(6, A.id, B.id);
  expect(answered).toEqual([3, 1, 2, 5]);
  await taken();
  expect(answered).toEqual([3, 1, 2, 5, 4, 6]);
});

it('gives up a database whose log a disk failed to take within a read, as after any other commit', async () => {
  const list = { id: 'l', type: 'card', kind: 'block', description: '', owner: '' };
  await ask(1, 'lists.create', list, { actor: '', reason: '' }, 1);
  await taken();
  disk.broken = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  const options = { replace: false, dryRun: false, by: { actor: '', reason: '' }, now: 1 };
  await append(2, A);
  await ask(3, 'lists.importSwitch', 1, 'l', options);
  await taken();
  expect(answered).toEqual([1]);
  expect(fatal).toHaveLength(1);
});
