import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Packer } from '../../../../../src/storage/sqlite/journal/packing.js';
import { Database } from '../../../../../src/storage/sqlite/worker/database.js';
import { WorkerJournal } from '../../../../../src/storage/sqlite/worker/journal/journal.js';
import type { Context } from '../../../../../src/storage/sqlite/worker/work.js';
import { entries } from '../../../contract/entries.js';

const STORED = { duplicates: [], taken: [] };

it('an append whose transaction is undone leaves no trace: the same entries are taken in later', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-undone-'));
  const settings = { hashKey: new Uint8Array(16), cacheKb: 1024, checkpointBytes: 1 << 20 };
  const db = new Database({ ...settings, file: join(folder, 't.db') });
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const callbacks: ((durable: boolean) => void)[] = [];
  const context: Context = {
    db,
    afterwards: (callback) => void callbacks.push(callback),
    background: () => undefined,
  };
  const settle = (durable: boolean): void => {
    for (const callback of callbacks.splice(0)) callback(durable);
  };
  const packed = (): Uint8Array => {
    const packer = new Packer(8192);
    for (const entry of entries(1, 1, 3)) packer.entry(entry);
    return packer.take();
  };
  const journal = new WorkerJournal(db, context);
  const full = new Error('the disk is full');
  const undone = (): void =>
    db.durably(() => {
      expect(journal.append(context, packed())).toEqual(STORED);
      throw full;
    });
  expect(undone).toThrow(full);
  settle(false);
  expect(journal.lastSeq).toBe(0);
  expect(db.durably(() => journal.append(context, packed()))).toEqual(STORED);
  settle(true);
  expect(journal.lastSeq).toBe(3);
  expect(db.durably(() => journal.append(context, packed()))).toEqual({ duplicates: [0, 1, 2], taken: [] });
});
