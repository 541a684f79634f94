import type { KeyRange, StreamEvent } from '../stream.js';
import { aggregate, answerHabit, answerHistory, windowFrom } from './answers.js';
import type { Zones } from './answers.js';
import { hasKey } from './key-entry.js';
import type { KeyEntry } from './key-entry.js';
import { KeyStore } from './key-store.js';
import { positionOf } from './layout.js';
import type { AggregatePlan, KeyDefinition, WindowPlan } from './plan.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Bounds of the windows in memory. */
export interface StreamWindowsOptions {
  /** Memory for keys that nobody needs at the moment, bytes. Must hold the hottest key. */
  readonly maxBytes: number;
  /** Payments between `missing` and their decision at most; default 8,192. */
  readonly inFlight?: number;
}

/** What is in memory. */
export interface StreamWindowsStats {
  readonly keys: number;
  readonly bytes: number;
  /** Rows: an event has one for each key and clock that something asks for. */
  readonly events: number;
}

type Entries = readonly (KeyEntry | undefined)[];

/**
 * The windows of all velocities, histories and habits in force: a cache over the journal, by key, bounded in bytes.
 *
 * For each payment: `missing`, read those ranges, `loaded`, then the questions, then `insert` with the place it got in
 * the log. Every event that is admitted is inserted at once, and settled when it is durable (or retracted), so that a
 * key read later misses nothing. Whatever the order of all this, an answer is that of recount.ts, or an Error when the
 * key was not loaded.
 */
export class StreamWindows {
  readonly #plan: WindowPlan;
  readonly #keys: KeyStore;
  readonly #inFlight: number;
  /** Payments asked about, oldest first, with the keys they hold on to. */
  readonly #asked = new Map<StreamEvent, Entries>();
  /** Events not durable yet, by position. */
  readonly #pending = new Map<number, { readonly event: StreamEvent; readonly entries: Entries }>();
  #lastEvent: StreamEvent | undefined;
  #lastEntries: Entries = [];

  constructor(plan: WindowPlan, options: StreamWindowsOptions) {
    this.#plan = plan;
    this.#keys = new KeyStore(options.maxBytes);
    this.#inFlight = options.inFlight ?? 8192;
  }

  /**
   * What must be read before this payment can be decided, one range per key; [] when all is in memory. Its keys stay
   * in memory until `release`, or until many more payments (`inFlight`) were asked about.
   */
  missing(event: StreamEvent): KeyRange[] {
    const entries = this.#ask(event);
    const ranges: KeyRange[] = [];
    for (const entry of entries) {
      if (entry === undefined) continue;
      const needed = event.knownAt - entry.definition.horizon;
      if (entry.from <= needed) continue;
      if (entry.from < Infinity) this.#bringBack(entry);
      if (entry.asked > needed || entry.from < Infinity)
        entry.asked = roundedFrom(entry.definition, event.knownAt);
      const same = ranges.findIndex(({ key }) => key === entry.load);
      const from = Math.min(entry.asked, ranges[same]?.from ?? Infinity);
      if (same < 0) ranges.push({ key: entry.load, from });
      else ranges[same] = { key: entry.load, from };
    }
    return ranges;
  }

  /** Takes in what the store had for a range: all its durable events, in any order; more does no harm. */
  loaded(range: KeyRange, events: readonly StreamEvent[]): void {
    for (const definition of this.#plan.definitions) {
      const entry = this.#keys.get(definition, range.key);
      if (entry === undefined || entry.from <= range.from) continue;
      for (const event of events)
        if (event.attributes[definition.load] === range.key && hasKey(definition, event))
          this.#keys.insert(entry, event);
      entry.from = range.from;
    }
  }

  /** A velocity for a payment that is not inserted yet; t is its known time. */
  velocity(index: number, event: StreamEvent, zones: Zones): number | undefined {
    const plan = this.#plan.velocities[index];
    if (plan === undefined) throw new RangeError(`no velocity ${index}`);
    const entry = this.#entriesOf(event)[plan.definition];
    if (entry === undefined) return undefined;
    const value = this.#aggregate(plan.value, entry, event, zones);
    if (plan.over === undefined) return value;
    const over = this.#aggregate(plan.over, entry, event, zones);
    return value === undefined || over === undefined || over === 0 ? undefined : value / over;
  }

  /** A question about the past of a payment's key. */
  history(index: number, event: StreamEvent): number | undefined {
    const plan = this.#plan.histories[index];
    if (plan === undefined) throw new RangeError(`no history ${index}`);
    const entry = this.#entriesOf(event)[plan.definition];
    if (entry === undefined) return undefined;
    mustReach(entry, event.knownAt - plan.ms);
    return answerHistory(plan, entry.definition.layouts[0], entry.find(event)?.byEvent, event.knownAt);
  }

  /** How a payment compares with the habit of its key. */
  habit(index: number, event: StreamEvent): number | undefined {
    const plan = this.#plan.habits[index];
    if (plan === undefined) throw new RangeError(`no habit ${index}`);
    const entry = this.#entriesOf(event)[plan.definition];
    if (entry === undefined) return undefined;
    mustReach(entry, event.knownAt - plan.ms);
    return answerHabit(plan, entry.definition.layouts[0], entry.find(event)?.byEvent, event);
  }

  /** Takes in an admitted event, durable or not; the same position again changes nothing. */
  insert(event: StreamEvent): void {
    const position = positionOf(event);
    let pending = this.#pending.get(position);
    if (pending === undefined) {
      pending = { event, entries: this.#take(event) };
      this.#pending.set(position, pending);
    }
    for (const entry of pending.entries) {
      if (entry === undefined) continue;
      this.#keys.insert(entry, event);
      if (entry.wantsPruning && entry.from < Infinity) this.#prune(entry, event.knownAt);
    }
  }

  /** The event is durable, and no reading that could miss it is under way but those of keys held meanwhile. */
  settled(event: StreamEvent): void {
    const position = positionOf(event);
    const pending = this.#pending.get(position);
    if (pending === undefined) return;
    this.#pending.delete(position);
    this.#giveBack(pending.entries);
  }

  /** The event was not admitted after all: it never counted. */
  retract(event: StreamEvent): void {
    const pending = this.#pending.get(positionOf(event));
    if (pending === undefined) return;
    for (const entry of pending.entries) if (entry !== undefined) this.#keys.remove(entry, event);
    this.settled(event);
  }

  /** The payment is decided, or will not be: its keys may leave memory. Needs the object given to `missing`. */
  release(event: StreamEvent): void {
    const entries = this.#asked.get(event);
    if (entries === undefined) return;
    this.#asked.delete(event);
    if (this.#lastEvent === event) {
      this.#lastEvent = undefined;
      this.#lastEntries = [];
    }
    this.#giveBack(entries);
  }

  /** Cheap. */
  stats(): StreamWindowsStats {
    return { keys: this.#keys.size, bytes: this.#keys.bytes, events: this.#keys.rows };
  }

  #aggregate(plan: AggregatePlan, entry: KeyEntry, event: StreamEvent, zones: Zones): number | undefined {
    const from = windowFrom(plan, event.knownAt, zones);
    mustReach(entry, from);
    return aggregate(plan, entry.definition, entry.find(event), event, from, zones);
  }

  #ask(event: StreamEvent): Entries {
    const known = this.#asked.get(event);
    if (known !== undefined) return known;
    const entries = this.#take(event);
    this.#asked.set(event, entries);
    if (this.#asked.size > this.#inFlight) {
      const oldest = this.#asked.keys().next();
      if (oldest.done !== true) this.release(oldest.value);
    }
    return entries;
  }

  #entriesOf(event: StreamEvent): Entries {
    if (this.#lastEvent === event) return this.#lastEntries;
    const asked = this.#asked.get(event);
    const entries =
      asked ??
      this.#plan.definitions.map((definition) => {
        if (!hasKey(definition, event)) return undefined;
        const entry = this.#keys.find(definition, event.attributes[definition.load] ?? 0);
        if (entry === undefined) throw new Error('a window was asked for that is not in memory');
        return entry;
      });
    if (asked === undefined) return entries;
    this.#lastEvent = event;
    this.#lastEntries = entries;
    return entries;
  }

  /** Finds or makes the keys of an event and holds on to them. */
  #take(event: StreamEvent): Entries {
    const entries: (KeyEntry | undefined)[] = [];
    for (const definition of this.#plan.definitions) {
      if (!hasKey(definition, event)) {
        entries.push(undefined);
        continue;
      }
      const load = event.attributes[definition.load] ?? 0;
      // A payment is inserted right after it was asked about: nothing to look up.
      const last = this.#lastEntries[definition.index];
      if (last?.load === load) this.#keys.holdAgain(last);
      entries.push(last?.load === load ? last : this.#keys.hold(definition, load));
    }
    return entries;
  }

  #giveBack(entries: Entries): void {
    for (const entry of entries) if (entry !== undefined) this.#keys.giveBack(entry);
  }

  /** A key whose old rows were let go is read again: those that the store may not have yet come from here. */
  #bringBack(entry: KeyEntry): void {
    for (const { event, entries } of this.#pending.values())
      if (entries[entry.definition.index] === entry) this.#keys.insert(entry, event);
  }

  /** Old rows may go, but none that a payment in decision can need, however old its time. */
  #prune(entry: KeyEntry, t: number): void {
    let oldest = t;
    for (const { knownAt } of this.#asked.keys()) if (knownAt < oldest) oldest = knownAt;
    this.#keys.prune(entry, oldest - entry.definition.horizon - slackOf(entry.definition));
  }
}

function mustReach(entry: KeyEntry, from: number): void {
  if (entry.from > from) throw new Error('a window was asked for that was not loaded');
}

/** What is kept and read beyond the horizon, ms: payments do not come in the exact order of their times. */
function slackOf({ horizon }: KeyDefinition): number {
  return Math.min(Math.max(horizon / 8, 15 * MINUTE), 7 * DAY);
}

/** Rounded, so that the payments of one round ask for the same range. */
function roundedFrom(definition: KeyDefinition, t: number): number {
  const slack = slackOf(definition);
  return Math.floor((t - definition.horizon - slack) / MINUTE) * MINUTE;
}
