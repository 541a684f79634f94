import { closeSync, fdatasync, fdatasyncSync, openSync, realpathSync } from 'node:fs';

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
      fdatasync(this.#file, (error) => (error === null ? resolve() : reject(error))),
    );
  }

  /** The same, without going on meanwhile. */
  syncNow(): void {
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}
