import type { Collection } from 'mongodb';
import { TollgateError } from '../../errors/errors.js';
import { storeUnavailable } from '../../errors/store-unavailable.js';
import type { ListEntry, ListUpdate } from '../../facts/list-store.js';
import type { Connection } from './connection.js';
import { entryOf, membership, reaching } from './list-view.js';
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

interface Change {
  readonly added: MembershipDocument[];
  readonly ended: MembershipDocument[];
  readonly cancelled: MembershipDocument[];
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

  /** Memberships in force now or planned, by value. */
  async standing(values: readonly string[]): Promise<ReadonlyMap<string, readonly MembershipDocument[]>> {
    const filter = { ...reaching(this.view, this.now), v: { $in: values } };
    const found = await this.#on.connection.run(() =>
      this.#on.memberships.find(filter).sort({ v: 1, r: 1 }).toArray(),
    );
    const byValue = new Map<string, MembershipDocument[]>();
    for (const one of found) {
      const same = byValue.get(one.v);
      if (same) same.push(one);
      else byValue.set(one.v, [one]);
    }
    return byValue;
  }

  /**
   * Adds memberships, no value twice. What is in force with the same end, or planned with the same beginning and end,
   * stays as it is and is returned; with another end it is followed by the new one.
   */
  async add(entries: readonly ListEntry[]): Promise<readonly (readonly MembershipDocument[])[]> {
    const standing = await this.standing(entries.map(({ value }) => value));
    const change: Change = { added: [], ended: [], cancelled: [] };
    const unchanged: (readonly MembershipDocument[])[] = [];
    for (const entry of entries) {
      const same = this.#place(entry, standing.get(entry.value) ?? [], change);
      if (same.length > 0) unchanged.push(same);
    }
    await this.#insert(change.added);
    await this.end(change.ended);
    await this.#cancel(change.cancelled);
    this.counts.unchanged += unchanged.length;
    return unchanged;
  }

  #place(
    entry: ListEntry,
    standing: readonly MembershipDocument[],
    { added, ended, cancelled }: Change,
  ): readonly MembershipDocument[] {
    const { now, view } = this;
    const held = standing.filter(({ from }) => from <= now);
    const planned = standing.filter(
      (one) => one.from > now && one.from === entry.validFrom && entryOf(one, view).validUntil > one.from,
    );
    const same = [...held, ...planned].filter((one) => entryOf(one, view).validUntil === entry.validUntil);
    if (same.length > 0) return same;
    const validFrom = held.length > 0 ? Math.max(entry.validFrom, now) : entry.validFrom;
    ended.push(...held);
    cancelled.push(...planned);
    if (held.some(({ kept }) => kept === this.revision)) this.counts.unchanged -= 1;
    added.push(membership({ ...entry, validFrom }, view.list, this.revision, now));
    return [];
  }

  async #insert(added: readonly MembershipDocument[]): Promise<void> {
    if (added.length === 0) return;
    await this.#on.connection.run(() => this.#on.memberships.insertMany(added, { ordered: false }));
    this.counts.added += added.length;
  }

  /** Ends memberships now. */
  async end(ended: readonly MembershipDocument[]): Promise<void> {
    await this.#end(ended, this.now);
  }

  /** Ends planned memberships before they begin. */
  async #cancel(cancelled: readonly MembershipDocument[]): Promise<void> {
    await this.#end(cancelled, '$from');
  }

  async #end(ended: readonly MembershipDocument[], eu: number | '$from'): Promise<void> {
    if (ended.length === 0) return;
    const filter = { list: this.view.list, _id: { $in: ended.flatMap(({ _id }) => _id ?? []) } };
    const change = [{ $set: { er: this.revision, eu } }];
    await this.#on.connection.run(() => this.#on.memberships.updateMany(filter, change));
    this.counts.ended += ended.length;
  }

  /** Takes back what this change did to values, so that they can be placed anew. */
  async takeBack(values: readonly string[]): Promise<void> {
    const { list } = this.view;
    const mine = { list, v: { $in: values }, r: this.revision };
    const { connection, memberships } = this.#on;
    const { deletedCount } = await connection.run(() => memberships.deleteMany(mine));
    this.counts.added -= deletedCount;
    if (deletedCount === 0) return;
    const { modifiedCount } = await connection.run(() =>
      memberships.updateMany({ list, v: { $in: values }, er: this.revision }, { $unset: { er: '', eu: '' } }),
    );
    this.counts.ended -= modifiedCount;
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
