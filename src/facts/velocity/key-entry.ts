import type { StreamEvent } from '../stream.js';
import { CLOCK, POSITION } from './layout.js';
import type { KeyDefinition } from './plan.js';
import { bytesKnown, bytesOf, rowsIn, withoutOld, withoutRow, withRow } from './series.js';
import type { Series } from './series.js';

/** What happened with a key: its events by event time, and by known time; undefined while there are none. */
export interface Past {
  byEvent: Series | undefined;
  byKnown: Series | undefined;
}

/** The past of one combination of a composite key. */
interface Combination extends Past {
  readonly key: number;
}

const MINUTE = 60_000;
/** Minutes since 1970 that stand for Infinity, more than two thousand years. */
const NEVER = 2 ** 30 - 1;
const FIRST_PRUNE = 32;
/** Rows between two looks at a hot key. */
const OFTEN = 256;
/** Memory of an entry without events, with its place in the store of keys. */
const ENTRY_BYTES = 180;
const COMBINATION_BYTES = 64;
/** More where there are several. */
const IN_MAP_BYTES = 56;

/**
 * The windows in memory for one value of a key definition's load attribute. With a composite key all combinations
 * that share this value live together: one range read back fills them all, and one that never occurred costs nothing.
 *
 * There are hundreds of thousands of these. A number that is no small whole number would be an object of its own, so
 * the value is kept in halves and times in minutes.
 */
export class KeyEntry implements Past {
  readonly definition: KeyDefinition;
  /** Payments in decision and events not settled that need it: it stays. */
  users = 0;
  /** Neighbours among the entries that nobody holds. */
  older: KeyEntry | undefined;
  newer: KeyEntry | undefined;
  rows = 0;
  /** Memory, roughly. */
  bytes = ENTRY_BYTES;
  /** Where the key is a single attribute. */
  byEvent: Series | undefined;
  byKnown: Series | undefined;
  /** Where it is composite: mostly there is one. */
  #combinations: Combination | Map<number, Combination> | undefined;
  readonly #low: number;
  readonly #high: number;
  #from = NEVER;
  #asked = NEVER;
  #pruneAt = FIRST_PRUNE;

  constructor(load: number, definition: KeyDefinition) {
    this.#low = load | 0;
    this.#high = Math.floor(load / 2 ** 32) | 0;
    this.definition = definition;
  }

  /** The value of the load attribute. */
  get load(): number {
    return this.#high * 2 ** 32 + (this.#low >>> 0);
  }

  /** What it is kept under. */
  get key(): number {
    return keyOf(this.definition, this.load);
  }

  /** All events of the store with a clock after this are here, epoch ms, whole minutes; Infinity: nothing was read yet. */
  get from(): number {
    return toMs(this.#from);
  }

  set from(ms: number) {
    this.#from = toMinutes(ms);
  }

  /** What was last asked from the store, likewise. */
  get asked(): number {
    return toMs(this.#asked);
  }

  set asked(ms: number) {
    this.#asked = toMinutes(ms);
  }

  /** The past of an event's key; undefined when there is none. */
  find(event: StreamEvent): Past | undefined {
    if (this.definition.by.length === 1) return this;
    const combinations = this.#combinations;
    if (combinations === undefined) return undefined;
    const key = combinationOf(this.definition, event);
    if (combinations instanceof Map) return combinations.get(key);
    return combinations.key === key ? combinations : undefined;
  }

  /** Adds what the layouts keep of an event of this key, unless it is there already. */
  add(event: StreamEvent): void {
    let past = this.find(event);
    for (const clock of CLOCKS) {
      const layout = this.definition.layouts[clock];
      const row = layout.stride === 0 ? undefined : layout.row(event);
      if (row === undefined) continue;
      past ??= this.#make(event);
      this.#put(past, clock, withRow(this.#take(past, clock), layout, row));
    }
  }

  /** Takes an event out again. */
  remove(event: StreamEvent): void {
    const past = this.find(event);
    if (past === undefined) return;
    for (const clock of CLOCKS) {
      const layout = this.definition.layouts[clock];
      const row = seriesAt(past, clock) === undefined ? undefined : layout.row(event);
      if (row === undefined) continue;
      const series = withoutRow(this.#take(past, clock), layout, row[CLOCK] ?? 0, row[POSITION] ?? 0);
      this.#put(past, clock, series);
    }
  }

  /** Whether so many rows came that it is worth looking for old ones. */
  get wantsPruning(): boolean {
    return this.rows >= this.#pruneAt;
  }

  /** Lets go of rows too old for any window. */
  prune(cutoff: number): void {
    const before = this.rows;
    const combinations = this.#combinations;
    if (combinations instanceof Map) {
      for (const combination of combinations.values()) {
        this.#prunePast(combination, cutoff);
        if (!isEmpty(combination)) continue;
        combinations.delete(combination.key);
        this.bytes -= COMBINATION_BYTES + IN_MAP_BYTES;
      }
    } else {
      this.#prunePast(combinations ?? this, cutoff);
    }
    // With combinations it means looking at each of them.
    const most = combinations instanceof Map ? this.rows : OFTEN;
    this.#pruneAt = this.rows + Math.max(FIRST_PRUNE, Math.min(this.rows, most));
    if (this.rows < before) this.from = Math.max(this.from, cutoff);
  }

  #prunePast(past: Past, cutoff: number): void {
    for (const clock of CLOCKS) {
      const layout = this.definition.layouts[clock];
      this.#put(past, clock, withoutOld(this.#take(past, clock), layout, cutoff));
    }
  }

  /** A series that is about to be changed: it counts no longer. */
  #take(past: Past, clock: 0 | 1): Series | undefined {
    const layout = this.definition.layouts[clock];
    const series = seriesAt(past, clock);
    this.rows -= rowsIn(series, layout);
    this.bytes -= bytesKnown(series, layout);
    return series;
  }

  #put(past: Past, clock: 0 | 1, series: Series | undefined): void {
    const layout = this.definition.layouts[clock];
    this.rows += rowsIn(series, layout);
    this.bytes += bytesOf(series, layout);
    if (clock === 0) past.byEvent = series;
    else past.byKnown = series;
  }

  #make(event: StreamEvent): Past {
    const key = combinationOf(this.definition, event);
    const combination: Combination = { key, byEvent: undefined, byKnown: undefined };
    const others = this.#combinations;
    this.bytes += COMBINATION_BYTES;
    if (others === undefined) {
      this.#combinations = combination;
    } else if (others instanceof Map) {
      others.set(key, combination);
      this.bytes += IN_MAP_BYTES;
    } else {
      this.#combinations = new Map([
        [others.key, others],
        [key, combination],
      ]);
      this.bytes += 2 * IN_MAP_BYTES;
    }
    return combination;
  }
}

const CLOCKS = [0, 1] as const;

/** The events of a past by event time (0) or known time (1). */
export function seriesAt(past: Past, clock: 0 | 1): Series | undefined {
  return clock === 0 ? past.byEvent : past.byKnown;
}

/** What the entry of a definition for a value of its load attribute is kept under. */
export function keyOf(definition: KeyDefinition, load: number): number {
  return mix(definition.index + 1, load);
}

/** Whether an event has all attributes of a key. */
export function hasKey(definition: KeyDefinition, event: StreamEvent): boolean {
  for (const attribute of definition.by) if (event.attributes[attribute] === 0) return false;
  return true;
}

/** Mixes two values into one of 53 bits, never 0. */
function mix(one: number, other: number): number {
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

function isEmpty(past: Past): boolean {
  return past.byEvent === undefined && past.byKnown === undefined;
}

function toMs(minutes: number): number {
  return Math.abs(minutes) === NEVER ? minutes * Infinity : minutes * MINUTE;
}

/** Upwards: no more may be claimed than was read. */
function toMinutes(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms / MINUTE), -NEVER), NEVER) | 0;
}
