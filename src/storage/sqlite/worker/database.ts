import Libsql from 'libsql';
import { SCHEMA_VERSION, migration } from '../schema/schema.js';
import type { WorkerSettings } from '../wire.js';
import { WrongFile } from '../wrong-file.js';
import { messageOf } from '../../../errors/error-text.js';
import { WriteAheadLog } from './write-ahead-log.js';

/** A value that can be bound or read. */
export type SqlValue = string | number | null | Uint8Array;

/** A prepared statement; rows are arrays in the order of the columns. */
export interface Statement {
  run(...values: SqlValue[]): number;
  get(...values: SqlValue[]): readonly SqlValue[] | undefined;
  all(...values: SqlValue[]): (readonly SqlValue[])[];
}

/** One connection, alone on its file. */
export class Database {
  readonly #raw: Libsql.Database;
  readonly #log: WriteAheadLog;
  /** Bytes of data, roughly, that stand in the write-ahead log only: what writing it back costs. */
  unwritten = 0;
  /** Whether more is known to fit: not when just opened, nor once SQLite has found no room. */
  roomy = false;
  /** Commits since the write-ahead log was written back: each adds the pages it touched. */
  commits = 0;

  /** Opens or makes the file, brings its schema up to date and locks it. */
  constructor(settings: WorkerSettings) {
    const { file } = settings;
    let foreign: boolean;
    try {
      this.#raw = new Libsql(file);
      // Exclusive before anything else: the lock then is held from the first access until close.
      this.#raw.exec('PRAGMA page_size = 8192');
      this.#raw.exec('PRAGMA locking_mode = EXCLUSIVE');
      foreign = this.#isForeign();
      if (!foreign) this.#raw.exec('PRAGMA journal_mode = WAL');
      this.#raw.exec('BEGIN IMMEDIATE; COMMIT');
    } catch (error) {
      throw openError(file, error);
    }
    if (foreign) {
      this.close();
      throw new WrongFile(
        `the database file ${file} is of another program: it has tables or a name of its own, but none of Tollgate's`,
      );
    }
    // What has to be on disk is synced by ourselves: SQLite would hold up everything else meanwhile.
    this.exec('PRAGMA synchronous = NORMAL');
    this.exec('PRAGMA wal_autocheckpoint = 0');
    this.exec('PRAGMA temp_store = MEMORY');
    this.exec(`PRAGMA cache_size = -${settings.cacheKb}`);
    const version = Number(this.prepare('PRAGMA user_version').get()?.[0] ?? 0);
    const steps = migration(version);
    if (!steps) {
      this.close();
      throw new WrongFile(
        `the database file ${file} was written by another release of Tollgate (schema ${version}; this one reads ${SCHEMA_VERSION})`,
      );
    }
    for (const step of steps) this.exec(`BEGIN IMMEDIATE; ${step} COMMIT`);
    this.#log = new WriteAheadLog(file);
    this.#writeBackFound();
  }

  /**
   * What the log holds when it is opened may be in memory only: where a sync failed before, the next one succeeds without
   * it. What is written after a gap would be lost with it.
   */
  #writeBackFound(): void {
    try {
      this.checkpoint();
    } catch (error) {
      // What is there can be read all the same.
      if (sqliteCode(error)?.startsWith('SQLITE_FULL') !== true) throw error;
    }
  }

  /** Whether another program made the file: it has tables or a name, but not Tollgate's. Changes nothing. */
  #isForeign(): boolean {
    const numberOf = (name: string): number => Number(this.prepare(`PRAGMA ${name}`).get()?.[0] ?? 0);
    const tables = this.prepare('SELECT name FROM sqlite_schema').all().flat();
    const ours = numberOf('user_version') === 0 ? tables.length === 0 : tables.includes('rule_versions');
    return !ours || numberOf('application_id') !== 0;
  }

  exec(sql: string): void {
    this.#raw.exec(sql);
  }

  prepare(sql: string): Statement {
    const statement = this.#raw.prepare(sql);
    if (statement.reader) statement.raw();
    return {
      run: (...values) => statement.run(values).changes,
      get: (...values) => statement.get(values) as readonly SqlValue[] | undefined,
      all: (...values) => statement.all(values) as (readonly SqlValue[])[],
    };
  }

  /** Runs work in a transaction: durable when it returns. */
  durably<T>(work: () => T): T {
    const result = this.lazily(work);
    this.#log.syncNow();
    return result;
  }

  /**
   * Runs work in a transaction that becomes durable with the next sync; until then it may be lost whole, together with all
   * that came after it.
   */
  lazily<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      this.commits += 1;
      return result;
    } catch (error) {
      this.#noteRoom(error);
      try {
        this.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error instanceof AllRolledBack ? error.cause : error;
    }
  }

  /** Resolves once everything committed so far is durable. Rejects where the disk fails. */
  synced(): Promise<void> {
    return this.#log.sync();
  }

  /** Like a transaction of its own inside a larger one. Throws AllRolledBack where the larger one is over with it. */
  savepoint<T>(work: () => T): T {
    this.exec('SAVEPOINT part');
    try {
      const result = work();
      this.exec('RELEASE part');
      return result;
    } catch (error) {
      this.#noteRoom(error);
      try {
        this.exec('ROLLBACK TO part; RELEASE part');
      } catch {
        throw new AllRolledBack(error);
      }
      throw error;
    }
  }

  /** Writes the write-ahead log back, so that it starts anew. */
  checkpoint(): void {
    this.prepare('PRAGMA wal_checkpoint(PASSIVE)').all();
    this.unwritten = 0;
    this.commits = 0;
  }

  /** The key of all attribute hashes; `fresh` becomes it when there is none. */
  hashKey(fresh: Uint8Array): Uint8Array {
    this.durably(() =>
      this.prepare(`INSERT OR IGNORE INTO meta (name, value) VALUES ('hashKey', ?)`).run(fresh),
    );
    const key = this.prepare(`SELECT value FROM meta WHERE name = 'hashKey'`).get()?.[0];
    if (!(key instanceof Uint8Array)) throw new Error('the database has no hash key');
    return Uint8Array.from(key);
  }

  close(): void {
    this.#log?.close();
    this.#raw.close();
  }

  #noteRoom(error: unknown): void {
    if (sqliteCode(error)?.startsWith('SQLITE_FULL') === true) this.roomy = false;
  }
}

/** What failed took the whole transaction with it, as SQLite does where there is no room for one statement of it. */
export class AllRolledBack extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** What SQLite said, for example SQLITE_FULL; undefined for other errors. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

function openError(file: string, error: unknown): Error {
  const message = messageOf(error);
  if (/locked|busy/i.test(message)) {
    return new Error(`the database file ${file} is in use by another process`);
  }
  if (/not a database/i.test(message)) return new WrongFile(`the file ${file} is not a Tollgate database`);
  return new Error(`the database file ${file} cannot be opened: ${message}`);
}
