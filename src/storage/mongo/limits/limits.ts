import { afterLapse, afterReport, isMade } from '../../../decisions/limits/hold-state.js';
import type { Hold, HoldReport, HoldResult, LimitStore } from '../../../decisions/ports.js';
import type { Connection } from '../connection.js';
import { LimitCounters } from './counters.js';
import { holdStateOf, newHolds, refusal, wants, type HoldsDocument } from './documents.js';
import { LimitHolds } from './holds.js';
import type { ResolvedOptions } from '../options.js';

/** Documents that one step of `expire` looks at. */
const STEP = 200;
/** Decisions that lapse in one transaction: the more, the longer others wait for their counters. */
const LAPSES = 20;

/** An amount that was added to a counter, with its marker. */
interface Addition {
  readonly counter: string;
  readonly amount: number;
  readonly marker: string;
}

/**
 * Cumulative limits on MongoDB.
 *
 * A reservation takes what it wants from the counters one by one, in the order of their names, leaving a marker with each
 * amount; then it keeps one document that vouches for the markers, or says that it was refused. That document is what
 * counts: the first one for a decision stands, and markers it does not vouch for are given back, not before; at the latest
 * when another decision has waited for their room. After a crash in between a counter holds more than it should, never
 * less, until the marker runs out with the hold it was meant for.
 */
export class MongoLimits implements LimitStore {
  readonly #counters: LimitCounters;
  readonly #holds: LimitHolds;

  constructor(connection: Connection, options: Pick<ResolvedOptions, 'world'>) {
    const holds = new LimitHolds(connection);
    this.#holds = holds;
    this.#counters = new LimitCounters(connection, options, async (one) => (await holds.find(one))?.m);
  }

  async reserve(decision: string, holds: readonly Hold[], expiresAt: number): Promise<HoldResult> {
    if (holds.length === 0) return { reserved: true, used: [] };
    const { additions, answer } = await this.#try(decision, holds, expiresAt);
    const held = additions.map(({ counter, amount }) => ({ c: counter, a: amount, r: 0 }));
    const markers = additions.map(({ marker }) => marker);
    const own = newHolds(decision, holds, expiresAt, answer, held, markers);
    const kept = await this.#holds.add(own);
    let standing = kept ? own : await this.#standing(decision, expiresAt);
    for (const { counter, marker } of additions) {
      if (standing.m.includes(marker)) this.#counters.vouched(counter, marker);
      else await this.#counters.giveBack(counter, marker);
    }
    if (kept) return answer;
    for (;;) {
      const state = holdStateOf(standing);
      if (!state.lapsed || isMade(state)) return { reserved: !standing.refused, used: standing.u };
      // What had expired holds no room any more: the same decision asked again has to find some.
      const again = await this.#holds.reserveAgain(standing, holds, expiresAt);
      if (again) return again;
      standing = await this.#standing(decision, expiresAt);
    }
  }

  async settle(decision: string, report: HoldReport): Promise<void> {
    await this.#holds.change([decision], (state) => afterReport(state, report));
  }

  async expire(now: number): Promise<number> {
    await this.#clearMarkers(now);
    let released = 0;
    for (;;) {
      const due = await this.#holds.due(now, STEP);
      const ids = (were: boolean) => due.filter(({ refused }) => refused === were).map(({ _id }) => _id);
      await this.#holds.forgetRefusals(ids(true));
      const held = ids(false);
      while (held.length > 0) released += await this.#holds.change(held.splice(0, LAPSES), afterLapse);
      if (due.length < STEP) break;
    }
    while ((await this.#holds.forget(now, STEP)) === STEP);
    // Counters after all of their decisions, so that no hold outlives the counter it is on.
    while ((await this.#counters.forget(now, STEP)) === STEP);
    return released;
  }

  used(counter: string): Promise<number> {
    return this.#counters.used(counter);
  }

  /** Takes all that is wanted, up to the first counter without room. */
  async #try(
    decision: string,
    holds: readonly Hold[],
    expiresAt: number,
  ): Promise<{ readonly additions: readonly Addition[]; readonly answer: HoldResult }> {
    const additions: Addition[] = [];
    const used = new Map<string, number>();
    for (const want of wants(holds, expiresAt)) {
      const { counter } = want;
      const taken = await this.#counters.take(want, decision, expiresAt);
      used.set(counter, taken.used);
      if (taken.taken) additions.push({ counter, amount: taken.amount, marker: taken.marker });
      else
        return { additions, answer: await refusal(holds, (one) => this.#usedBefore(one, used, additions)) };
    }
    const answer = { reserved: true, used: holds.map(({ counter }) => used.get(counter) ?? 0) };
    return { additions, answer };
  }

  /** What is used of a counter without what was taken for the decision itself. */
  async #usedBefore(
    counter: string,
    known: ReadonlyMap<string, number>,
    additions: readonly Addition[],
  ): Promise<number> {
    const own = additions.find((one) => one.counter === counter)?.amount ?? 0;
    if (own === 0) return known.get(counter) ?? (await this.used(counter));
    return (await this.used(counter)) - own;
  }

  /** Of markers that have run out: removes those that are vouched for, gives back the others. */
  async #clearMarkers(now: number): Promise<void> {
    for (;;) {
      const due = await this.#counters.due(now, STEP);
      for (const { counter, markers } of due) {
        for (const { i, d, e } of markers) {
          const { m } = await this.#standing(d, e);
          if (m.includes(i)) await this.#counters.remove(counter, [i]);
          else await this.#counters.giveBack(counter, i);
        }
      }
      if (due.length < STEP) return;
    }
  }

  /**
   * The document of a decision. Where there is none, one that holds nothing and has lapsed takes its place, so that no
   * reservation still on its way can vouch for a marker that is about to be given back.
   */
  async #standing(decision: string, expiresAt: number): Promise<HoldsDocument> {
    const nobody = { counter: '', amount: 0, cap: 0, periodEnd: expiresAt };
    const answer = { reserved: true, used: [] };
    for (;;) {
      const found = await this.#holds.find(decision);
      if (found) return found;
      const { e: _waits, ...closed } = newHolds(decision, [nobody], expiresAt, answer, [], []);
      const lapsed = { ...closed, lapsed: true };
      if (await this.#holds.add(lapsed)) return lapsed;
    }
  }
}
