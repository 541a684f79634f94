import { closeSync, fdatasync, fdatasyncSync, openSync, realpathSync } from 'node:fs';
import { messageOf } from '../../../errors/error-text.js';

/**
 * The write-ahead log of an open database, to be synced apart from SQLite. A commit with `synchronous = NORMAL` has been
 * written to it but need not be on disk; SQLite itself syncs its header when it starts anew, and all of it before it is
 * written back (sqlite.org/pragma.html#pragma_synchronous, wal.c: sqlite3WalFrames, walCheckpoint).
 */
export class WriteAheadLog {
  readonly #file: number;

  /** Of a database that has been written to: its log exists, and stays the same file until it is closed. */
  constructor(database: string) {
    // SQLite puts it beside what a link points to. Windows syncs only what is open for writing.
    this.#file = openSync(`${realpathSync(database)}-wal`, 'r+');
  }

  /** Resolves once everything written so far is on disk. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) =>
      fdatasync(this.#file, (error) => (error === null ? resolve() : reject(notSynced(error)))),
    );
  }

  /** The same, without going on meanwhile. */
  syncNow(): void {
    try {
      fdatasyncSync(this.#file);
    } catch (error) {
      throw notSynced(error);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/**
 * In SQLite's own word for it: nobody knows what of the log is on disk, and the system says so once. The next sync would
 * succeed all the same.
 */
function notSynced(cause: unknown): Error {
  return Object.assign(new Error(messageOf(cause), { cause }), { code: 'SQLITE_IOERR_FSYNC' });
}
