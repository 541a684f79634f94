import type { Collection, ObjectId } from 'mongodb';
import { TollgateError } from '../../errors/errors.js';
import { storeUnavailable } from '../../errors/store-unavailable.js';
import type { ListEntry, ListUpdate } from '../../facts/list-store.js';
import type { Connection } from './connection.js';
import { entryOf, holding, membership } from './list-view.js';
import type { ListDocument, ListView, MembershipDocument } from './list-view.js';
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
}

/** Counts of a change under way. */
export interface ListCounts {
  added: number;
  removed: number;
  unchanged: number;
  /** Memberships ended, whether removed or followed by another. */
  ended: number;
}

/** The one writer of a list: writes memberships under a number of its own, which take effect by `commit`. */
export class ListWriter {
  readonly counts: ListCounts = { added: 0, removed: 0, unchanged: 0, ended: 0 };
  readonly view: ListView;
  readonly revision: number;
  readonly now: number;
  /** It left marks that stay: its number must not be given out again. */
  marked = false;
  readonly #on: ListCollections;
  readonly #token: string;

  private constructor(on: ListCollections, list: ListDocument, token: string, now: number) {
    this.#on = on;
    this.#token = token;
    this.view = { list: list._id, revision: list.revision, void: list.void };
    this.revision = list.next;
    this.now = now;
  }

  /** Runs a change of a list and makes it visible at once, or not at all. */
  static async change(
    on: ListCollections,
    list: string,
    now: number,
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

  static async #open(on: ListCollections, list: string, now: number): Promise<ListWriter> {
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
        throw new TollgateError('STALE_ETAG', `list ${list} is being changed by someone else; try again`);
      await new Promise<void>((resolve) => on.world.timers.after(PAUSE_MS, resolve));
    }
  }

  /** Memberships in force now, by value. */
  async inForce(values: readonly string[]): Promise<ReadonlyMap<string, readonly MembershipDocument[]>> {
    const filter = { ...holding(this.view, this.now), v: { $in: values } };
    const found = await this.#on.connection.run(() =>
      this.#on.memberships.find(filter).sort({ v: 1, r: 1 }).toArray(),
    );
    const byValue = new Map<string, MembershipDocument[]>();
    for (const one of found) byValue.set(one.v, [...(byValue.get(one.v) ?? []), one]);
    return byValue;
  }

  /** Adds memberships, values differing; those in force with another end are ended. */
  async add(entries: readonly ListEntry[]): Promise<readonly MembershipDocument[]> {
    const inForce = await this.inForce(entries.map(({ value }) => value));
    const ended: ObjectId[] = [];
    const unchanged: MembershipDocument[] = [];
    const added: MembershipDocument[] = [];
    for (const entry of entries) {
      const old = inForce.get(entry.value) ?? [];
      const same = old.filter((one) => entryOf(one, this.view).validUntil === entry.validUntil);
      if (same.length > 0) {
        unchanged.push(...same);
        continue;
      }
      ended.push(...old.flatMap(({ _id }) => _id ?? []));
      added.push(membership(entry, this.view.list, this.revision, this.now));
    }
    await this.insert(added);
    await this.end(ended);
    this.counts.unchanged += unchanged.length;
    return unchanged;
  }

  async insert(added: readonly MembershipDocument[]): Promise<void> {
    if (added.length === 0) return;
    await this.#on.connection.run(() => this.#on.memberships.insertMany(added, { ordered: false }));
    this.counts.added += added.length;
  }

  /** Ends memberships now. */
  async end(ids: readonly ObjectId[]): Promise<void> {
    if (ids.length === 0) return;
    const change = { $set: { er: this.revision, eu: this.now } };
    await this.#on.connection.run(() =>
      this.#on.memberships.updateMany({ list: this.view.list, _id: { $in: ids } }, change),
    );
    this.counts.ended += ids.length;
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
    const { matchedCount } = await this.#on.connection.run(() =>
      this.#on.lists.updateOne(this.#mine(), {
        $set: { revision: this.revision },
        $inc: { open: this.counts.added - this.counts.ended },
        $unset: { writer: '' },
      }),
    );
    if (matchedCount === 0) throw storeUnavailable(`the change of list ${this.view.list} took too long`);
  }

  /** Takes back everything that was written, then gives up the place and the number. */
  async #discard(): Promise<void> {
    const { list } = this.view;
    const mine = { list, r: this.revision };
    const { memberships, lists, connection } = this.#on;
    if (this.counts.added > 0) await connection.run(() => memberships.deleteMany(mine), 60_000);
    if (this.counts.ended > 0)
      await connection.run(
        () => memberships.updateMany({ list, er: this.revision }, { $unset: { er: '', eu: '' } }),
        60_000,
      );
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
