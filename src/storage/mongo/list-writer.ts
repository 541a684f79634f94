import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import { TollgateError } from '../../errors/errors.js';
import { storeUnavailable } from '../../errors/store-unavailable.js';
import type { ListEntry, ListUpdate } from '../../facts/list-store.js';
import { byValue, placeEntries } from '../../facts/list-timeline.js';
import type { Ending, Interval } from '../../facts/list-timeline.js';
import type { Connection } from './connection.js';
import { entryOf, lastEnd, membership, reaching } from './list-view.js';
import type {
  EndDocument,
  ListChangeDocument,
  ListDocument,
  ListView,
  MembershipDocument,
} from './list-view.js';
import { ENDS_INDEX } from './indexes.js';
import type { ResolvedOptions } from './options.js';

/** A writer that has not been heard of for this long has lost its place, ms of the server's clock. */
const LEASE_MS = 20_000;
/** How long to wait for another writer, ms. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 20;

/** What the writers of lists work on. */
export interface ListCollections {
  readonly connection: Connection;
  readonly world: ResolvedOptions['world'];
  readonly lists: Collection<ListDocument>;
  readonly memberships: Collection<MembershipDocument>;
  readonly changes: Collection<ListChangeDocument>;
}

/** Counts of a change under way. */
export interface ListCounts {
  added: number;
  removed: number;
  unchanged: number;
  /** Ends written. */
  ended: number;
  /** Memberships whose end was moved for the first time: no longer open. */
  closed: number;
}

/** A membership as the writer sees it, its own work included. */
export interface Standing extends Interval {
  readonly value: string;
  readonly document: MembershipDocument;
}

/** The one writer of a list: writes memberships under a number of its own, which take effect by `commit`. */
export class ListWriter {
  readonly counts: ListCounts = { added: 0, removed: 0, unchanged: 0, ended: 0, closed: 0 };
  /** What is in force. */
  readonly view: ListView;
  /** What will be: with the writer's own work. */
  readonly ownView: ListView;
  readonly revision: number;
  readonly now: () => number;
  /** It left marks that stay: its number must not be given out again. */
  marked = false;
  readonly #on: ListCollections;
  readonly #token: string;
  readonly #lastAt: number;

  private constructor(on: ListCollections, list: ListDocument, token: string, now: () => number) {
    this.#on = on;
    this.#token = token;
    this.view = { list: list._id, revision: list.revision, void: list.void };
    this.revision = list.next;
    this.ownView = { ...this.view, revision: list.next };
    this.#lastAt = list.at ?? 0;
    this.now = now;
  }

  /** Runs a change of a list and makes it visible at once, or not at all. */
  static async change(
    on: ListCollections,
    list: string,
    now: () => number,
    work: (writer: ListWriter) => Promise<'commit' | 'discard'>,
  ): Promise<ListUpdate> {
    const writer = await ListWriter.#open(on, list, now);
    const { counts } = writer;
    let revision = writer.view.revision;
    try {
      const end = await work(writer);
      if (end === 'commit' && (counts.added > 0 || counts.ended > 0)) {
        await writer.#commit();
        revision = writer.revision;
      } else await writer.#discard();
    } catch (error) {
      await writer.#fail().catch(() => undefined);
      throw error;
    }
    return { added: counts.added, removed: counts.removed, unchanged: counts.unchanged, revision };
  }

  static async #open(on: ListCollections, list: string, now: () => number): Promise<ListWriter> {
    const token = Buffer.from(on.world.randomBytes(12)).toString('hex');
    const patience = on.world.clock.monotonicUs() + PATIENCE_MS * 1000;
    /** Numbers given out and never reached belong to writers that failed without a word. */
    const lost = { $range: [{ $add: ['$revision', 1] }, { $add: ['$next', 1] }] };
    const filter = {
      _id: list,
      $or: [{ writer: { $exists: false } }, { $expr: { $lt: ['$writer.until', '$$NOW'] } }],
    };
    const change = {
      void: { $setUnion: ['$void', lost] },
      next: { $add: ['$next', 1] },
      writer: { token, until: { $add: ['$$NOW', LEASE_MS] } },
    };
    for (;;) {
      const opened = await on.connection.run(() =>
        on.lists.findOneAndUpdate(filter, [{ $set: change }], { returnDocument: 'after' }),
      );
      if (opened) return new ListWriter(on, opened, token, now);
      const there = await on.connection.run(() =>
        on.lists.findOne({ _id: list }, { projection: { _id: 1 } }),
      );
      if (!there) throw new TollgateError('LIST_NOT_FOUND', `no list ${list}`);
      if (on.world.clock.monotonicUs() >= patience)
        throw new TollgateError('LIST_BUSY', `another change of list ${list} is under way; try again`);
      await new Promise<void>((resolve) => on.world.timers.after(PAUSE_MS, resolve));
    }
  }

  /** Memberships that reach beyond a moment, begun or not, by value, with what the writer did itself. */
  async standing(
    values: readonly string[],
    moment: number,
  ): Promise<ReadonlyMap<string, readonly Standing[]>> {
    const filter = { ...reaching(this.ownView, moment), v: { $in: values } };
    const found = await this.#on.connection.run(() => this.#on.memberships.find(filter).toArray());
    return byValue(found.map((document) => this.#asStanding(document)));
  }

  #asStanding(document: MembershipDocument): Standing {
    const { value, validFrom, validUntil } = entryOf(document, this.ownView);
    return { value, validFrom, validUntil, document };
  }

  /** Puts entries in their places, in this order. Returns what they found as they want it. */
  async add(entries: readonly ListEntry[]): Promise<readonly Standing[]> {
    const groups = byValue(entries);
    const now = this.now();
    const earliest = entries.reduce((first, { validFrom }) => Math.min(first, validFrom), Infinity);
    const standing = await this.standing([...groups.keys()], earliest);
    const added: ListEntry[] = [];
    const ended: Ending<Standing>[] = [];
    const kept: Standing[] = [];
    const unchanged: Standing[] = [];
    for (const [value, same] of groups) {
      const placed = placeEntries(standing.get(value) ?? [], same, now);
      added.push(...placed.added);
      ended.push(...placed.ended);
      kept.push(...placed.kept);
      unchanged.push(...placed.unchanged);
    }
    await this.end(ended);
    await this.#insert(added);
    this.counts.unchanged += unchanged.filter(({ document }) => !this.isOfChange(document)).length;
    return kept;
  }

  /** Whether the change has made the membership, or has found it as it wants it. */
  isOfChange({ r, kept }: MembershipDocument): boolean {
    return r === this.revision || kept === this.revision;
  }

  async #insert(added: readonly ListEntry[]): Promise<void> {
    if (added.length === 0) return;
    const now = this.now();
    const documents = added.map((entry) => membership(entry, this.view.list, this.revision, now));
    await this.#on.connection.run(() => this.#on.memberships.insertMany(documents, { ordered: false }));
    this.counts.added += added.length;
  }

  /** Ends memberships. What the change made itself was never seen: it is made otherwise, or taken back. */
  async end(endings: readonly Ending<Standing>[]): Promise<void> {
    if (endings.length === 0) return;
    const operations = endings.map((ending) => this.#ending(ending));
    await this.#on.connection.run(() => this.#on.memberships.bulkWrite(operations, { ordered: false }));
  }

  #ending({
    membership: { document, validFrom },
    at,
    by,
  }: Ending<Standing>): AnyBulkWriteOperation<MembershipDocument> {
    const { _id, r, kept } = document;
    const filter = { list: this.view.list, ...(_id === undefined ? {} : { _id }) };
    const never = at <= validFrom;
    if (r === this.revision) {
      if (!never) return { updateOne: { filter, update: { $set: { until: at } } } };
      this.counts.added -= 1;
      return { deleteOne: { filter } };
    }
    if (kept === this.revision) this.counts.unchanged -= 1;
    if (lastEnd(document, this.ownView) === undefined) this.counts.closed += 1;
    this.counts.ended += 1;
    const end: EndDocument = { r: this.revision, u: at, ...by, ...(never ? { never } : {}) };
    return { updateOne: { filter, update: { $push: { ends: end } } } };
  }

  /** Keeps the place; throws when it is lost. */
  async renew(): Promise<void> {
    const until = { $add: ['$$NOW', LEASE_MS] };
    const { matchedCount } = await this.#on.connection.run(() =>
      this.#on.lists.updateOne(this.#mine(), [{ $set: { 'writer.until': until } }]),
    );
    if (matchedCount === 0) throw storeUnavailable(`the change of list ${this.view.list} took too long`);
  }

  #mine(): { readonly _id: string; readonly 'writer.token': string } {
    return { _id: this.view.list, 'writer.token': this.#token };
  }

  async #commit(): Promise<void> {
    const { revision } = this;
    const { list } = this.view;
    const { connection, changes, lists } = this.#on;
    const at = Math.max(this.now(), this.#lastAt);
    const id = `${list}/${String(revision)}`;
    await connection.run(() => changes.replaceOne({ _id: id }, { list, r: revision, at }, { upsert: true }));
    const { matchedCount } = await connection.run(() =>
      lists.updateOne(this.#mine(), {
        $set: { revision, at },
        $inc: { open: this.counts.added - this.counts.closed },
        $unset: { writer: '' },
      }),
    );
    if (matchedCount === 0) throw storeUnavailable(`the change of list ${list} took too long`);
  }

  /** Takes back everything that was written, then gives up the place and the number. */
  async #discard(): Promise<void> {
    const { list } = this.view;
    const mine = { list, r: this.revision };
    const { memberships, lists, connection } = this.#on;
    if (this.counts.added > 0) await connection.run(() => memberships.deleteMany(mine), 60_000);
    if (this.counts.ended > 0) {
      const ended = { list, ends: { $exists: true, $elemMatch: { r: this.revision } } };
      const back = { $pull: { ends: { r: this.revision } } };
      await connection.run(() => memberships.updateMany(ended, back, { hint: ENDS_INDEX }), 60_000);
    }
    const back = {
      $set: { next: this.marked ? this.revision : this.revision - 1 },
      $unset: { writer: '' as const },
    };
    await connection.run(() => lists.updateOne(this.#mine(), back));
  }

  /** Gives up the place. The number is void: something may still be on its way. */
  async #fail(): Promise<void> {
    await this.#on.connection.run(() =>
      this.#on.lists.updateOne(this.#mine(), {
        $addToSet: { void: this.revision },
        $unset: { writer: '' },
      }),
    );
  }
}
