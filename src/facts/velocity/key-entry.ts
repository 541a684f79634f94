import type { StreamEvent } from '../stream.js';
import type { KeyDefinition } from './plan.js';
import { Series } from './series.js';

/** A key's events by event time, and by known time; undefined while there are none. */
export type SeriesPair = [Series | undefined, Series | undefined];

const FIRST_PRUNE = 32;
/** Rows between two looks at a hot key. */
const OFTEN = 256;
/** Memory of a key without events, with its place in the store of keys. */
const EMPTY_BYTES = 340;
const SUB_BYTES = 120;

/**
 * The windows in memory for one value of a key definition's load attribute. With a composite key all combinations
 * that share this value live together: one range read back fills them all, and one that never occurred costs nothing.
 */
export class KeyEntry {
  readonly load: number;
  readonly definition: KeyDefinition;
  /** All events of the store with a clock after this are here, epoch ms; Infinity: nothing was read yet. */
  from = Infinity;
  /** What was last asked from the store. */
  asked = Infinity;
  /** Payments in decision and events not settled that need it: it stays. */
  users = 0;
  /** Neighbours among the entries that nobody holds. */
  older: KeyEntry | undefined;
  newer: KeyEntry | undefined;
  /** Bytes accounted for. */
  accounted = 0;
  rows = 0;
  #single: SeriesPair | undefined;
  #combinations: Map<number, SeriesPair> | undefined;
  #pruneAt = FIRST_PRUNE;
  #accountAt = 0;

  constructor(load: number, definition: KeyDefinition) {
    this.load = load;
    this.definition = definition;
  }

  /** What it is kept under. */
  get key(): number {
    return mix(this.definition.index + 1, this.load);
  }

  /** The series for an event's key; undefined when there is nothing. */
  find(event: StreamEvent): SeriesPair | undefined {
    if (this.definition.by.length === 1) return this.#single;
    return this.#combinations?.get(combinationOf(this.definition, event));
  }

  /** Adds what the layouts keep of an event of this key; how many rows that were not there yet. */
  add(event: StreamEvent): number {
    let pair = this.find(event);
    let added = 0;
    for (let clock = 0; clock < 2; clock++) {
      const layout = this.definition.layouts[clock as 0 | 1];
      const row = layout.stride === 0 ? undefined : layout.row(event);
      if (row === undefined) continue;
      pair ??= this.#make(event);
      const series = (pair[clock as 0 | 1] ??= new Series(layout));
      if (series.insert(row)) added++;
    }
    this.rows += added;
    return added;
  }

  /** Takes an event out again; how many rows left. */
  remove(event: StreamEvent): number {
    const pair = this.find(event);
    if (pair === undefined) return 0;
    let removed = 0;
    for (const series of pair) {
      const row = series?.layout.row(event);
      if (row !== undefined && series?.remove(row[0] ?? 0, row[2] ?? 0) === true) removed++;
    }
    this.rows -= removed;
    return removed;
  }

  /** Whether so many rows came that it is worth looking for old ones. */
  get wantsPruning(): boolean {
    return this.rows >= this.#pruneAt;
  }

  /** Lets go of rows too old for any window; how many. */
  prune(cutoff: number): number {
    const before = this.rows;
    if (this.#single !== undefined) this.rows -= prunePair(this.#single, cutoff);
    for (const [key, pair] of this.#combinations ?? []) {
      this.rows -= prunePair(pair, cutoff);
      if (pair[0] === undefined && pair[1] === undefined) this.#combinations?.delete(key);
    }
    // With combinations it means looking at each of them.
    const most = this.#combinations === undefined ? OFTEN : this.rows;
    this.#pruneAt = this.rows + Math.max(FIRST_PRUNE, Math.min(this.rows, most));
    if (this.rows < before) this.from = Math.max(this.from, cutoff);
    return before - this.rows;
  }

  /** Whether so many rows came that its memory should be accounted for anew. */
  get wantsAccounting(): boolean {
    return this.rows >= this.#accountAt;
  }

  /** Memory, roughly. */
  account(): number {
    const most = this.#combinations === undefined ? OFTEN : this.rows;
    this.#accountAt = this.rows + Math.max(4, Math.min(this.rows >> 2, most));
    let bytes = EMPTY_BYTES + pairBytes(this.#single);
    for (const pair of this.#combinations?.values() ?? []) bytes += SUB_BYTES + pairBytes(pair);
    return bytes;
  }

  #make(event: StreamEvent): SeriesPair {
    const pair: SeriesPair = [undefined, undefined];
    if (this.definition.by.length === 1) this.#single = pair;
    else (this.#combinations ??= new Map()).set(combinationOf(this.definition, event), pair);
    return pair;
  }
}

/** Whether an event has all attributes of a key. */
export function hasKey(definition: KeyDefinition, event: StreamEvent): boolean {
  for (const attribute of definition.by) if (event.attributes[attribute] === 0) return false;
  return true;
}

/** Mixes two values into one of 53 bits, never 0. */
export function mix(one: number, other: number): number {
  let low = Math.imul((one | 0) ^ 0x7f4a7c15, 0x9e3779b1);
  let high = Math.imul(((one / 2 ** 32) | 0) ^ low, 0x85ebca6b);
  low ^= high >>> 15;
  low = Math.imul(low ^ (other | 0), 0xc2b2ae35);
  high = Math.imul(high ^ ((other / 2 ** 32) | 0) ^ (low >>> 13), 0x27d4eb2f);
  low = Math.imul(low ^ (low >>> 16) ^ high, 0x165667b1);
  high ^= high >>> 14;
  high = Math.imul(high ^ low, 0x85ebca6b);
  return ((high >>> 11) & 0x1fffff) * 2 ** 32 + ((low ^ (low >>> 15)) >>> 0) || 1;
}

function combinationOf(definition: KeyDefinition, event: StreamEvent): number {
  let key = 0;
  for (const attribute of definition.by) key = mix(key, event.attributes[attribute] ?? 0);
  return key;
}

function prunePair(pair: SeriesPair, cutoff: number): number {
  let gone = 0;
  for (let clock = 0; clock < 2; clock++) {
    const series = pair[clock as 0 | 1];
    if (series === undefined) continue;
    gone += series.prune(cutoff);
    if (series.rows === 0) pair[clock as 0 | 1] = undefined;
  }
  return gone;
}

function pairBytes(pair: SeriesPair | undefined): number {
  return pair === undefined ? 0 : 64 + (pair[0]?.bytes ?? 0) + (pair[1]?.bytes ?? 0);
}
