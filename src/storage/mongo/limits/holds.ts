import type { ClientSession, Collection } from 'mongodb';
import { changesOf, isOpen, type HoldState } from '../../../decisions/limits/hold-state.js';
import type { Hold, HoldResult } from '../../../decisions/ports.js';
import type { Connection } from '../connection.js';
import { duplicatesOf } from '../errors.js';
import { Gathered } from '../gathered.js';
import { COLLECTIONS } from '../indexes.js';
import { holdStateOf, newHolds, refusal, wants } from './documents.js';
import type { CounterDocument, HoldsDocument } from './documents.js';

/** A document that takes the place of its version `v`, and by how much what counts changes with it, by counter. */
interface Change {
  readonly v: number;
  readonly to: HoldsDocument;
  readonly counted: ReturnType<typeof changesOf>;
}

/**
 * What decisions hold, one document for each. What changes the counters after a reservation changes this document and
 * them in one transaction: reports that give back, lapses, and the rare ones that take room again. No reservation needs
 * one unless its decision had lapsed before.
 */
export class LimitHolds {
  readonly #connection: Connection;
  readonly #holds: Collection<HoldsDocument>;
  readonly #counters: Collection<CounterDocument>;
  readonly #added = new Gathered((documents: readonly HoldsDocument[]) => this.#add(documents));

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#holds = connection.collection(COLLECTIONS.holds);
    this.#counters = connection.collection(COLLECTIONS.counters);
  }

  find(decision: string): Promise<HoldsDocument | null> {
    return this.#connection.run(() => this.#holds.findOne({ _id: decision }));
  }

  /** Keeps a document where there is none; false when there is one. */
  add(document: HoldsDocument): Promise<boolean> {
    return this.#added.do(document);
  }

  /** Reserves again for a decision whose holds had lapsed; undefined when its document has changed meanwhile. */
  async reserveAgain(
    lapsed: HoldsDocument,
    holds: readonly Hold[],
    expiresAt: number,
  ): Promise<HoldResult | undefined> {
    const wanted = wants(holds, expiresAt);
    return await this.#inOne(async (session) => {
      const used = new Map<string, number>();
      const usedOf = async (counter: string): Promise<number> => {
        const found = await this.#counters.findOne({ _id: counter }, { session });
        return found?.total ?? 0;
      };
      for (const { counter } of wanted) used.set(counter, await usedOf(counter));
      const reserved = wanted.every(({ counter, atMost }) => (used.get(counter) ?? 0) <= atMost);
      const answer = reserved
        ? { reserved, used: holds.map(({ counter }) => used.get(counter) ?? 0) }
        : await refusal(holds, async (counter) => used.get(counter) ?? 0);
      const held = wanted.map(({ counter, amount }) => ({ c: counter, a: amount, r: 0 }));
      for (const { counter, amount, forgetAt } of reserved ? wanted : []) {
        await this.#counters.updateOne(
          { _id: counter },
          { $inc: { total: amount }, $max: { f: forgetAt }, $setOnInsert: { p: [] } },
          { session, upsert: true },
        );
      }
      const document = newHolds(lapsed._id, holds, expiresAt, answer, held, []);
      const next = { ...document, v: lapsed.v + 1, m: lapsed.m };
      return (await this.#replace([{ v: lapsed.v, to: next }], session)) ? answer : undefined;
    });
  }

  /**
   * Changes what is known of decisions' holds, and the counters with it, in one transaction; of how many that changed what
   * counts.
   */
  async change(decisions: readonly string[], next: (state: HoldState) => HoldState): Promise<number> {
    if (decisions.length === 0) return 0;
    const wanted = { _id: { $in: [...decisions] }, refused: false };
    for (;;) {
      const found = await this.#connection.run(() => this.#holds.find(wanted).toArray());
      const changes = found.flatMap((document): Change[] => {
        const before = holdStateOf(document);
        const after = next(before);
        if (after === before) return [];
        return [{ v: document.v, to: changedDocument(document, after), counted: changesOf(before, after) }];
      });
      if (changes.length === 0) return 0;
      const counting = changes.filter(({ counted }) => counted.length > 0).length;
      const done =
        counting === 0
          ? await this.#connection.run(() => this.#replace(changes))
          : await this.#inOne((session) => this.#both(changes, session));
      if (done === true) return counting;
    }
  }

  /** Up to `limit` decisions, and refusals, whose time has run out. */
  due(now: number, limit: number): Promise<{ readonly _id: string; readonly refused: boolean }[]> {
    return this.#connection.run(() =>
      this.#holds
        .find({ e: { $lte: now } }, { projection: { refused: 1 } })
        .sort({ e: 1 })
        .limit(limit)
        .toArray(),
    );
  }

  async forgetRefusals(decisions: readonly string[]): Promise<void> {
    if (decisions.length === 0) return;
    await this.#connection.run(() => this.#holds.deleteMany({ _id: { $in: [...decisions] }, refused: true }));
  }

  /** Forgets up to `limit` documents whose time has come; returns how many. */
  async forget(now: number, limit: number): Promise<number> {
    const old = { f: { $lte: now } };
    const found = await this.#connection.run(() =>
      this.#holds
        .find(old, { projection: { _id: 1 } })
        .limit(limit)
        .toArray(),
    );
    if (found.length === 0) return 0;
    const ids = found.map(({ _id }) => _id);
    await this.#connection.run(() => this.#holds.deleteMany({ _id: { $in: ids }, ...old }));
    return found.length;
  }

  #add(documents: readonly HoldsDocument[]): Promise<readonly boolean[]> {
    return this.#connection.run(async () => {
      try {
        await this.#holds.insertMany([...documents], { ordered: false });
        return documents.map(() => true);
      } catch (error) {
        const duplicates = duplicatesOf(error, documents.length);
        if (duplicates === undefined) throw error;
        return documents.map((_, index) => !duplicates.has(index));
      }
    });
  }

  /** The counters in the order of their names, then the documents; undefined when one has changed meanwhile. */
  async #both(changes: readonly Change[], session: ClientSession): Promise<true | undefined> {
    const sums = new Map<string, number>();
    for (const { counted } of changes)
      for (const { counter, by } of counted) sums.set(counter, (sums.get(counter) ?? 0) + by);
    const updates = [...sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([_id, total]) => ({ updateOne: { filter: { _id }, update: { $inc: { total } } } }));
    await this.#counters.bulkWrite(updates, { session });
    return (await this.#replace(changes, session)) ? true : undefined;
  }

  /** Keeps documents in place of those of the versions known; false when one has changed. */
  async #replace(changes: readonly Pick<Change, 'v' | 'to'>[], session?: ClientSession): Promise<boolean> {
    const replacements = changes.map(({ v, to }) => ({
      replaceOne: { filter: { _id: to._id, v }, replacement: to },
    }));
    const { matchedCount } = await this.#holds.bulkWrite(replacements, session ? { session } : {});
    return matchedCount === changes.length;
  }

  /** Runs work in one transaction, again when others are in its way; undefined undoes all of it. */
  #inOne<T>(work: (session: ClientSession) => Promise<T | undefined>): Promise<T | undefined> {
    return this.#connection.run(() =>
      this.#connection.client.withSession((session) =>
        session.withTransaction(async () => {
          const result = await work(session);
          if (result === undefined) await session.abortTransaction();
          return result;
        }),
      ),
    );
  }
}

function changedDocument(found: HoldsDocument, state: HoldState): HoldsDocument {
  const { madeAt, cancelledAt, failed, lapsed, refunds } = state;
  const { e: _waits, made: _made, cancelled: _cancelled, ...rest } = found;
  const refunded = new Map(state.holds.map((held) => [held.counter, held.refunded]));
  return {
    ...rest,
    v: found.v + 1,
    h: found.h.map((held) => ({ ...held, r: refunded.get(held.c) ?? held.r })),
    failed,
    lapsed,
    refunds,
    ...(isOpen(state) ? { e: found.x } : {}),
    ...(madeAt === undefined ? {} : { made: madeAt }),
    ...(cancelledAt === undefined ? {} : { cancelled: cancelledAt }),
  };
}
