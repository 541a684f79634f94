import type { StreamEvent } from '../../stream.js';
import { EMPTY_KEY_BYTES, EmptyKeys } from './empty-keys.js';
import { KeyEntries, NO_ENTRY } from './key-entries.js';
import type { KeyEntry } from './key-entries.js';
import { KeyTable } from '../tables/key-table.js';
import { keyOf } from './keys.js';
import type { KeyDefinition } from '../definitions.js';

/** Part of the memory that keys without events may take. */
const EMPTY_SHARE = 1 / 8;

/** What is in memory. */
export interface StreamWindowsStats {
  readonly keys: number;
  readonly bytes: number;
  /** Rows: an event has one for each key and clock that something asks for. */
  readonly events: number;
  /** Rows that windows of keys with many have looked at so far, to answer what moves with the questions. */
  readonly looked: number;
}

/**
 * The keys in memory, bounded in bytes: those that nobody holds leave, the one given back longest ago first. Written
 * out rather than taken from a library because entries grow while they are kept and must stay while they are held:
 * here that costs two links.
 */
export class KeyStore {
  readonly entries: KeyEntries;
  readonly #maxBytes: number;
  readonly #byKey = new KeyTable();
  /** By name of the definition: where it stands among the entries. A place is never used for another. */
  #places = new Map<string, number>();
  /** By index of the definition. */
  #placeOf: readonly number[] = [];
  #nextPlace = 0;
  readonly #empty: EmptyKeys;
  /** Ends of the list of entries that nobody holds. */
  #oldest: KeyEntry = NO_ENTRY;
  #newest: KeyEntry = NO_ENTRY;
  #entryBytes = 0;
  #rows = 0;

  constructor(definitions: readonly KeyDefinition[], maxBytes: number) {
    this.entries = new KeyEntries();
    this.switchTo(definitions);
    this.#maxBytes = maxBytes;
    this.#empty = new EmptyKeys((maxBytes * EMPTY_SHARE) / EMPTY_KEY_BYTES);
  }

  /**
   * From now on these are asked. What was read for those of the same name stays; what was read for the others leaves when
   * its memory is needed.
   */
  switchTo(definitions: readonly KeyDefinition[]): void {
    const before = this.#places;
    this.#places = new Map();
    this.#placeOf = definitions.map((definition) => {
      const place = before.get(definition.name) ?? this.#nextPlace++;
      before.delete(definition.name);
      this.#places.set(definition.name, place);
      this.entries.define(place, definition);
      return place;
    });
    for (const place of before.values()) this.entries.drop(place);
  }

  get bytes(): number {
    return this.#entryBytes + this.#empty.size * EMPTY_KEY_BYTES;
  }

  /** What is in memory; rows of the entries that have left count no longer. */
  stats(): StreamWindowsStats {
    const keys = this.#byKey.size + this.#empty.size;
    return { keys, bytes: this.bytes, events: this.#rows, looked: this.entries.store.work.rows };
  }

  /** An entry that has events or that somebody holds. */
  get(definition: KeyDefinition, load: number): KeyEntry {
    return this.#byKey.get(keyOf(this.#place(definition), load)) ?? NO_ENTRY;
  }

  /** Whether anything of a value is in memory, be it that there is nothing of it in the store. */
  knows(definition: KeyDefinition, load: number): boolean {
    const key = keyOf(this.#place(definition), load);
    return this.#byKey.get(key) !== undefined || this.#empty.get(key) !== undefined;
  }

  /** Finds or makes the entry of a value: it stays until given back as often as held. */
  hold(definition: KeyDefinition, load: number): KeyEntry {
    const place = this.#place(definition);
    const key = keyOf(place, load);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = this.entries.take(place, load);
      const from = this.#empty.get(key);
      if (from !== undefined) {
        this.entries.setFrom(entry, from);
        this.#empty.delete(key);
      }
      this.#byKey.add(key, entry);
      this.#entryBytes += this.entries.bytes(entry);
    }
    this.holdAgain(entry);
    return entry;
  }

  /** Holds an entry that is at hand. */
  holdAgain(entry: KeyEntry): void {
    const users = this.entries.users(entry);
    if (users === 0) this.#unlink(entry);
    this.entries.setUsers(entry, users + 1);
  }

  /** An entry that was never read from the store leaves at once, others when their memory is needed. */
  giveBack(entry: KeyEntry): void {
    const { entries } = this;
    const users = entries.users(entry) - 1;
    entries.setUsers(entry, users);
    if (users > 0) return;
    const from = entries.from(entry);
    if (from < Infinity && entries.rows(entry) > 0) {
      this.#link(entry);
    } else {
      const key = keyOf(entries.place(entry), entries.load(entry));
      this.#forget(entry);
      if (from < Infinity) this.#empty.add(key, from);
    }
    this.#makeRoom();
  }

  /** Adds an event to an entry. */
  insert(entry: KeyEntry, event: StreamEvent): void {
    this.#count(entry, -1);
    this.entries.add(entry, event);
    this.#count(entry, 1);
  }

  /** Takes an event out of an entry. */
  remove(entry: KeyEntry, event: StreamEvent): void {
    this.#count(entry, -1);
    this.entries.remove(entry, event);
    this.#count(entry, 1);
  }

  /** Lets go of an entry's events too old for any window. */
  prune(entry: KeyEntry, cutoff: number): void {
    this.#count(entry, -1);
    this.entries.prune(entry, cutoff);
    this.#count(entry, 1);
  }

  #place({ index }: KeyDefinition): number {
    return this.#placeOf[index] as number;
  }

  #count(entry: KeyEntry, factor: 1 | -1): void {
    this.#rows += factor * this.entries.rows(entry);
    this.#entryBytes += factor * this.entries.bytes(entry);
  }

  #makeRoom(): void {
    while (this.bytes > this.#maxBytes && this.#oldest !== NO_ENTRY) {
      const entry = this.#oldest;
      this.#unlink(entry);
      this.#forget(entry);
    }
  }

  #forget(entry: KeyEntry): void {
    this.#byKey.delete(keyOf(this.entries.place(entry), this.entries.load(entry)));
    this.#count(entry, -1);
    this.entries.release(entry);
  }

  #link(entry: KeyEntry): void {
    const { entries } = this;
    entries.setOlder(entry, this.#newest);
    if (this.#newest === NO_ENTRY) this.#oldest = entry;
    else entries.setNewer(this.#newest, entry);
    this.#newest = entry;
  }

  /** Does nothing to an entry that is new. */
  #unlink(entry: KeyEntry): void {
    const { entries } = this;
    const older = entries.older(entry);
    const newer = entries.newer(entry);
    if (older !== NO_ENTRY) entries.setNewer(older, newer);
    else if (this.#oldest === entry) this.#oldest = newer;
    if (newer !== NO_ENTRY) entries.setOlder(newer, older);
    else if (this.#newest === entry) this.#newest = older;
    entries.setOlder(entry, NO_ENTRY);
    entries.setNewer(entry, NO_ENTRY);
  }
}
