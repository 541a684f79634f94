import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Response } from '../../../../src/storage/sqlite/wire.js';
import { Database } from '../../../../src/storage/sqlite/worker/database.js';
import { Dispatcher } from '../../../../src/storage/sqlite/worker/dispatcher.js';
import { WorkerJournal } from '../../../../src/storage/sqlite/worker/journal/journal.js';
import { operations } from '../../../../src/storage/sqlite/worker/operations.js';
import { write } from '../../../../src/storage/sqlite/worker/work.js';

let folder: string;
let db: Database;
let ping: () => Promise<Response | undefined>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-room-'));
  const file = join(folder, 'store.db');
  db = new Database({ file, hashKey: new Uint8Array(32), cacheKb: 1024, checkpointBytes: 1 << 20 });
  const posted: Response[] = [];
  const soon: (() => void)[] = [];
  const dispatcher = new Dispatcher(
    db,
    (response) => void posted.push(response),
    (callback) => void soon.push(callback),
    (error) => {
      throw error;
    },
  );
  const journal = new WorkerJournal(db, dispatcher.context);
  dispatcher.serve(operations(db, journal, dispatcher, () => undefined));
  ping = async () => {
    dispatcher.receive({ id: 1, op: 'store.ping', args: [1] });
    while (soon.length > 0) soon.shift()?.();
    while (posted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return posted.pop();
  };
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

/** A limit on pages stands for a full disk. */
function leave(pages: number): void {
  const there = Number(db.prepare('PRAGMA page_count').get()?.[0]);
  db.prepare(`PRAGMA max_page_count = ${there + pages}`).get();
}
const put = (name: string, bytes: number): void =>
  db.durably(() => void db.prepare(`INSERT OR REPLACE INTO meta VALUES (?, zeroblob(?))`).run(name, bytes));

const well: Response = { id: 1, value: undefined };
const full = { id: 1, error: { kind: 'unavailable', message: 'there is no room left' } };

it('a store that found no room is away until what decisions take fits again, though less still does', async () => {
  // The second gives back what the first took.
  for (let turn = 0; turn < 2; turn++) expect(await ping()).toEqual(well);
  put('in its place', 1_100_000);
  leave(20);
  expect(() => put('more', 1_000_000)).toThrow('full');
  for (let turn = 0; turn < 3; turn++) {
    put('less', 10_000);
    expect(await ping()).toMatchObject(full);
  }
  leave(1000);
  for (let turn = 0; turn < 2; turn++) expect(await ping()).toEqual(well);
});

it('so is one that is opened where there is none', async () => {
  leave(20);
  expect(await ping()).toMatchObject(full);
});

it('of what shares a transaction all is refused and nothing kept, where one statement of it finds no room', async () => {
  const posted: Response[] = [];
  const ended: (boolean | undefined)[] = [];
  const dispatcher = new Dispatcher(
    db,
    (response) => void posted.push(response),
    setImmediate,
    (error) => {
      throw error;
    },
  );
  const insert = db.prepare('INSERT INTO meta VALUES (?, zeroblob(?))');
  dispatcher.serve({
    put: write((context, name: string, bytes: number) => {
      context.afterwards((committed) => void ended.push(committed));
      insert.run(name, bytes);
    }),
  });
  leave(20);
  for (const [id, bytes] of [10, 1_000_000, 10].entries())
    dispatcher.receive({ id, op: 'put', args: [`name ${id}`, bytes] });
  while (posted.length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(posted).toMatchObject([0, 1, 2].map((id) => ({ ...full, id })));
  expect(new Set(ended)).toEqual(new Set([false]));
  expect(db.prepare(`SELECT name FROM meta WHERE name LIKE 'name %'`).all()).toEqual([]);
});
