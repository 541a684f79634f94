import type { Collection } from 'mongodb';
import { TollgateError } from '../../errors/errors.js';
import type { ListChange, ListEntry, ListInfo, ListStore, ListUpdate } from '../../facts/list-store.js';
import type { Connection } from './connection.js';
import { isDuplicateKey } from './errors.js';
import { COLLECTIONS } from './indexes.js';
import { changesAfter } from './list-changes.js';
import { importEntries } from './list-import.js';
import type { ImportOptions } from './list-import.js';
import { entryOf, holding } from './list-view.js';
import type { ListDocument, ListView, MembershipDocument } from './list-view.js';
import { ListWriter } from './list-writer.js';
import type { ListCollections } from './list-writer.js';
import type { ResolvedOptions } from './options.js';

/** Values in one question or change to the server at most. */
const CHUNK = 1_000;

/** Lists on MongoDB. */
export class MongoLists implements ListStore {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #lists: Collection<ListDocument>;
  readonly #memberships: Collection<MembershipDocument>;

  constructor(connection: Connection, { world }: ResolvedOptions) {
    this.#connection = connection;
    this.#world = world;
    this.#lists = connection.collection(COLLECTIONS.lists);
    this.#memberships = connection.collection(COLLECTIONS.memberships);
  }

  async create(list: Omit<ListInfo, 'entries' | 'revision'>): Promise<'created' | 'exists'> {
    const { id, type, kind, description, owner } = list;
    const document = { _id: id, type, kind, description, owner, revision: 0, next: 0, void: [], open: 0 };
    return await this.#connection.run(async () => {
      try {
        await this.#lists.insertOne(document);
        return 'created';
      } catch (error) {
        if (isDuplicateKey(error)) return 'exists';
        throw error;
      }
    });
  }

  async lists(): Promise<readonly ListInfo[]> {
    const found = await this.#connection.run(() => this.#lists.find().sort({ _id: 1 }).toArray());
    const now = this.#world.clock.now();
    const idle = await Promise.all(found.map((list) => this.#openButNotInForce(viewOf(list), now)));
    return found.map(({ _id, type, kind, description, owner, open, revision }, index) => {
      const entries = open - (idle[index] ?? 0);
      return { id: _id, type, kind, description, owner, entries, revision };
    });
  }

  async add(list: string, entries: readonly ListEntry[], now: number): Promise<ListUpdate> {
    const byValue = new Map(entries.map((entry) => [entry.value, entry]));
    return await ListWriter.change(this.#collections, list, now, async (writer) => {
      for (const chunk of chunks([...byValue.values()])) {
        await writer.renew();
        await writer.add(chunk);
      }
      return 'commit';
    });
  }

  async remove(list: string, values: readonly string[], now: number): Promise<ListUpdate> {
    return await ListWriter.change(this.#collections, list, now, async (writer) => {
      for (const chunk of chunks([...new Set(values)])) {
        await writer.renew();
        const standing = [...(await writer.standing(chunk)).values()];
        const held = standing.flat().filter(({ from }) => from <= now);
        await writer.end(held);
        const removed = new Set(held.map(({ v }) => v)).size;
        writer.counts.removed += removed;
        writer.counts.unchanged += chunk.length - removed;
      }
      return 'commit';
    });
  }

  async check(list: string, values: readonly string[], asOf: number): Promise<readonly ListEntry[]> {
    const view = await this.#view(list);
    const found = new Map<string, ListEntry[]>();
    for (const chunk of chunks([...new Set(values)])) {
      const filter = { ...holding(view, asOf), v: { $in: chunk } };
      const part = await this.#connection.run(() => this.#memberships.find(filter).sort({ r: 1 }).toArray());
      for (const one of part) found.set(one.v, [...(found.get(one.v) ?? []), entryOf(one, view)]);
    }
    return values.flatMap((value) => found.get(value) ?? []);
  }

  async entries(
    list: string,
    asOf: number,
    limit: number,
    after: string | undefined,
  ): Promise<readonly ListEntry[]> {
    const view = await this.#view(list);
    const place = after === undefined ? {} : { v: { $gt: after } };
    const found = await this.#connection.run(() =>
      this.#memberships
        .find({ ...holding(view, asOf), ...place })
        .sort({ v: 1, r: 1 })
        .limit(limit)
        .toArray(),
    );
    return found.map((one) => entryOf(one, view));
  }

  import(
    list: string,
    batches: AsyncIterable<readonly ListEntry[]>,
    options: ImportOptions,
  ): Promise<ListUpdate> {
    return importEntries(this.#collections, list, batches, options);
  }

  async *changes(list: string, afterRevision: number): AsyncIterable<readonly ListChange[]> {
    yield* changesAfter(this.#collections, await this.#view(list), afterRevision);
  }

  get #collections(): ListCollections {
    return {
      connection: this.#connection,
      world: this.#world,
      lists: this.#lists,
      memberships: this.#memberships,
    };
  }

  async #view(list: string): Promise<ListView> {
    const found = await this.#connection.run(() => this.#lists.findOne({ _id: list }));
    if (!found) throw new TollgateError('LIST_NOT_FOUND', `no list ${list}`);
    return viewOf(found);
  }

  /** Memberships that nobody ended but that have run out by themselves or begin later. */
  async #openButNotInForce(view: ListView, now: number): Promise<number> {
    const { list, revision } = view;
    const open = { list, r: { $lte: revision, $nin: view.void }, er: { $not: { $lte: revision } } };
    const [over, later] = await Promise.all([
      this.#connection.run(() => this.#memberships.countDocuments({ ...open, until: { $lte: now } })),
      this.#connection.run(() =>
        this.#memberships.countDocuments({
          ...open,
          later: true,
          from: { $gt: now },
          until: { $not: { $lte: now } },
        }),
      ),
    ]);
    return over + later;
  }
}

function viewOf({ _id, revision, void: voided }: ListDocument): ListView {
  return { list: _id, revision, void: voided };
}

function* chunks<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
}
