import type { Collection } from 'mongodb';
import type { KeyLogEntry, KeyStore, KeyUse } from '../../identity/key-store.js';
import type { Connection } from './connection.js';
import { isDuplicateKey } from './errors.js';
import { COLLECTIONS } from './indexes.js';

/** One entry; `_id` is its number, which the database lets only one have. */
interface EntryDocument {
  readonly _id: number;
  readonly json: string;
}

interface UseDocument {
  readonly _id: string;
  readonly at: number;
}

/** The log of keys on MongoDB. An entry follows on one that a majority has, so that none comes into view before another. */
export class MongoKeys implements KeyStore {
  readonly #connection: Connection;
  readonly #entries: Collection<EntryDocument>;
  readonly #uses: Collection<UseDocument>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#entries = connection.collection(COLLECTIONS.keyLog);
    this.#uses = connection.collection(COLLECTIONS.keyUses);
  }

  async append(entry: KeyLogEntry): Promise<'stored' | 'stale'> {
    const [latest] = await this.#connection.run(() =>
      this.#entries
        .find({}, { projection: { _id: 1 } })
        .sort({ _id: -1 })
        .limit(1)
        .toArray(),
    );
    if ((latest?._id ?? 0) !== entry.no - 1) return 'stale';
    return await this.#connection.run(async () => {
      try {
        await this.#entries.insertOne({ _id: entry.no, json: JSON.stringify(entry) });
        return 'stored';
      } catch (error) {
        if (isDuplicateKey(error)) return 'stale';
        throw error;
      }
    });
  }

  async log(after: number, size: number): Promise<readonly KeyLogEntry[]> {
    const found = await this.#connection.run(() =>
      this.#entries
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(size)
        .toArray(),
    );
    return found.map(({ json }) => JSON.parse(json) as KeyLogEntry);
  }

  async used(uses: readonly KeyUse[]): Promise<void> {
    if (uses.length === 0) return;
    const operations = uses.map(({ id, at }) => ({
      updateOne: { filter: { _id: id }, update: { $max: { at } }, upsert: true },
    }));
    await this.#connection.run(() => this.#uses.bulkWrite(operations, { ordered: false }));
  }

  async uses(): Promise<readonly KeyUse[]> {
    const found = await this.#connection.run(() => this.#uses.find().toArray());
    return found.map(({ _id, at }) => ({ id: _id, at }));
  }
}
