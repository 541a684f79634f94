import type { Collection } from 'mongodb';
import type { Connection } from '../connection.js';
import { duplicatesOf } from '../errors.js';
import { Gathered } from '../gathered.js';
import { COLLECTIONS } from '../indexes.js';
import type { HoldsDocument } from './documents.js';

/** A document that takes the place of its version `v`. */
export interface Replacement {
  readonly v: number;
  readonly to: HoldsDocument;
}

/** What decisions hold, one document for each. A change is made only to the version that was read. */
export class LimitHolds {
  readonly #connection: Connection;
  readonly #holds: Collection<HoldsDocument>;
  readonly #added = new Gathered((documents: readonly HoldsDocument[]) => this.#add(documents));

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#holds = connection.collection(COLLECTIONS.holds);
  }

  find(decision: string): Promise<HoldsDocument | null> {
    return this.#connection.run(() => this.#holds.findOne({ _id: decision }));
  }

  /**
   * Those there are, by decision. What is not found is asked for once more: a new primary may for a moment not know of what
   * was confirmed by the one before.
   */
  async findAll(decisions: readonly string[]): Promise<ReadonlyMap<string, HoldsDocument>> {
    const wanted = [...new Set(decisions)];
    const first = await this.#connection.run(() => this.#holds.find({ _id: { $in: wanted } }).toArray());
    const found = new Map(first.map((document) => [document._id, document]));
    const missing = wanted.filter((decision) => !found.has(decision));
    for (const document of await Promise.all(missing.map((decision) => this.#confirmed(decision))))
      if (document) found.set(document._id, document);
    return found;
  }

  #confirmed(decision: string): Promise<HoldsDocument | null> {
    const options = { readConcern: { level: 'linearizable' as const } };
    return this.#connection.run(() => this.#holds.findOne({ _id: decision }, options));
  }

  /** Keeps a document where there is none; false when there is one. */
  add(document: HoldsDocument): Promise<boolean> {
    return this.#added.do(document);
  }

  /** Keeps documents in place of those versions; false when one of them had changed, and stays as it is. */
  async replace(replacements: readonly Replacement[]): Promise<boolean> {
    const writes = replacements.map(({ v, to }) => ({
      replaceOne: { filter: { _id: to._id, v }, replacement: to },
    }));
    const { matchedCount } = await this.#connection.run(() =>
      this.#holds.bulkWrite(writes, { ordered: false }),
    );
    return matchedCount === replacements.length;
  }

  /** Whoever is about to replace this version has to read the document again. */
  async outdate(decision: string, version: number): Promise<void> {
    await this.#connection.run(() =>
      this.#holds.updateOne({ _id: decision, v: version }, { $inc: { v: 1 } }),
    );
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
}
