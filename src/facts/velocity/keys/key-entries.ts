import type { StreamEvent } from '../../stream.js';
import { combinationOf } from './keys.js';
import { CLOCK, POSITION } from '../layout.js';
import type { ClockPlace, KeyDefinition } from '../definitions.js';
import { NO_SERIES, SeriesStore } from '../series/series.js';
import type { Series } from '../series/series.js';
import { Slots } from '../tables/slots.js';

/**
 * The windows in memory for one value of a key definition's load attribute, known to KeyEntries by this whole number; 0
 * is none. With a composite key all combinations that share this value live together: one range read back fills them
 * all, and one that never occurred costs nothing.
 */
export type KeyEntry = number;

/** No entry. */
export const NO_ENTRY: KeyEntry = 0;

/** A combination of a composite key beyond the first: rare. */
interface Combination {
  readonly series: [Series, Series, Series];
}

const DEFINITION = 0;
/** The value of the load attribute in halves. */
const LOAD_LOW = 1;
const LOAD_HIGH = 2;
/** In minutes. */
const FROM = 3;
const ASKED = 4;
const USERS = 5;
const OLDER = 6;
const NEWER = 7;
const ROWS = 8;
const BYTES = 9;
const PRUNE_AT = 10;
/** The combination of a composite key that the entry itself has, in halves; 0 and 0: none yet. */
const COMBINATION_LOW = 11;
const COMBINATION_HIGH = 12;
/** The series, one by each clock. */
const SERIES = 13;
const FIELDS = 16;

const PLACES = [0, 1, 2] as const;
const MINUTE = 60_000;
/** Minutes since 1970 that stand for Infinity, more than two thousand years. */
const NEVER = 2 ** 30 - 1;
const FIRST_PRUNE = 32;
/** Rows between two looks at a hot key. */
const OFTEN = 256;
/** Memory of an entry without events, with its place in the table of keys. */
const ENTRY_BYTES = FIELDS * 4 + 36;
const COMBINATION_BYTES = 208;

/** The entries of all keys and their series. There are hundreds of thousands: none is an object of its own. */
export class KeyEntries {
  readonly store = new SeriesStore();
  /** By place. */
  readonly #definitions: (KeyDefinition | undefined)[] = [];
  /** Entries, by place of their definition. */
  readonly #counts: number[] = [];
  /** Places of definitions that are not asked any more, while they have entries. */
  readonly #dropped = new Set<number>();
  readonly #slots = new Slots(FIELDS);
  /** Of composite keys that have several. */
  readonly #others = new Map<KeyEntry, Map<number, Combination>>();

  /** Puts a definition at a place that is new, or in place of one with the same name. */
  define(place: number, definition: KeyDefinition): void {
    this.#definitions[place] = definition;
    this.#counts[place] ??= 0;
  }

  /** The definition at a place is not asked any more: it is forgotten with its last entry. */
  drop(place: number): void {
    this.#dropped.add(place);
    this.#forgetEmpty(place);
  }

  /** A new entry of the definition at a place, that nothing was read for. */
  take(place: number, load: number): KeyEntry {
    const entry = this.#slots.take();
    this.#slots.set(entry, DEFINITION, place);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#slots.set(entry, LOAD_LOW, load | 0);
    this.#slots.set(entry, LOAD_HIGH, Math.floor(load / 2 ** 32) | 0);
    this.#slots.set(entry, FROM, NEVER);
    this.#slots.set(entry, ASKED, NEVER);
    this.#slots.set(entry, PRUNE_AT, FIRST_PRUNE);
    this.#slots.set(entry, BYTES, ENTRY_BYTES);
    return entry;
  }

  /** Forgets an entry with its events. */
  release(entry: KeyEntry): void {
    for (const clock of PLACES) this.store.release(this.#slots.get(entry, SERIES + clock));
    for (const { series } of this.#others.get(entry)?.values() ?? [])
      for (const one of series) this.store.release(one);
    this.#others.delete(entry);
    const place = this.place(entry);
    this.#counts[place] = (this.#counts[place] ?? 0) - 1;
    if (this.#dropped.size > 0) this.#forgetEmpty(place);
    this.#slots.release(entry);
  }

  /** The place of its definition. */
  place(entry: KeyEntry): number {
    return this.#slots.get(entry, DEFINITION);
  }

  definition(entry: KeyEntry): KeyDefinition {
    const definition = this.#definitions[this.#slots.get(entry, DEFINITION)];
    if (definition === undefined) throw new RangeError('no such entry');
    return definition;
  }

  /** The value of the load attribute. */
  load(entry: KeyEntry): number {
    return this.#slots.get(entry, LOAD_HIGH) * 2 ** 32 + (this.#slots.get(entry, LOAD_LOW) >>> 0);
  }

  /** All events of the store with a clock after this are here, epoch ms, whole minutes; Infinity: nothing was read yet. */
  from(entry: KeyEntry): number {
    return toMs(this.#slots.get(entry, FROM));
  }

  setFrom(entry: KeyEntry, ms: number): void {
    this.#slots.set(entry, FROM, toMinutes(ms));
  }

  /** How far back was asked for last, likewise. */
  asked(entry: KeyEntry): number {
    return toMs(this.#slots.get(entry, ASKED));
  }

  setAsked(entry: KeyEntry, ms: number): void {
    this.#slots.set(entry, ASKED, toMinutes(ms));
  }

  /** Payments in decision and events not settled that need it: it stays. */
  users(entry: KeyEntry): number {
    return this.#slots.get(entry, USERS);
  }

  setUsers(entry: KeyEntry, users: number): void {
    this.#slots.set(entry, USERS, users);
  }

  /** Neighbours among the entries that nobody holds. */
  older(entry: KeyEntry): KeyEntry {
    return this.#slots.get(entry, OLDER);
  }

  newer(entry: KeyEntry): KeyEntry {
    return this.#slots.get(entry, NEWER);
  }

  setOlder(entry: KeyEntry, older: KeyEntry): void {
    this.#slots.set(entry, OLDER, older);
  }

  setNewer(entry: KeyEntry, newer: KeyEntry): void {
    this.#slots.set(entry, NEWER, newer);
  }

  rows(entry: KeyEntry): number {
    return this.#slots.get(entry, ROWS);
  }

  /** Memory, roughly. */
  bytes(entry: KeyEntry): number {
    return this.#slots.get(entry, BYTES);
  }

  /** The past of an event's key. */
  series(entry: KeyEntry, event: StreamEvent, clock: ClockPlace): Series {
    const definition = this.definition(entry);
    if (definition.by.length === 1) return this.#slots.get(entry, SERIES + clock);
    const combination = combinationOf(definition, event);
    if (this.#first(entry) === combination) return this.#slots.get(entry, SERIES + clock);
    return this.#others.get(entry)?.get(combination)?.series[clock] ?? NO_SERIES;
  }

  /** Adds what the layouts keep of an event of this key, unless it is there already. */
  add(entry: KeyEntry, event: StreamEvent): void {
    const { layouts } = this.definition(entry);
    for (const clock of PLACES) {
      const layout = layouts[clock];
      const row = layout.stride === 0 ? undefined : layout.row(event);
      if (row === undefined) continue;
      const place = this.#place(entry, event) ?? this.#newPlace(entry, event);
      const series = this.#take(entry, place, clock);
      this.#put(entry, place, clock, this.store.add(series, layout, row));
    }
  }

  /** Takes an event out again. */
  remove(entry: KeyEntry, event: StreamEvent): void {
    const place = this.#place(entry, event);
    if (place === undefined) return;
    const { layouts } = this.definition(entry);
    for (const clock of PLACES) {
      const layout = layouts[clock];
      if (this.#seriesAt(entry, place, clock) === NO_SERIES) continue;
      const row = layout.row(event);
      if (row === undefined) continue;
      const series = this.#take(entry, place, clock);
      const left = this.store.remove(series, layout, row[CLOCK] ?? 0, row[POSITION] ?? 0);
      this.#put(entry, place, clock, left);
    }
  }

  /** Whether so many rows came that it is worth looking for old ones. */
  wantsPruning(entry: KeyEntry): boolean {
    return this.rows(entry) >= this.#slots.get(entry, PRUNE_AT);
  }

  /** Lets go of rows too old for any window. */
  prune(entry: KeyEntry, cutoff: number): void {
    const before = this.rows(entry);
    this.#prune(entry, entry, cutoff);
    const others = this.#others.get(entry);
    for (const [key, combination] of others ?? []) {
      this.#prune(entry, combination, cutoff);
      if (combination.series.some((series) => series !== NO_SERIES)) continue;
      others?.delete(key);
      this.#grow(entry, BYTES, -COMBINATION_BYTES);
    }
    if (others?.size === 0) this.#others.delete(entry);
    const rows = this.rows(entry);
    // With combinations it means looking at each of them.
    const most = others === undefined ? OFTEN : rows;
    this.#slots.set(entry, PRUNE_AT, rows + Math.max(FIRST_PRUNE, Math.min(rows, most)));
    if (rows < before) this.setFrom(entry, Math.max(this.from(entry), cutoff));
  }

  #prune(entry: KeyEntry, place: KeyEntry | Combination, cutoff: number): void {
    const { layouts } = this.definition(entry);
    for (const clock of PLACES) {
      const series = this.#take(entry, place, clock);
      this.#put(entry, place, clock, this.store.prune(series, layouts[clock], cutoff));
    }
  }

  /** Where the series of an event's key are: the entry itself, or a combination beyond the first. */
  #place(entry: KeyEntry, event: StreamEvent): KeyEntry | Combination | undefined {
    const definition = this.definition(entry);
    if (definition.by.length === 1) return entry;
    const combination = combinationOf(definition, event);
    return this.#first(entry) === combination ? entry : this.#others.get(entry)?.get(combination);
  }

  #newPlace(entry: KeyEntry, event: StreamEvent): KeyEntry | Combination {
    const key = combinationOf(this.definition(entry), event);
    if (PLACES.every((clock) => this.#slots.get(entry, SERIES + clock) === NO_SERIES)) {
      this.#slots.set(entry, COMBINATION_LOW, key | 0);
      this.#slots.set(entry, COMBINATION_HIGH, Math.floor(key / 2 ** 32) | 0);
      return entry;
    }
    const combination: Combination = { series: [NO_SERIES, NO_SERIES, NO_SERIES] };
    const others = this.#others.get(entry);
    if (others === undefined) this.#others.set(entry, new Map([[key, combination]]));
    else others.set(key, combination);
    this.#grow(entry, BYTES, COMBINATION_BYTES);
    return combination;
  }

  /** The first combination of a composite key. */
  #first(entry: KeyEntry): number {
    return (
      this.#slots.get(entry, COMBINATION_HIGH) * 2 ** 32 + (this.#slots.get(entry, COMBINATION_LOW) >>> 0)
    );
  }

  #seriesAt(entry: KeyEntry, place: KeyEntry | Combination, clock: ClockPlace): Series {
    return typeof place === 'number' ? this.#slots.get(entry, SERIES + clock) : place.series[clock];
  }

  /** A series that is about to be changed: it counts no longer. */
  #take(entry: KeyEntry, place: KeyEntry | Combination, clock: ClockPlace): Series {
    const layout = this.definition(entry).layouts[clock];
    const series = this.#seriesAt(entry, place, clock);
    this.#grow(entry, ROWS, -this.store.rows(series, layout));
    this.#grow(entry, BYTES, -this.store.bytesKnown(series));
    return series;
  }

  #put(entry: KeyEntry, place: KeyEntry | Combination, clock: ClockPlace, series: Series): void {
    const layout = this.definition(entry).layouts[clock];
    this.#grow(entry, ROWS, this.store.rows(series, layout));
    this.#grow(entry, BYTES, this.store.bytes(series));
    if (typeof place === 'number') this.#slots.set(entry, SERIES + clock, series);
    else place.series[clock] = series;
  }

  #forgetEmpty(place: number): void {
    if (!this.#dropped.has(place) || this.#counts[place] !== 0) return;
    this.#dropped.delete(place);
    this.#definitions[place] = undefined;
  }

  #grow(entry: KeyEntry, field: number, by: number): void {
    this.#slots.set(entry, field, this.#slots.get(entry, field) + by);
  }
}

function toMs(minutes: number): number {
  return Math.abs(minutes) === NEVER ? minutes * Infinity : minutes * MINUTE;
}

/** Upwards: no more may be claimed than was read. */
function toMinutes(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms / MINUTE), -NEVER), NEVER) | 0;
}
