import { afterLapse, afterReport, isMade } from '../../../decisions/limits/hold-state.js';
import type { Hold, HoldReport, HoldResult, LimitStore } from '../../../decisions/ports.js';
import type { Connection } from '../connection.js';
import { LimitCounters } from './counters.js';
import { holdStateOf, newHolds, refusal, takerOf, wants } from './documents.js';
import type { EndedMarkers, HoldsDocument, Taker } from './documents.js';
import { HoldChanges } from './hold-changes.js';
import { LimitHolds } from './holds.js';
import type { ResolvedOptions } from '../options.js';

/** Documents that one step of `expire` looks at. */
const STEP = 200;

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
 * when another decision has waited for their room, or when they run out. What is reported afterwards changes the document
 * and the counters in the same way, and so do lapses. After a crash in between a counter holds more than it should, never
 * less, until the marker runs out a few seconds later.
 */
export class MongoLimits implements LimitStore {
  readonly #counters: LimitCounters;
  readonly #holds: LimitHolds;
  readonly #changes: HoldChanges;

  constructor(connection: Connection, options: Pick<ResolvedOptions, 'world'>) {
    const holds = new LimitHolds(connection);
    this.#holds = holds;
    this.#counters = new LimitCounters(connection, options, (decision) => holds.find(decision));
    this.#changes = new HoldChanges(this.#counters, holds, options);
  }

  async reserve(decision: string, holds: readonly Hold[], expiresAt: number): Promise<HoldResult> {
    if (holds.length === 0) return { reserved: true, used: [] };
    let standing = await this.#reserve({ decision, version: 0, expiresAt }, holds, []);
    // What had expired holds no room any more: the same decision asked again has to find some.
    while (standing.lapsed && !isMade(holdStateOf(standing)))
      standing = await this.#reserve({ decision, version: standing.v, expiresAt }, holds, standing.m);
    return { reserved: !standing.refused, used: standing.u };
  }

  async settle(decision: string, report: HoldReport): Promise<void> {
    await this.#changes.change(decision, (state) => afterReport(state, report));
  }

  async expire(now: number): Promise<number> {
    await this.#clearMarkers(now);
    let released = 0;
    for (;;) {
      const due = await this.#holds.due(now, STEP);
      const ids = (were: boolean) => due.filter(({ refused }) => refused === were).map(({ _id }) => _id);
      await this.#holds.forgetRefusals(ids(true));
      const lapsed = await Promise.all(
        ids(false).map((one) => this.#changes.changeDue(one, afterLapse, now)),
      );
      released += lapsed.filter((counted) => counted).length;
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

  /** Reserves, where the document of the decision is the taker's version, with these markers; the one that stands then. */
  async #reserve(taker: Taker, holds: readonly Hold[], earlier: readonly string[]): Promise<HoldsDocument> {
    const { additions, answer } = await this.#try(taker, holds);
    const held = additions.map(({ counter, amount }) => ({ c: counter, a: amount, r: 0 }));
    const markers = additions.map(({ marker }) => marker);
    const fresh = newHolds(taker, holds, answer, held, markers);
    const own = { ...fresh, m: [...earlier, ...fresh.m] };
    const kept =
      taker.version === 0
        ? await this.#holds.add(own)
        : await this.#holds.replace([{ v: taker.version, to: own }]);
    const standing = kept ? own : await this.#standing(taker);
    const taken: EndedMarkers[] = [];
    for (const { counter, marker } of additions) {
      if (standing.m.includes(marker)) this.#counters.vouched(counter, marker);
      else taken.push({ counter, vouched: [], void: [marker] });
    }
    await this.#counters.end(taken);
    return standing;
  }

  /** Takes all that is wanted, up to the first counter without room. */
  async #try(
    taker: Taker,
    holds: readonly Hold[],
  ): Promise<{ readonly additions: readonly Addition[]; readonly answer: HoldResult }> {
    const additions: Addition[] = [];
    const used = new Map<string, number>();
    for (const want of wants(holds, taker.expiresAt)) {
      const { counter } = want;
      const taken = await this.#counters.take(want, taker);
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

  /** Ends markers that have run out. */
  async #clearMarkers(now: number): Promise<void> {
    for (;;) {
      const due = await this.#counters.due(now, STEP);
      for (const { counter, markers } of due) {
        const vouched: string[] = [];
        const gone: string[] = [];
        for (const marker of markers) {
          const { m } = await this.#standing(takerOf(marker));
          (m.includes(marker.i) ? vouched : gone).push(marker.i);
        }
        await this.#counters.end([{ counter, vouched, void: gone }]);
      }
      if (due.length < STEP) return;
    }
  }

  /**
   * The document of a decision, of a later version than the taker's. Where there is none, one that holds nothing and has
   * lapsed takes its place, and the version that there is becomes a later one, so that nothing still on its way can vouch
   * for a marker that is about to be taken away.
   */
  async #standing(taker: Taker): Promise<HoldsDocument> {
    const { decision, version, expiresAt } = taker;
    const nobody = { counter: '', amount: 0, cap: 0, periodEnd: expiresAt };
    const answer = { reserved: true, used: [] };
    for (;;) {
      const found = await this.#holds.find(decision);
      if (found && found.v > version) return found;
      if (found) {
        await this.#holds.outdate(decision, found.v);
        continue;
      }
      const { e: _waits, ...closed } = newHolds(taker, [nobody], answer, [], []);
      const lapsed = { ...closed, lapsed: true };
      if (await this.#holds.add(lapsed)) return lapsed;
    }
  }
}
