import { copyFileSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Database } from '../../../../src/storage/sqlite/worker/database.js';

/** Inodes of what was synced since this was asked last. */
const synced = vi.hoisted(() => ({ inodes: [] as number[] }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const note = (fd: number): void => void synced.inodes.push(fs.fstatSync(fd).ino);
  return {
    ...fs,
    fdatasync: (fd: number, done: (error: NodeJS.ErrnoException | null) => void) => {
      note(fd);
      fs.fdatasync(fd, done);
    },
    fdatasyncSync: (fd: number) => {
      note(fd);
      fs.fdatasyncSync(fd);
    },
  };
});
const takeSynced = (): readonly number[] => synced.inodes.splice(0);

let folder: string;
let file: string;
let db: Database;
const open = (path: string): Database =>
  new Database({ file: path, hashKey: new Uint8Array(32), cacheKb: 1024, checkpointBytes: 1 << 20 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-durable-'));
  file = join(folder, 'store.db');
  db = open(file);
  takeSynced();
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const settingOf = (name: string): unknown => db.prepare(`PRAGMA ${name}`).get()?.[0];
/** SQLite syncs the write-ahead log before it is written back, not at every commit. */
const NORMAL = 1;

it('the embedded store syncs the file that SQLite writes to, also after that was written back', async () => {
  expect(settingOf('journal_mode')).toBe('wal');
  expect(settingOf('synchronous')).toBe(NORMAL);
  for (let round = 0; round < 3; round++) {
    db.lazily(() => db.exec(`CREATE TABLE t${round} (n); INSERT INTO t${round} VALUES (zeroblob(100000))`));
    await db.synced();
    expect(takeSynced()).toEqual([statSync(`${file}-wal`).ino]);
    db.checkpoint();
  }
});

it('a database behind a link has its log beside what that points to', async () => {
  const [link, target] = [join(folder, 'link.db'), join(folder, 'target.db')];
  symlinkSync(target, link);
  const linked = open(link);
  try {
    linked.lazily(() => linked.exec('CREATE TABLE t (n)'));
    takeSynced();
    await linked.synced();
    expect(takeSynced()).toEqual([statSync(`${target}-wal`).ino]);
  } finally {
    linked.close();
  }
});

it('a durable transaction is synced when it returns; one that fails is undone', () => {
  db.durably(() => db.exec('CREATE TABLE t (n)'));
  expect(takeSynced()).toEqual([statSync(`${file}-wal`).ino]);
  const broken = (): void =>
    db.durably(() => {
      db.exec('INSERT INTO t VALUES (1)');
      throw new Error('broke off');
    });
  expect(broken).toThrow('broke off');
  db.durably(() => db.exec('INSERT INTO t VALUES (2)'));
  expect(db.prepare('SELECT n FROM t').all()).toEqual([[2]]);
});

it('what is found in the log is written back when a database is opened: a sync may have failed for it', () => {
  db.lazily(() => db.exec('CREATE TABLE t (n)'));
  const [found, alone] = [join(folder, 'found.db'), join(folder, 'alone.db')];
  for (const part of ['', '-wal']) copyFileSync(`${file}${part}`, `${found}${part}`);
  const opened = open(found);
  copyFileSync(found, alone);
  opened.close();
  const without = open(alone);
  expect(without.prepare('SELECT n FROM t').all()).toEqual([]);
  without.close();
});
