import type { Collection } from 'mongodb';
import type { Hold, HoldResult, LimitStore } from '../../decisions/ports.js';
import type { Connection } from './connection.js';
import { isDuplicateKey } from './errors.js';
import { COLLECTIONS } from './indexes.js';
import { changed, expired, given, literal, reasons, sumOf, wants } from './limit-counter.js';
import type { CounterDocument, Held, Want } from './limit-counter.js';
import type { ResolvedOptions } from './options.js';

type Taken = { readonly taken: boolean; readonly used: number };

/** How long to wait for other decisions that hold room and may yet be refused, ms. */
const PATIENCE_MS = 1_000;
const PAUSE_MS = 10;
const SWEEP = 200;
/** Begins the names of documents that remember a refusal; no counter has such a name. */
const REFUSED = '\u0000refused/';

/**
 * Cumulative limits on MongoDB. A decision with several holds takes them one by one in the order of their counters'
 * names, gives back what it took when one refuses, and waits for decisions in the same state before it is refused
 * because of them.
 */
export class MongoLimits implements LimitStore {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #counters: Collection<CounterDocument>;
  readonly #turns = new Map<string, Promise<void>>();

  constructor(connection: Connection, { world }: ResolvedOptions) {
    this.#connection = connection;
    this.#world = world;
    this.#counters = connection.collection(COLLECTIONS.counters);
  }

  async reserve(decision: string, holds: readonly Hold[], expiresAt: number): Promise<HoldResult> {
    if (holds.length === 0) return { reserved: true, used: [] };
    const earlier = await this.#earlier(decision);
    if (earlier) return earlier;
    const used = new Map<string, number>();
    const wanted = wants(holds);
    for (const [step, want] of wanted.entries()) {
      const taken = await this.#take(want, {
        d: decision,
        a: want.amount,
        e: expiresAt,
        i: want.places,
        c: wanted.length,
        ...(step < wanted.length - 1 ? { p: true } : {}),
      });
      used.set(want.counter, taken.used);
      if (taken.taken) continue;
      if (wanted.length > 1) await this.#undo(decision);
      return await this.#refuse(decision, holds, new Map([[want.counter, taken.used]]), expiresAt);
    }
    if (wanted.length > 1) this.#settled(decision);
    return { reserved: true, used: holds.map(({ counter }) => used.get(counter) ?? 0) };
  }

  async confirm(decision: string): Promise<void> {
    const mine = { $eq: ['$$x.d', literal(decision)] };
    // Made after all, though it had expired or an attempt had failed: it counts, whether or not there still is room.
    const back = sumOf(mine, { $add: [given, { $cond: [expired, '$$x.a', 0] }] });
    const kept = { a: { $add: ['$$x.a', given] }, b: 0, e: Infinity, g: false };
    await this.#connection.run(() =>
      this.#counters.updateMany({ 'h.d': decision }, [
        { $set: { total: { $add: ['$total', back] }, h: changed(mine, kept) } },
      ]),
    );
  }

  async release(
    decision: string,
    amount: number | undefined,
    reason: string,
    counters?: readonly string[],
  ): Promise<void> {
    const fresh = { $not: [{ $in: [literal(reason), reasons] }] };
    const match = { $and: [{ $eq: ['$$x.d', literal(decision)] }, fresh] };
    const part = amount === undefined ? '$$x.a' : { $min: ['$$x.a', amount] };
    const more = {
      a: { $subtract: ['$$x.a', part] },
      r: { $concatArrays: [reasons, [literal(reason)]] },
      ...(amount === undefined ? { b: { $add: [given, '$$x.a'] } } : {}),
    };
    const back = sumOf({ $and: [match, { $not: [expired] }] }, part);
    const only = counters ? { _id: { $in: [...counters] } } : {};
    await this.#connection.run(() =>
      this.#counters.updateMany({ 'h.d': decision, ...only }, [
        { $set: { total: { $subtract: ['$total', back] }, h: changed(match, more) } },
      ]),
    );
  }

  async expire(now: number): Promise<number> {
    const over = new Set<string>();
    for (;;) {
      const found = await this.#connection.run(() =>
        this.#counters
          .find({ 'h.e': { $lte: now } }, { projection: { refused: 1 } })
          .limit(SWEEP)
          .toArray(),
      );
      const refused = found.filter((one) => one.refused).map(({ _id }) => _id);
      if (refused.length > 0)
        await this.#connection.run(() => this.#counters.deleteMany({ _id: { $in: refused } }));
      for (const { _id } of found.filter((one) => !one.refused))
        for (const one of await this.#expire(_id, now)) over.add(one);
      if (found.length < SWEEP) break;
    }
    return over.size;
  }

  async used(counter: string): Promise<number> {
    const options = { projection: { total: 1 } };
    const found = await this.#connection.run(() => this.#counters.findOne({ _id: counter }, options));
    return found?.total ?? 0;
  }

  /** The answer that was given before; undefined when there is none, or only a part of one. */
  async #earlier(decision: string): Promise<HoldResult | undefined> {
    const projection = { refused: 1, h: { $elemMatch: { d: decision } } };
    const found = await this.#connection.run(() =>
      this.#counters.find({ 'h.d': decision }, { projection }).toArray(),
    );
    // What had expired holds no room any more: the same decision asked again has to find some.
    if (found.some(({ h }) => h[0]?.g === true)) {
      await this.#undo(decision);
      return undefined;
    }
    const used: number[] = [];
    let counters = 0;
    for (const { refused, h } of found) {
      if (refused) return { reserved: false, used: refused };
      for (const place of h[0]?.i ?? []) used[place] = h[0]?.u ?? 0;
      counters += 1;
      if (counters === h[0]?.c) return { reserved: true, used };
    }
    return undefined;
  }

  /** One at a time for each counter: the server would only let them run into each other. */
  async #inTurn<T>(counter: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(counter) ?? Promise.resolve()).then(work);
    const end = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(counter, end);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(counter) === end) this.#turns.delete(counter);
    }
  }

  /** Takes what is wanted, or finds that it is taken already. */
  async #take(want: Want, hold: Omit<Held, 'u'>): Promise<Taken> {
    const { counter, atMost } = want;
    const patience = this.#now() + PATIENCE_MS;
    for (;;) {
      if (atMost >= 0) {
        const before = await this.#inTurn(counter, () => this.#tryTake(want, hold));
        if (before !== undefined) return { taken: true, used: before };
      }
      const found = await this.#connection.run(() => this.#counters.findOne({ _id: counter }));
      const earlier = found?.h.find(({ d }) => d === hold.d);
      if (earlier) return { taken: true, used: earlier.u };
      const total = found?.total ?? 0;
      const unsure = (found?.h ?? []).filter(({ p }) => p === true).reduce((sum, { a }) => sum + a, 0);
      // There was no room when it was tried, but there is now: try again, however long that took.
      if (atMost >= 0 && total <= atMost) continue;
      if (total - unsure > atMost || this.#now() >= patience) return { taken: false, used: total };
      await this.#pause();
    }
  }

  /** What was used before; undefined when there is no room or the hold is there already. */
  async #tryTake(
    { counter, amount, atMost, periodEnd }: Want,
    hold: Omit<Held, 'u'>,
  ): Promise<number | undefined> {
    const before = { $ifNull: ['$total', 0] };
    const added = { ...hold, d: literal(hold.d), u: before };
    const change = {
      total: { $add: [before, amount] },
      periodEnd,
      h: { $concatArrays: [{ $ifNull: ['$h', []] }, [added]] },
    };
    return await this.#connection.run(async () => {
      try {
        const found = await this.#counters.findOneAndUpdate(
          { _id: counter, total: { $not: { $gt: atMost } }, 'h.d': { $ne: hold.d } },
          [{ $set: change }],
          { upsert: true, returnDocument: 'before', projection: { total: 1 } },
        );
        return found?.total ?? 0;
      } catch (error) {
        if (isDuplicateKey(error)) return undefined;
        throw error;
      }
    });
  }

  /** Takes away all that the decision holds, as if it had never been. */
  async #undo(decision: string): Promise<void> {
    const mine = { $eq: ['$$x.d', literal(decision)] };
    const counted = { $and: [mine, { $not: [expired] }] };
    const kept = { $filter: { input: '$h', as: 'x', cond: { $not: [mine] } } };
    await this.#connection.run(() =>
      this.#counters.updateMany({ 'h.d': decision }, [
        { $set: { total: { $subtract: ['$total', sumOf(counted, '$$x.a')] }, h: kept } },
      ]),
    );
  }

  /** Remembers the refusal, so that the decision gets the same answer again. */
  async #refuse(
    decision: string,
    holds: readonly Hold[],
    known: Map<string, number>,
    expiresAt: number,
  ): Promise<HoldResult> {
    const used: number[] = [];
    const own = new Map<string, number>();
    for (const { counter, amount, cap } of holds) {
      const before = known.get(counter) ?? (await this.used(counter));
      known.set(counter, before);
      used.push(before);
      const sum = (own.get(counter) ?? 0) + amount;
      own.set(counter, sum);
      if (before + sum > cap) break;
    }
    const memory = { d: decision, a: 0, e: expiresAt, u: 0, i: [], c: 1 };
    const document = { total: 0, periodEnd: expiresAt, h: [memory], refused: used };
    await this.#connection.run(() =>
      this.#counters.updateOne(
        { _id: `${REFUSED}${decision}` },
        { $setOnInsert: document },
        { upsert: true },
      ),
    );
    return { reserved: false, used };
  }

  /** Nobody need wait for this decision any more. When it fails, others wait a moment longer. */
  #settled(decision: string): void {
    const sure = { $set: { 'h.$[x].p': false } };
    const options = { arrayFilters: [{ 'x.d': decision }] };
    void this.#connection
      .run(() => this.#counters.updateMany({ 'h.d': decision }, sure, options))
      .catch(() => undefined);
  }

  /** Decisions whose hold on a counter has run out. */
  async #expire(counter: string, now: number): Promise<readonly string[]> {
    const over = { $lte: ['$$x.e', now] };
    const before = await this.#connection.run(() =>
      this.#counters.findOneAndUpdate(
        { _id: counter, 'h.e': { $lte: now } },
        [
          {
            $set: {
              total: { $subtract: ['$total', sumOf(over, '$$x.a')] },
              h: changed(over, { e: Infinity, g: true }),
            },
          },
        ],
        { returnDocument: 'before' },
      ),
    );
    return (before?.h ?? []).filter(({ a, e }) => e <= now && a > 0).map(({ d }) => d);
  }

  #now(): number {
    return this.#world.clock.monotonicUs() / 1000;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#world.timers.after(PAUSE_MS, resolve));
  }
}
