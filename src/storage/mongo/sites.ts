import type { Collection, Filter, OptionalUnlessRequiredId, WithoutId } from 'mongodb';
import type { Merchant, Site, SiteStore } from '../../sites/site-store.js';
import type { Connection } from './connection.js';
import { isDuplicateKey } from './errors.js';
import { COLLECTIONS } from './indexes.js';

interface Revised {
  readonly _id: string;
  readonly revision: number;
}
type Stored<T> = Omit<T, 'id'> & Revised;

/** Sites and merchants on MongoDB, one document each. */
export class MongoSites implements SiteStore {
  readonly #connection: Connection;
  readonly #sites: Collection<Stored<Site>>;
  readonly #merchants: Collection<Stored<Merchant>>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sites = connection.collection(COLLECTIONS.sites);
    this.#merchants = connection.collection(COLLECTIONS.merchants);
  }

  putSite({ id, ...rest }: Site): Promise<'stored' | 'stale'> {
    return this.#connection.run(() => put(this.#sites, id, rest));
  }

  putMerchant({ id, ...rest }: Merchant): Promise<'stored' | 'stale'> {
    return this.#connection.run(() => put(this.#merchants, id, rest));
  }

  async sites(): Promise<readonly Site[]> {
    const found = await this.#connection.run(() => this.#sites.find().sort({ _id: 1 }).toArray());
    return found.map(({ _id, ...rest }) => ({ id: _id, ...rest }) as Site);
  }

  async merchants(): Promise<readonly Merchant[]> {
    const found = await this.#connection.run(() => this.#merchants.find().sort({ _id: 1 }).toArray());
    return found.map(({ _id, ...rest }) => ({ id: _id, ...rest }) as Merchant);
  }
}

/** Stores with the next revision, if the stored one is the one handed in. */
async function put<T extends Revised>(
  collection: Collection<T>,
  id: string,
  rest: Omit<T, '_id'> & { readonly revision: number },
): Promise<'stored' | 'stale'> {
  const next = { ...rest, revision: rest.revision + 1 };
  if (rest.revision === 0) {
    try {
      await collection.insertOne({ _id: id, ...next } as unknown as OptionalUnlessRequiredId<T>);
      return 'stored';
    } catch (error) {
      if (isDuplicateKey(error)) return 'stale';
      throw error;
    }
  }
  const filter = { _id: id, revision: rest.revision } as unknown as Filter<T>;
  const { matchedCount } = await collection.replaceOne(filter, next as unknown as WithoutId<T>);
  return matchedCount === 1 ? 'stored' : 'stale';
}
