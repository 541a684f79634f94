import { TollgateError } from '../../../errors/errors.js';
import { storeUnavailable } from '../../../errors/store-unavailable.js';
import { MAX_ENTRIES_OF_VALUE } from '../../../facts/lists/list-store.js';
import { compareValues } from '../../../facts/lists/value-order.js';

/** What is sorted. */
export interface Sortable {
  /** Value. */
  readonly v: string;
  /** 1, 2, 3 … as they came. */
  readonly n: number;
}

/** A part of a sorted run, as it is kept. */
export interface RunPart {
  readonly _id: number;
  /** Its entries, as JSON. */
  readonly e: string;
}

/** Where runs are kept until they are merged. */
export interface RunStore {
  write(parts: readonly RunPart[]): Promise<void>;
  /** Those of these that are there, in any order. */
  read(ids: readonly number[]): Promise<readonly RunPart[]>;
}

/** Numbers of entries. */
export interface RunSizes {
  /** Sorted at once, in memory. */
  readonly run: number;
  /** Kept together. */
  readonly part: number;
  /** Read at once, in whole parts. */
  readonly read: number;
}

/** A run is sorted and written in some 10 ms, a part has below 1 MB however long its texts are. */
export const RUN_SIZES: RunSizes = { run: 8_192, part: 128, read: 8_192 };

/** Characters written at once: what a server takes in one step. */
const WRITTEN = 4 * 2 ** 20;

/**
 * Sorts more than memory should hold, by value and then as it came: runs are sorted in memory and kept in parts, and of
 * each part what it begins with is remembered. Parts are read in the order of their beginnings, so that what is below the
 * beginning of the next is whole, and at most the last run and a part of every other wait in memory. What fits into one run is never
 * written.
 */
export class SortedRuns<T extends Sortable> {
  readonly #store: RunStore;
  readonly #sizes: RunSizes;
  readonly #parts: { readonly id: number; readonly begins: string }[] = [];
  #waiting: T[] = [];

  constructor(store: RunStore, sizes: RunSizes) {
    this.#store = store;
    this.#sizes = sizes;
  }

  /** Takes entries with growing numbers; several calls may be under way. */
  async add(entries: readonly T[]): Promise<void> {
    for (const entry of entries) this.#waiting.push(entry);
    while (this.#waiting.length >= this.#sizes.run) {
      const run = this.#waiting.splice(0, this.#sizes.run);
      for (const parts of together(this.#partsOf(run.sort(inOrder)))) await this.#store.write(parts);
    }
  }

  /**
   * All entries in order, the entries of a value together, once everything was added. INVALID_REQUEST when a value has
   * more than MAX_ENTRIES_OF_VALUE, STORE_UNAVAILABLE when a part is gone.
   */
  async *merged(): AsyncGenerator<readonly T[]> {
    const parts = this.#parts.toSorted((a, b) => compareValues(a.begins, b.begins) || a.id - b.id);
    const step = Math.max(1, Math.floor(this.#sizes.read / this.#sizes.part));
    let pending: readonly T[] = this.#waiting.toSorted(inOrder);
    for (let at = 0; at < parts.length || pending.length > 0; at += step) {
      const found = await this.#read(parts.slice(at, at + step).map(({ id }) => id));
      const all = found.length === 0 ? pending : [...pending, ...found].sort(inOrder);
      mustBeFewOfEach(all);
      const next = parts[at + step];
      const whole = next === undefined ? all.length : below(all, next.begins);
      if (whole > 0) yield all.slice(0, whole);
      pending = all.slice(whole);
    }
  }

  #partsOf(run: readonly T[]): readonly RunPart[] {
    const parts: RunPart[] = [];
    for (let at = 0; at < run.length; at += this.#sizes.part) {
      const entries = run.slice(at, at + this.#sizes.part);
      const id = this.#parts.length + 1;
      this.#parts.push({ id, begins: entries[0]?.v ?? '' });
      parts.push({ _id: id, e: JSON.stringify(entries) });
    }
    return parts;
  }

  async #read(ids: readonly number[]): Promise<readonly T[]> {
    if (ids.length === 0) return [];
    const found = await this.#store.read(ids);
    if (found.length !== ids.length) throw storeUnavailable('the import was held up for too long');
    return found.flatMap(({ e }) => JSON.parse(e) as readonly T[]);
  }
}

function inOrder(one: Sortable, other: Sortable): number {
  return compareValues(one.v, other.v) || one.n - other.n;
}

/** How many of these, which are in order, come before a value. */
function below(entries: readonly Sortable[], value: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareValues(entries[middle]?.v ?? '', value) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mustBeFewOfEach(entries: readonly Sortable[]): void {
  for (let at = 0; at + MAX_ENTRIES_OF_VALUE < entries.length; at++) {
    const value = entries[at]?.v ?? '';
    if (entries[at + MAX_ENTRIES_OF_VALUE]?.v === value)
      throw new TollgateError('INVALID_REQUEST', `entries: more than ${MAX_ENTRIES_OF_VALUE} of ${value}`);
  }
}

/** The same parts, some of them at a time. */
function* together(parts: readonly RunPart[]): Iterable<readonly RunPart[]> {
  let some: RunPart[] = [];
  let length = 0;
  for (const part of parts) {
    if (length > 0 && length + part.e.length > WRITTEN) {
      yield some;
      [some, length] = [[], 0];
    }
    some.push(part);
    length += part.e.length;
  }
  if (some.length > 0) yield some;
}
