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

export interface RunSizes {
  /** Entries sorted at once, in memory. */
  readonly run: number;
  /** Entries kept together at most. */
  readonly part: number;
  /** Characters of JSON kept together, unless it is one entry alone. */
  readonly length: number;
  /** Parts read at once. */
  readonly read: number;
}

/**
 * A run is sorted and written in some 10 ms. What is read at once has at most 2 MB or the longest 64 entries, and what
 * waits, a part of every run, 20 MB where five million entries came.
 */
export const RUN_SIZES: RunSizes = { run: 8_192, part: 128, length: 32 * 2 ** 10, read: 64 };

/** Characters written at once: what a server takes in one step. */
const WRITTEN = 4 * 2 ** 20;

/**
 * Sorts more than memory should hold, by value and then as it came: runs are sorted in memory and kept in parts, and of
 * each part what it begins with is remembered. Parts are read in the order of their beginnings, so that what is below the
 * beginning of the next is whole, and at most the last run and a part of every other wait in memory. What fits into one
 * run is never written.
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
    const step = this.#sizes.read;
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

  *#partsOf(run: readonly T[]): Iterable<RunPart> {
    for (const { begins, texts } of this.#cut(run)) {
      const id = this.#parts.length + 1;
      this.#parts.push({ id, begins });
      yield { _id: id, e: `[${texts.join(',')}]` };
    }
  }

  *#cut(run: readonly T[]): Iterable<{ readonly begins: string; readonly texts: readonly string[] }> {
    let [begins, texts, length]: [string, string[], number] = ['', [], 0];
    for (const entry of run) {
      const text = JSON.stringify(entry);
      if (texts.length === this.#sizes.part || (length > 0 && length + text.length > this.#sizes.length)) {
        yield { begins, texts };
        [texts, length] = [[], 0];
      }
      if (texts.length === 0) begins = entry.v;
      texts.push(text);
      length += text.length + 1;
    }
    if (texts.length > 0) yield { begins, texts };
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
function* together(parts: Iterable<RunPart>): Iterable<readonly RunPart[]> {
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
