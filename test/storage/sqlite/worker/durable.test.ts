import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from '../../../../src/storage/sqlite/worker/database.js';

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-durable-'));
  db = new Database({
    file: join(folder, 'store.db'),
    hashKey: new Uint8Array(32),
    cacheKb: 1024,
    checkpointBytes: 1 << 20,
  });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const settingOf = (name: string): unknown => db.prepare(`PRAGMA ${name}`).get()?.[0];
/** SQLite syncs the write-ahead log at every commit. */
const FULL = 2;

it('the embedded store syncs what it answers for: inside a transaction, and after background work that need not be', () => {
  expect(settingOf('journal_mode')).toBe('wal');
  db.durably(() => expect(settingOf('synchronous')).toBe(FULL));
  db.lazily(() => expect(settingOf('synchronous')).toBe(FULL - 1));
  expect(settingOf('synchronous')).toBe(FULL);
  expect(() =>
    db.lazily(() => {
      throw new Error('broke off');
    }),
  ).toThrow('broke off');
  db.durably(() => expect(settingOf('synchronous')).toBe(FULL));
});
