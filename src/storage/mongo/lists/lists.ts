import type { Collection, Document } from 'mongodb';
import { TollgateError } from '../../../errors/errors.js';
import { addedBy } from '../../../facts/lists/change-note.js';
import type {
  Ender,
  EntryPlace,
  EntryQuery,
  HistoryPlace,
  ImportEntry,
  ImportOptions,
  ImportUpdate,
  ListChange,
  ListEntry,
  ListHead,
  ListInfo,
  ListSettings,
  ListStore,
  ListUpdate,
  LoggedChange,
  Membership,
  NewList,
} from '../../../facts/lists/list-store.js';
import { atOnce } from '../at-once.js';
import type { Connection } from '../connection.js';
import { isDuplicateKey } from '../errors.js';
import { COLLECTIONS } from '../indexes.js';
import { changesAfter } from './changes.js';
import { additions, chunks, removals } from './difference.js';
import { historyOf, logOf } from './history.js';
import { keepLists, keepOff } from './keep.js';
import { IMPORT_SIZES, switchTo, tell } from './import.js';
import type { ImportSizes } from './import.js';
import { StagingAreas } from './staging.js';
import { persistent } from './steps.js';
import type { Instances } from './staging.js';
import { asked, counts, entryOf, untouched, viewOf } from './view.js';
import type { ListChangeDocument, ListDocument, ListView, MembershipDocument } from './view.js';
import { ListWriter } from './writer.js';
import type { ListCollections } from './collections.js';
import type { ResolvedOptions } from '../options.js';

/** Parts of an import that are staged at once. */
const AT_ONCE = 3;

/** Lists on MongoDB. */
export class MongoLists implements ListStore {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #lists: Collection<ListDocument>;
  readonly #memberships: Collection<MembershipDocument>;
  readonly #changes: Collection<ListChangeDocument>;
  readonly #sizes: ImportSizes;
  readonly #staging: StagingAreas;

  /** `sizes`: how much of an import is held in memory and looked at in one step. */
  constructor(
    connection: Connection,
    { world }: ResolvedOptions,
    instances: Instances,
    sizes: ImportSizes = IMPORT_SIZES,
  ) {
    this.#connection = connection;
    this.#sizes = sizes;
    this.#staging = new StagingAreas(connection, instances, sizes);
    this.#world = world;
    this.#lists = connection.collection(COLLECTIONS.lists);
    this.#memberships = connection.collection(COLLECTIONS.memberships);
    this.#changes = connection.collection(COLLECTIONS.listChanges);
  }

  async create(list: NewList, by: Ender, now: number): Promise<'created' | 'exists'> {
    const { id, type, kind, description, owner } = list;
    const settings = { description, owner, settings: 0 };
    const made = { created: { at: now, ...by }, at: now };
    const document = { _id: id, type, kind, ...settings, ...made, revision: 0, next: 0, void: [], open: 0 };
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
    const found = await this.#all();
    const now = this.#world.clock.now();
    const counts = found.map(async (list) =>
      list.deleted ? 0 : list.open + (await this.#moreThanOpen(viewOf(list), now)),
    );
    const entries = await Promise.all(counts);
    return found.map((list, index) => ({ ...headOf(list), entries: entries[index] ?? 0 }));
  }

  async heads(): Promise<readonly ListHead[]> {
    return (await this.#all()).map(headOf);
  }

  #all(): Promise<ListDocument[]> {
    return this.#connection.run(() => this.#lists.find().sort({ _id: 1 }).toArray());
  }

  async update(
    list: string,
    wanted: ListSettings,
    expected: number | undefined,
    by: Ender,
    now: number,
  ): Promise<ListHead | 'stale'> {
    let stale = false;
    const note = { kind: 'updated', ...by, source: '' } as const;
    await ListWriter.change(this.#collections, list, {
      now: () => now,
      note,
      settings: async (there, { revision }) => {
        stale = expected !== undefined && expected !== there.settings;
        const { description = there.description, owner = there.owner } = wanted;
        const same = description === there.description && owner === there.owner;
        return stale || same ? undefined : { set: { description, owner, settings: revision } };
      },
    });
    return stale ? 'stale' : headOf(await this.#one(list));
  }

  async delete(list: string, by: Ender, now: number, check: () => Promise<void>): Promise<ListHead> {
    const on = this.#collections;
    const note = { kind: 'deleted', ...by, source: '' } as const;
    await keepOff(on, list, async (where) => {
      await ListWriter.change(on, list, {
        now: () => now,
        note,
        settings: async (_, { at }) => {
          await check();
          return { set: { deleted: { at, ...by } }, unset: { deleting: '' }, where };
        },
      });
    });
    return headOf(await this.#one(list));
  }

  async keep<T>(lists: readonly string[], work: () => Promise<T>): Promise<T> {
    return await keepLists(this.#collections, lists, work);
  }

  async log(list: string, limit: number, before: number | undefined): Promise<readonly LoggedChange[]> {
    return await logOf(this.#collections, await this.#one(list), limit, before);
  }

  async history(
    list: string,
    values: readonly string[],
    limit: number,
    after: HistoryPlace | undefined,
  ): Promise<readonly Membership[]> {
    return await historyOf(this.#collections, await this.#view(list), values, limit, after);
  }

  async add(list: string, entries: readonly ListEntry[], now: number): Promise<ListUpdate> {
    const on = this.#collections;
    const options = { now: () => now, note: addedBy(entries) };
    return await ListWriter.change(on, list, options, ({ view }) => additions(on, view, entries, now));
  }

  async remove(list: string, values: readonly string[], by: Ender, now: number): Promise<ListUpdate> {
    const on = this.#collections;
    const options = { now: () => now, note: { kind: 'removed', ...by, source: '' } } as const;
    return await ListWriter.change(on, list, options, ({ view }) => removals(on, view, values, by, now));
  }

  async check(list: string, values: readonly string[], query: EntryQuery): Promise<readonly ListEntry[]> {
    const view = await this.#asKnown(await this.#view(list), query);
    const found = new Map<string, ListEntry[]>();
    for (const chunk of chunks([...new Set(values)])) {
      const filter = { ...asked(view, query), v: { $in: chunk } };
      const part = await this.#connection.run(() =>
        this.#memberships.find(filter).sort({ from: 1 }).toArray(),
      );
      for (const one of part) found.set(one.v, [...(found.get(one.v) ?? []), entryOf(one, view)]);
    }
    return values.flatMap((value) => found.get(value) ?? []);
  }

  async entries(
    list: string,
    query: EntryQuery,
    limit: number,
    after: EntryPlace | undefined,
  ): Promise<readonly ListEntry[]> {
    const view = await this.#asKnown(await this.#view(list), query);
    const found = await this.#connection.run(() =>
      this.#memberships
        .find({ ...asked(view, query), ...beyond(after) })
        .sort({ v: 1, from: 1 })
        .limit(limit)
        .toArray(),
    );
    return found.map((one) => entryOf(one, view));
  }

  async import(
    list: string,
    batches: AsyncIterable<readonly ImportEntry[]>,
    options: ImportOptions,
  ): Promise<ImportUpdate> {
    const steps = persistent(this.#connection, this.#world);
    const on = { ...this.#collections, connection: steps };
    await this.#view(list);
    await this.sweep();
    const name = Buffer.from(this.#world.randomBytes(12)).toString('hex');
    return await this.#staging.use(name, steps, async (staging) => {
      await atOnce(AT_ONCE, inChunks(batches), (chunk) => staging.add(chunk));
      return options.dryRun
        ? await tell(on, await this.#view(list), staging, options, this.#sizes)
        : await switchTo(on, list, staging, options, this.#sizes);
    });
  }

  /** Removes what imports have left behind whose instances have gone. */
  async sweep(): Promise<void> {
    await this.#staging.sweep();
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
      changes: this.#changes,
    };
  }

  async #view(list: string): Promise<ListView> {
    return viewOf(await this.#one(list));
  }

  async #one(list: string): Promise<ListDocument> {
    const found = await this.#connection.run(() => this.#lists.findOne({ _id: list }));
    if (!found) throw new TollgateError('LIST_NOT_FOUND', `no list ${list}`);
    return found;
  }

  async #asKnown(view: ListView, { knownAt, revision = Infinity }: EntryQuery): Promise<ListView> {
    const asked = { ...view, revision: Math.min(view.revision, revision) };
    if (knownAt === undefined) return asked;
    const filter = { list: view.list, at: { $lte: knownAt }, r: counts(asked) };
    const last = await this.#connection.run(() => this.#changes.findOne(filter, { sort: { at: -1, r: -1 } }));
    return { ...asked, revision: last?.r ?? 0 };
  }

  /**
   * How many more are in force than are open: less those that have run out by themselves or begin later, and those whose
   * end was moved, but to a moment that is still to come.
   */
  async #moreThanOpen(view: ListView, now: number): Promise<number> {
    const reached = counts(view);
    const count = (filter: Document): Promise<number> =>
      this.#connection.run(() => this.#memberships.countDocuments(filter));
    const notOver = { $not: { $lte: now } };
    const [over, later, ending] = await Promise.all([
      count({ ...untouched(view), until: { $lte: now } }),
      count({ ...untouched(view), later: true, from: { $gt: now }, until: notOver }),
      count({
        list: view.list,
        r: reached,
        from: { $lte: now },
        until: notOver,
        ends: {
          $exists: true,
          $elemMatch: { r: reached, u: { $gt: now } },
          $not: { $elemMatch: { r: reached, u: { $lte: now } } },
        },
      }),
    ]);
    return ending - over - later;
  }
}

function headOf(document: ListDocument): ListHead {
  const { _id, type, kind, description, owner, revision, settings, deleted } = document;
  const head = { id: _id, type, kind, description, owner, revision, settings };
  return deleted === undefined ? head : { ...head, deleted };
}

/** Memberships after a place in the order of values and beginnings. */
function beyond(place: EntryPlace | undefined): Document {
  if (place === undefined) return {};
  const { value, validFrom } = place;
  return { v: { $gte: value }, $or: [{ v: { $gt: value } }, { from: { $gt: validFrom } }] };
}

async function* inChunks<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<readonly T[]> {
  for await (const batch of batches) yield* chunks(batch);
}
