import type { StreamEvent } from '../stream.js';
import { EMPTY_KEY_BYTES, EmptyKeys } from './empty-keys.js';
import { KeyEntry, keyOf } from './key-entry.js';
import { KeyTable } from './key-table.js';
import type { KeyDefinition } from './plan.js';

/** Part of the memory that keys without events may take. */
const EMPTY_SHARE = 1 / 8;

/**
 * The keys in memory, bounded in bytes: those that nobody holds leave, the one given back longest ago first. Written
 * out rather than taken from a library because entries grow while they are kept and must stay while they are held:
 * here that costs two links.
 */
export class KeyStore {
  readonly #maxBytes: number;
  readonly #entries = new KeyTable<KeyEntry>();
  readonly #empty: EmptyKeys;
  /** Ends of the list of entries that nobody holds. */
  #oldest: KeyEntry | undefined;
  #newest: KeyEntry | undefined;
  #entryBytes = 0;
  #rows = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#empty = new EmptyKeys((maxBytes * EMPTY_SHARE) / EMPTY_KEY_BYTES);
  }

  get size(): number {
    return this.#entries.size + this.#empty.size;
  }

  get bytes(): number {
    return this.#entryBytes + this.#empty.size * EMPTY_KEY_BYTES;
  }

  /** Rows of the entries that have left count no longer. */
  get rows(): number {
    return this.#rows;
  }

  /** An entry that has events or that somebody holds. */
  get(definition: KeyDefinition, load: number): KeyEntry | undefined {
    return this.#entries.get(keyOf(definition, load));
  }

  /** An entry to look at. */
  find(definition: KeyDefinition, load: number): KeyEntry | undefined {
    const key = keyOf(definition, load);
    return this.#entries.get(key) ?? this.#emptyEntry(key, definition, load);
  }

  /** Finds or makes the entry of a value: it stays until given back as often as held. */
  hold(definition: KeyDefinition, load: number): KeyEntry {
    const key = keyOf(definition, load);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = this.#emptyEntry(key, definition, load) ?? new KeyEntry(load, definition);
      this.#empty.delete(key);
      this.#entries.add(key, entry);
      this.#entryBytes += entry.bytes;
    }
    this.holdAgain(entry);
    return entry;
  }

  /** Holds an entry that is at hand. */
  holdAgain(entry: KeyEntry): void {
    if (entry.users === 0) this.#unlink(entry);
    entry.users++;
  }

  /** An entry that was never read from the store leaves at once, others when their memory is needed. */
  giveBack(entry: KeyEntry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (entry.from < Infinity && entry.rows > 0) {
      this.#link(entry);
    } else {
      this.#forget(entry);
      if (entry.from < Infinity) this.#empty.add(entry.key, entry.from);
    }
    this.#makeRoom();
  }

  /** Adds an event to an entry. */
  insert(entry: KeyEntry, event: StreamEvent): void {
    const { rows, bytes } = entry;
    entry.add(event);
    this.#changed(entry, rows, bytes);
  }

  /** Takes an event out of an entry. */
  remove(entry: KeyEntry, event: StreamEvent): void {
    const { rows, bytes } = entry;
    entry.remove(event);
    this.#changed(entry, rows, bytes);
  }

  /** Lets go of an entry's events too old for any window. */
  prune(entry: KeyEntry, cutoff: number): void {
    const { rows, bytes } = entry;
    entry.prune(cutoff);
    this.#changed(entry, rows, bytes);
  }

  #changed(entry: KeyEntry, rowsBefore: number, bytesBefore: number): void {
    this.#rows += entry.rows - rowsBefore;
    this.#entryBytes += entry.bytes - bytesBefore;
  }

  #emptyEntry(key: number, definition: KeyDefinition, load: number): KeyEntry | undefined {
    const from = this.#empty.get(key);
    if (from === undefined) return undefined;
    const entry = new KeyEntry(load, definition);
    entry.from = from;
    return entry;
  }

  #makeRoom(): void {
    while (this.bytes > this.#maxBytes && this.#oldest !== undefined) {
      const entry = this.#oldest;
      this.#unlink(entry);
      this.#forget(entry);
    }
  }

  #forget(entry: KeyEntry): void {
    this.#entries.delete(entry.key);
    this.#entryBytes -= entry.bytes;
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
