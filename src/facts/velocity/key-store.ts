import type { KeyEntry } from './key-entry.js';
import { KeyTable } from './key-table.js';

/**
 * The keys in memory, bounded in bytes: those that nobody holds leave, the one given back longest ago first. Written
 * out rather than taken from a library because entries grow while they are kept and must stay while they are held:
 * here that costs two links.
 */
export class KeyStore {
  readonly #maxBytes: number;
  readonly #entries = new KeyTable<KeyEntry>();
  /** Ends of the list of entries that nobody holds. */
  #oldest: KeyEntry | undefined;
  #newest: KeyEntry | undefined;
  #bytes = 0;
  #rows = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Rows of the entries that have left count no longer. */
  get rows(): number {
    return this.#rows;
  }

  get(key: number): KeyEntry | undefined {
    return this.#entries.get(key);
  }

  /** Takes in a new entry that somebody holds. */
  add(entry: KeyEntry): void {
    this.#entries.add(entry.key, entry);
  }

  /** Somebody needs an entry: it stays until given back as often as held. */
  hold(entry: KeyEntry): void {
    if (entry.users === 0) this.#unlink(entry);
    entry.users++;
  }

  /** An entry that was never read from the store leaves at once, others when their memory is needed. */
  giveBack(entry: KeyEntry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (entry.from === Infinity) {
      this.#forget(entry);
      return;
    }
    this.#link(entry);
    if (this.#bytes > this.#maxBytes) this.#makeRoom();
  }

  /** Rows came or went. */
  counted(rows: number): void {
    this.#rows += rows;
  }

  /** Accounts for the memory of an entry. */
  account(entry: KeyEntry, bytes: number): void {
    this.#bytes += bytes - entry.accounted;
    entry.accounted = bytes;
    if (this.#bytes > this.#maxBytes) this.#makeRoom();
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined) {
      const entry = this.#oldest;
      this.#unlink(entry);
      this.#forget(entry);
    }
  }

  #forget(entry: KeyEntry): void {
    this.#entries.delete(entry.key);
    this.#bytes -= entry.accounted;
    this.#rows -= entry.rows;
  }

  #link(entry: KeyEntry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  /** Does nothing to an entry that is new. */
  #unlink(entry: KeyEntry): void {
    const { older, newer } = entry;
    if (older !== undefined) older.newer = newer;
    else if (this.#oldest === entry) this.#oldest = newer;
    if (newer !== undefined) newer.older = older;
    else if (this.#newest === entry) this.#newest = older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}
