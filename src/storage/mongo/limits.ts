import type { Collection, Document } from 'mongodb';
import type { Hold, HoldResult, LimitStore } from '../../decisions/ports.js';
import type { Connection } from './connection.js';
import { isDuplicateKey } from './errors.js';
import { COLLECTIONS } from './indexes.js';
import type { ResolvedOptions } from './options.js';

/** What one decision holds of one counter. It stays for the period, with nothing left in it once released. */
interface Held {
  /** Decision. */
  readonly d: string;
  /** Place among the decision's holds. */
  readonly i: number;
  /** Amount, as much as is still held. */
  readonly a: number;
  /** Expires at, epoch ms; Infinity once confirmed or released. */
  readonly e: number;
  /** Used before it. */
  readonly u: number;
  /** Its decision may still be refused by another counter. */
  readonly p?: boolean;
  /** Reasons of releases. */
  readonly r?: readonly string[];
}

/** One limit, key and period: everything that must change together. */
interface CounterDocument {
  readonly _id: string;
  readonly total: number;
  readonly periodEnd: number;
  readonly h: readonly Held[];
}

interface RefusalDocument {
  readonly _id: string;
  readonly used: readonly number[];
  readonly expiresAt: number;
}

type Taken = { readonly taken: boolean; readonly used: number };

/** How long to wait for other decisions that hold room and may yet be refused, ms. */
const PATIENCE_MS = 1_000;
const PAUSE_MS = 10;
const SWEEP = 200;

/**
 * Cumulative limits on MongoDB. A decision with several holds takes them one by one in the order of their counters'
 * names, gives back what it took when one refuses, and waits for decisions in the same state before it is refused
 * because of them.
 */
export class MongoLimits implements LimitStore {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #counters: Collection<CounterDocument>;
  readonly #refusals: Collection<RefusalDocument>;

  constructor(connection: Connection, { world }: ResolvedOptions) {
    this.#connection = connection;
    this.#world = world;
    this.#counters = connection.collection(COLLECTIONS.counters);
    this.#refusals = connection.collection(COLLECTIONS.refusals);
  }

  async reserve(decision: string, holds: readonly Hold[], expiresAt: number): Promise<HoldResult> {
    if (holds.length === 0) return { reserved: true, used: [] };
    const refusal = this.#connection.run(() => this.#refusals.findOne({ _id: decision }));
    const places = holds.map((_, place) => place).sort((a, b) => order(holds[a], holds[b]) || a - b);
    const used = new Array<number>(holds.length).fill(0);
    let refusedAt: number | undefined;
    for (const [step, place] of places.entries()) {
      const hold = holds[place];
      if (!hold) continue;
      const held = { d: decision, i: place, a: hold.amount, e: expiresAt };
      const taking = this.#take(hold, step < places.length - 1 ? { ...held, p: true } : held);
      const [taken] = await Promise.all([taking, refusal]);
      used[place] = taken.used;
      if (taken.taken) continue;
      refusedAt = place;
      break;
    }
    const refused = await refusal;
    if (refused || refusedAt !== undefined) await this.#undo(decision);
    if (refused) return { reserved: false, used: refused.used };
    if (refusedAt !== undefined) return await this.#refuse(decision, holds, refusedAt, used, expiresAt);
    if (holds.length > 1) this.#settled(decision);
    return { reserved: true, used };
  }

  async confirm(decision: string): Promise<void> {
    await this.#connection.run(() =>
      this.#counters.updateMany(
        { 'h.d': decision },
        { $set: { 'h.$[x].e': Infinity } },
        { arrayFilters: [{ 'x.d': decision }] },
      ),
    );
  }

  async release(decision: string, amount: number | undefined, reason: string): Promise<void> {
    const match = {
      $and: [{ $eq: ['$$x.d', literal(decision)] }, { $not: [{ $in: [literal(reason), reasons] }] }],
    };
    const given = amount === undefined ? '$$x.a' : { $min: ['$$x.a', amount] };
    const more = {
      r: { $concatArrays: [reasons, [literal(reason)]] },
      ...(amount === undefined ? { e: Infinity } : {}),
    };
    await this.#connection.run(() =>
      this.#counters.updateMany({ 'h.d': decision }, [giveBack(match, given, more)]),
    );
  }

  async expire(now: number): Promise<number> {
    const expired = new Set<string>();
    for (;;) {
      const found = await this.#connection.run(() =>
        this.#counters
          .find({ 'h.e': { $lte: now } }, { projection: { _id: 1 } })
          .limit(SWEEP)
          .toArray(),
      );
      for (const { _id } of found) for (const one of await this.#expire(_id, now)) expired.add(one);
      if (found.length < SWEEP) break;
    }
    await this.#connection.run(() => this.#refusals.deleteMany({ expiresAt: { $lte: now } }));
    return expired.size;
  }

  async used(counter: string): Promise<number> {
    const options = { projection: { total: 1 } };
    const found = await this.#connection.run(() => this.#counters.findOne({ _id: counter }, options));
    return found?.total ?? 0;
  }

  /** Takes one hold, or finds that it is taken already. */
  async #take(hold: Hold, held: Omit<Held, 'u'>): Promise<Taken> {
    const { counter, amount, cap, periodEnd } = hold;
    const { d, i } = held;
    const patience = this.#now() + PATIENCE_MS;
    for (;;) {
      if (amount <= cap) {
        const before = await this.#tryTake(counter, cap - amount, periodEnd, held);
        if (before !== undefined) return { taken: true, used: before };
      }
      const found = await this.#connection.run(() => this.#counters.findOne({ _id: counter }));
      const earlier = found?.h.find((one) => one.d === d && one.i === i);
      if (earlier) return { taken: true, used: earlier.u };
      const total = found?.total ?? 0;
      const unsure = (found?.h ?? []).filter(({ p }) => p === true).reduce((sum, { a }) => sum + a, 0);
      if (total - unsure + amount > cap || this.#now() >= patience) return { taken: false, used: total };
      if (total + amount > cap) await this.#pause();
    }
  }

  /** What was used before; undefined when there is no room or the hold is there already. */
  async #tryTake(
    counter: string,
    atMost: number,
    periodEnd: number,
    held: Omit<Held, 'u'>,
  ): Promise<number | undefined> {
    const { d, i } = held;
    const added = { ...held, d: literal(d), u: { $ifNull: ['$total', 0] } };
    const change = {
      total: { $add: [{ $ifNull: ['$total', 0] }, held.a] },
      periodEnd,
      h: { $concatArrays: [{ $ifNull: ['$h', []] }, [added]] },
    };
    return await this.#connection.run(async () => {
      try {
        const before = await this.#counters.findOneAndUpdate(
          { _id: counter, total: { $not: { $gt: atMost } }, h: { $not: { $elemMatch: { d, i } } } },
          [{ $set: change }],
          { upsert: true, returnDocument: 'before', projection: { total: 1 } },
        );
        return before?.total ?? 0;
      } catch (error) {
        if (isDuplicateKey(error)) return undefined;
        throw error;
      }
    });
  }

  /** Takes away all that the decision holds, as if it had never been. */
  async #undo(decision: string): Promise<void> {
    const mine = { $eq: ['$$x.d', literal(decision)] };
    const kept = { $filter: { input: '$h', as: 'x', cond: { $not: [mine] } } };
    await this.#connection.run(() =>
      this.#counters.updateMany({ 'h.d': decision }, [
        { $set: { total: { $subtract: ['$total', sumOf(mine, '$$x.a')] }, h: kept } },
      ]),
    );
  }

  /** Remembers the refusal, so that the decision gets the same answer again. */
  async #refuse(
    decision: string,
    holds: readonly Hold[],
    refusedAt: number,
    taken: readonly number[],
    expiresAt: number,
  ): Promise<HoldResult> {
    const used: number[] = [];
    for (const [place, { counter, amount, cap }] of holds.entries()) {
      const now = place === refusedAt ? (taken[place] ?? 0) : await this.used(counter);
      used.push(now);
      if (place === refusedAt || now + amount > cap) break;
    }
    await this.#connection.run(() =>
      this.#refusals.updateOne({ _id: decision }, { $setOnInsert: { used, expiresAt } }, { upsert: true }),
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

  async #expire(counter: string, now: number): Promise<readonly string[]> {
    const over = { $lte: ['$$x.e', now] };
    const before = await this.#connection.run(() =>
      this.#counters.findOneAndUpdate(
        { _id: counter, 'h.e': { $lte: now } },
        [giveBack(over, '$$x.a', { e: Infinity })],
        { returnDocument: 'before' },
      ),
    );
    return (before?.h ?? []).filter(({ e }) => e <= now).map(({ d }) => d);
  }

  #now(): number {
    return this.#world.clock.monotonicUs() / 1000;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#world.timers.after(PAUSE_MS, resolve));
  }
}

const reasons = { $ifNull: ['$$x.r', []] };

function literal(value: string): Document {
  return { $literal: value };
}

function sumOf(match: Document, amount: unknown): Document {
  return {
    $sum: { $map: { input: '$h', as: 'x', in: { $cond: [match, amount, 0] } } },
  };
}

/** An update that gives back an amount of every hold that matches, and changes the hold. */
function giveBack(match: Document, given: unknown, more: Document): Document {
  const changed = { $mergeObjects: ['$$x', { a: { $subtract: ['$$x.a', given] }, ...more }] };
  return {
    $set: {
      total: { $subtract: ['$total', sumOf(match, given)] },
      h: { $map: { input: '$h', as: 'x', in: { $cond: [match, changed, '$$x'] } } },
    },
  };
}

function order(a: Hold | undefined, b: Hold | undefined): number {
  const one = a?.counter ?? '';
  const other = b?.counter ?? '';
  return one < other ? -1 : one > other ? 1 : 0;
}
