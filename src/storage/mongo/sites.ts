import type { Collection } from 'mongodb';
import type { Kind, Kinds, SiteChange, SiteStore } from '../../sites/site-store.js';
import type { Connection } from './connection.js';
import { isDuplicateKey } from './errors.js';
import { COLLECTIONS } from './indexes.js';

/** A site or merchant; `_id` is `KIND/ID`. */
interface ItemDocument {
  readonly _id: string;
  readonly change: number;
  readonly kind: Kind;
  readonly item: Kinds[Kind];
}

/** The latest change. It is stored by being here; after that it goes to its place. */
interface HeadDocument {
  readonly _id: string;
  readonly latest: ItemDocument;
}

const HEAD = 'sites';
/** Follows '/'. */
const BEYOND_SLASH = '0';

/**
 * Sites and merchants on MongoDB, one document each.
 *
 * Changes come into view in their order, as followers need it: a change takes its number by becoming the head's latest,
 * and is put in its place before another may. Where whoever made it stopped in between, the next to look does so.
 */
export class MongoSites implements SiteStore {
  readonly #connection: Connection;
  readonly #items: Collection<ItemDocument>;
  readonly #heads: Collection<HeadDocument>;
  /** The highest change that is known to be in its place. */
  #placed = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#items = connection.collection(COLLECTIONS.sites);
    this.#heads = connection.collection(COLLECTIONS.meta);
  }

  async put<K extends Kind>(kind: K, item: Kinds[K]): Promise<'stored' | 'stale'> {
    const next = { ...item, revision: item.revision + 1 };
    for (;;) {
      const latest = await this.#latest();
      const _id = `${kind}/${item.id}`;
      // Nothing changes after this look without a new head, which lets ours fail. 'local' is the primary as it is now.
      const local = { readConcern: { level: 'local' } } as const;
      const now = await this.#connection.run(() => this.#items.findOne({ _id }, local));
      if ((now?.item.revision ?? 0) !== item.revision) return 'stale';
      const change = { _id, change: latest + 1, kind, item: next };
      if (!(await this.#become(change))) continue;
      await this.#place(change);
      return 'stored';
    }
  }

  async get<K extends Kind>(kind: K, id: string): Promise<Kinds[K] | undefined> {
    const found = await this.#connection.run(() => this.#items.findOne({ _id: `${kind}/${id}` }));
    return found?.item as Kinds[K] | undefined;
  }

  async page<K extends Kind>(kind: K, after: string, size: number): Promise<readonly Kinds[K][]> {
    const range = { $gt: `${kind}/${after}`, $lt: `${kind}${BEYOND_SLASH}` };
    const found = await this.#connection.run(() =>
      this.#items.find({ _id: range }).sort({ _id: 1 }).limit(size).toArray(),
    );
    return found.map(({ item }) => item as Kinds[K]);
  }

  async changes(after: number, size: number): Promise<readonly SiteChange[]> {
    if ((await this.#latest()) <= after) return [];
    const found = await this.#connection.run(() =>
      this.#items
        .find({ change: { $gt: after } })
        .sort({ change: 1 })
        .limit(size)
        .toArray(),
    );
    return found.map(({ kind, change, item }) => ({ kind, change, item }) as SiteChange);
  }

  /** The number of the latest change, which is in its place then. */
  async #latest(): Promise<number> {
    const head = await this.#connection.run(() => this.#heads.findOne({ _id: HEAD }));
    if (head === null) return 0;
    await this.#place(head.latest);
    return head.latest.change;
  }

  /** Whether the change came to be the latest. */
  #become(latest: ItemDocument): Promise<boolean> {
    const before = { _id: HEAD, 'latest.change': latest.change - 1 };
    return this.#connection.run(async () => {
      try {
        const upsert = latest.change === 1;
        const { matchedCount, upsertedCount } = await this.#heads.replaceOne(before, { latest }, { upsert });
        return matchedCount + upsertedCount > 0;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }

  /** Only what is read back is known to be kept by a majority. */
  async #place(latest: ItemDocument): Promise<void> {
    const { _id, change } = latest;
    while (this.#placed < change) {
      const there = await this.#connection.run(() => this.#items.findOne({ _id, change: { $gte: change } }));
      if (there === null) await this.#connection.run(() => this.#replace(latest));
      else this.#placed = Math.max(this.#placed, change);
    }
  }

  async #replace(latest: ItemDocument): Promise<void> {
    const older = { _id: latest._id, change: { $lt: latest.change } };
    try {
      await this.#items.findOneAndReplace(older, latest, { upsert: true, projection: { _id: 1 } });
    } catch (error) {
      // Somebody else put it there, or one that came later.
      if (!isDuplicateKey(error)) throw error;
    }
  }
}
