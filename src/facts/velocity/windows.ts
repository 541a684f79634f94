import { TransientMap } from '../../collections/transient-map.js';
import type { KeyRange, StreamEvent } from '../stream.js';
import { aggregate, answerHabit, answerHistory, windowFrom } from './answers.js';
import type { Zones } from './answers.js';
import { AskedPayment } from './asked.js';
import type { KeptRange } from './asked.js';
import { EventKeys } from './keys/event-keys.js';
import type { Entries } from './keys/event-keys.js';
import { NO_ENTRY } from './keys/key-entries.js';
import type { KeyEntries, KeyEntry } from './keys/key-entries.js';
import { KeyStore } from './keys/key-store.js';
import type { StreamWindowsStats } from './keys/key-store.js';
import { hasKey } from './keys/keys.js';
import { positionOf } from './layout.js';
import { NotLoaded } from './not-loaded.js';
import type { KeyDefinition } from './definitions.js';
import type { AggregatePlan, WindowPlan } from './plan.js';
import { keptFrom, readFrom } from './keys/reach.js';

/** Bounds of the windows in memory. */
export interface StreamWindowsOptions {
  /** Memory for keys that nobody needs at the moment, bytes. Must hold the hottest key. */
  readonly maxBytes: number;
}

const NOTHING_KEPT: readonly KeptRange[] = [];

/**
 * The windows of all velocities, histories and habits in force: a cache over the journal, by key, bounded in bytes.
 *
 * For each payment: `ask`, read its ranges, `loaded`, then the questions, then `insert` with the place it got in the log,
 * and `release`. Every event that is admitted is inserted at once, and settled when it is durable (or retracted), so that a
 * key read later misses nothing. Whatever the order of all this, an answer is that of recount.ts, or NotLoaded is thrown
 * when the key was not loaded, as may be where only shadows ask.
 */
export class StreamWindows {
  #plan: WindowPlan;
  readonly #keys: KeyStore;
  readonly #entries: KeyEntries;
  readonly #eventKeys: EventKeys;
  /** Definitions by what they are read back by. */
  #byAttribute: readonly KeyDefinition[][];
  /** Payments being decided, in no order. */
  readonly #asked: AskedPayment[] = [];
  /** Values of load attributes that are being read, with how many wait for that. */
  readonly #kept = new TransientMap<number, number>();
  /** Events not durable yet, by position. */
  readonly #pending = new TransientMap<number, { readonly event: StreamEvent; readonly entries: Entries }>();

  constructor(plan: WindowPlan, options: StreamWindowsOptions) {
    this.#plan = plan;
    this.#keys = new KeyStore(plan.definitions, options.maxBytes);
    this.#entries = this.#keys.entries;
    this.#eventKeys = new EventKeys(this.#keys, plan.definitions);
    this.#byAttribute = byAttribute(plan);
  }

  /** When `switchTo` is due again at the latest, be it with the same plan: what lingers costs; ms since the epoch. */
  get lingerUntil(): number {
    return this.#eventKeys.lingerUntil;
  }

  /**
   * From `now` on, ms since the epoch, this is asked, of payments that are asked about from now on; those before are
   * released, no more. What both plans ask stays in memory, and what is asked no more is kept up to date there for a while.
   * `undurable`: events on their way to the store, as they will stand there: what is asked anew may look at what earlier
   * questions did not, and a reading of the store misses them.
   */
  switchTo(plan: WindowPlan, undurable: Iterable<StreamEvent>, now: number): void {
    this.#plan = plan;
    this.#eventKeys.switchTo(plan.definitions, now);
    this.#byAttribute = byAttribute(plan);
    for (const { event, entries } of this.#pending.values()) {
      this.#pending.set(positionOf(event), { event, entries: this.#eventKeys.take(event) });
      this.#eventKeys.giveBack(entries);
    }
    for (const event of undurable) {
      const position = positionOf(event);
      const entries = this.#pending.get(position)?.entries ?? this.#eventKeys.take(event);
      this.#pending.set(position, { event, entries });
      this.insert(event);
    }
  }

  /** A payment is to be decided: its keys stay in memory from now until it is released. */
  ask(event: StreamEvent): AskedPayment {
    const entries = this.#eventKeys.take(event);
    const ranges: KeyRange[] = [];
    const further: KeyRange[] = [];
    for (let index = 0; index < this.#eventKeys.asked; index++) {
      const entry = entries[index] ?? NO_ENTRY;
      if (entry !== NO_ENTRY) this.#missing(event, entry, ranges, further);
    }
    const cold = ranges.length + further.length > 0;
    const kept = cold ? [...ranges, ...further].map((range) => this.keep(range)) : NOTHING_KEPT;
    const asked = new AskedPayment(this, event, entries, ranges, further, kept, this.#asked.length);
    this.#asked.push(asked);
    return asked;
  }

  /** Adds what a key lacks of what decides, and of what goes further back. */
  #missing({ knownAt }: StreamEvent, entry: KeyEntry, ranges: KeyRange[], further: KeyRange[]): void {
    const all = this.#entries;
    const definition = all.definition(entry);
    const needed = knownAt - definition.horizon;
    const reach = all.from(entry);
    if (reach <= needed) return;
    if (all.asked(entry) > needed || reach < Infinity) all.setAsked(entry, readFrom(definition, knownAt));
    this.#addRange(definition.decides ? ranges : further, entry, all.asked(entry));
  }

  /** One range per key: as far back as any of its definitions needs. */
  #addRange(ranges: KeyRange[], entry: KeyEntry, from: number): void {
    const key = this.#entries.load(entry);
    const attribute = this.#entries.definition(entry).readBy;
    const same = ranges.findIndex((range) => range.key === key);
    const furthest = Math.min(from, ranges[same]?.from ?? Infinity);
    ranges.splice(same < 0 ? ranges.length : same, 1, { key, from: furthest, attribute });
  }

  /** To be told before a range is read: what it fills is there from its start, and neither leaves nor is pruned till `letGo`. */
  keep(range: KeyRange): KeptRange {
    const entries = this.#definitionsOf(range).map((definition) => {
      const entry = this.#keys.hold(definition, range.key);
      const from = this.#entries.from(entry);
      if (from > range.from && from < Infinity) this.#bringBack(entry);
      return entry;
    });
    this.#kept.set(range.key, (this.#kept.get(range.key) ?? 0) + 1);
    return { range, entries };
  }

  /** The range was read, or will not be. */
  letGo({ range, entries }: KeptRange): void {
    this.#eventKeys.giveBack(entries);
    const others = (this.#kept.get(range.key) ?? 0) - 1;
    if (others > 0) this.#kept.set(range.key, others);
    else this.#kept.delete(range.key);
  }

  /**
   * Takes in a part of what the store has for a range, ahead of `loaded`. `entries`: what it fills, of a range that was
   * kept; default: all that is kept now, which must have been so when the reading began.
   */
  arrived(range: KeyRange, events: readonly StreamEvent[], entries = this.#filledBy(range)): void {
    if (events.length === 0) return;
    for (const entry of entries) {
      if (this.#entries.from(entry) <= range.from) continue;
      const definition = this.#entries.definition(entry);
      for (const event of events)
        if (event.attributes[definition.load] === range.key && hasKey(definition, event))
          this.#keys.insert(entry, event);
    }
  }

  /** Takes in what the store had for a range: all its durable events, in any order; more does no harm. */
  loaded(range: KeyRange, events: readonly StreamEvent[], entries = this.#filledBy(range)): void {
    this.arrived(range, events, entries);
    for (const entry of entries)
      if (this.#entries.from(entry) > range.from) this.#entries.setFrom(entry, range.from);
  }

  #filledBy(range: KeyRange): readonly KeyEntry[] {
    return this.#definitionsOf(range)
      .map((definition) => this.#keys.get(definition, range.key))
      .filter((entry) => entry !== NO_ENTRY);
  }

  /** Those that are read back by the attribute of a range. */
  #definitionsOf({ attribute }: KeyRange): readonly KeyDefinition[] {
    return attribute === undefined ? this.#plan.definitions : (this.#byAttribute[attribute] ?? []);
  }

  /** A velocity for a payment that is not inserted yet; t is its known time. */
  velocity(index: number, asked: AskedPayment, zones: Zones): number | undefined {
    const plan = this.#plan.velocities[index];
    if (plan === undefined) throw new RangeError(`no velocity ${index}`);
    const entry = this.#entryOf(asked, plan.definition);
    if (entry === NO_ENTRY) return undefined;
    const value = this.#aggregate(plan.value, entry, asked.event, zones);
    if (plan.over === undefined) return value;
    const over = this.#aggregate(plan.over, entry, asked.event, zones);
    return value === undefined || over === undefined || over === 0 ? undefined : value / over;
  }

  /** A question about the past of a payment's key. */
  history(index: number, asked: AskedPayment): number | undefined {
    const { event } = asked;
    const plan = this.#plan.histories[index];
    if (plan === undefined) throw new RangeError(`no history ${index}`);
    const entry = this.#entryOf(asked, plan.definition);
    if (entry === NO_ENTRY) return undefined;
    this.#mustReach(entry, event.knownAt - plan.ms);
    const { layouts } = this.#entries.definition(entry);
    const series = this.#entries.series(entry, event, plan.layout);
    return answerHistory(plan, this.#entries.store, layouts[plan.layout], series, event.knownAt);
  }

  /** How a payment compares with the habit of its key. */
  habit(index: number, asked: AskedPayment): number | undefined {
    const { event } = asked;
    const plan = this.#plan.habits[index];
    if (plan === undefined) throw new RangeError(`no habit ${index}`);
    const entry = this.#entryOf(asked, plan.definition);
    if (entry === NO_ENTRY) return undefined;
    this.#mustReach(entry, event.knownAt - plan.ms);
    const { layouts } = this.#entries.definition(entry);
    const series = this.#entries.series(entry, event, 0);
    return answerHabit(plan, this.#entries.store, layouts[0], series, event);
  }

  /** Takes in an admitted event, durable or not; the same position again changes nothing. */
  insert(event: StreamEvent): void {
    const position = positionOf(event);
    let pending = this.#pending.get(position);
    if (pending === undefined) {
      pending = { event, entries: this.#eventKeys.take(event) };
      this.#pending.set(position, pending);
    }
    for (const entry of pending.entries) {
      if (entry === NO_ENTRY) continue;
      this.#keys.insert(entry, event);
      if (this.#entries.wantsPruning(entry) && this.#entries.from(entry) < Infinity)
        this.#prune(entry, event.knownAt);
    }
  }

  /** The event is durable, and no reading that could miss it is under way but those of keys held meanwhile. */
  settled(event: StreamEvent): void {
    const position = positionOf(event);
    const pending = this.#pending.get(position);
    if (pending === undefined) return;
    this.#pending.delete(position);
    this.#eventKeys.giveBack(pending.entries);
  }

  /** The event was not admitted after all: it never counted. What was inserted leaves, whatever is said of it by now. */
  retract(event: StreamEvent): void {
    const pending = this.#pending.get(positionOf(event));
    if (pending === undefined) return;
    for (const entry of pending.entries) if (entry !== NO_ENTRY) this.#keys.remove(entry, pending.event);
    this.settled(event);
  }

  /** The payment is decided, or will not be. Again does no harm. */
  release(asked: AskedPayment): void {
    if (asked.place < 0) return;
    const last = this.#asked.pop();
    if (last !== undefined && last !== asked) {
      this.#asked[asked.place] = last;
      last.place = asked.place;
    }
    asked.place = -1;
    this.#eventKeys.forget(asked.entries);
    this.#eventKeys.giveBack(asked.entries);
    for (const kept of asked.kept) this.letGo(kept);
  }

  /** Cheap. */
  stats(): StreamWindowsStats {
    return this.#keys.stats();
  }

  #aggregate(plan: AggregatePlan, entry: KeyEntry, event: StreamEvent, zones: Zones): number | undefined {
    const from = windowFrom(plan, event.knownAt, zones);
    this.#mustReach(entry, from);
    const { layouts } = this.#entries.definition(entry);
    const series = this.#entries.series(entry, event, plan.layout);
    return aggregate(plan, this.#entries.store, layouts[plan.layout], series, event, from, zones);
  }

  #mustReach(entry: KeyEntry, from: number): void {
    if (this.#entries.from(entry) > from) throw new NotLoaded('a window was asked for that was not loaded');
  }

  #entryOf(asked: AskedPayment, definition: number): KeyEntry {
    this.#eventKeys.remember(asked.entries);
    return asked.entries[definition] ?? NO_ENTRY;
  }

  /** A key whose old rows were let go is read again: those that the store may not have yet come from here. */
  #bringBack(entry: KeyEntry): void {
    const { index } = this.#entries.definition(entry);
    for (const { event, entries } of this.#pending.values())
      if (entries[index] === entry) this.#keys.insert(entry, event);
  }

  /** Old rows may go, but none that a payment in decision can need, however old its time, and none of what is read. */
  #prune(entry: KeyEntry, t: number): void {
    if (this.#kept.has(this.#entries.load(entry))) return;
    let oldest = t;
    for (const { event } of this.#asked) if (event.knownAt < oldest) oldest = event.knownAt;
    this.#keys.prune(entry, keptFrom(this.#entries.definition(entry), oldest));
  }
}

function byAttribute({ definitions }: WindowPlan): KeyDefinition[][] {
  const found: KeyDefinition[][] = [];
  for (const definition of definitions) (found[definition.readBy] ??= []).push(definition);
  return found;
}
