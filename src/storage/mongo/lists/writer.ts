import type { Document } from 'mongodb';
import { TollgateError } from '../../../errors/errors.js';
import { storeUnavailable } from '../../../errors/store-unavailable.js';
import { deletedList } from '../../../facts/lists/deletion.js';
import type { ChangeNote, ListEntry, ListUpdate } from '../../../facts/lists/list-store.js';
import type { Ending } from '../../../facts/lists/timeline.js';
import { atOnce } from '../at-once.js';
import type { ListCollections } from './collections.js';
import type { Difference, Standing } from './difference.js';
import { writeEnds } from './endings.js';
import type { WrittenEnd } from './endings.js';
import { membership } from './view.js';
import { changeId } from './view.js';
import type { ListDocument, ListView } from './view.js';
import { insertOnce, removeFailed } from './written.js';

/** A writer that has not been heard of for this long has lost its place, ms of the server's clock. */
const LEASE_MS = 20_000;
/** How long to wait for another writer, ms. */
const PATIENCE_MS = 2_000;
/** How long to wait for others at least that take their turns, ms. */
const TURNS_MS = 10_000;
const PAUSE_MS = 20;
/** How often at most a writer says that it is there, ms. */
const RENEW_MS = 4_000;
/** Parts of a change that are written at once. */
const AT_ONCE = 3;

/** How a change is to be made. */
export interface ChangeOptions {
  /** Epoch ms; asked once the list may be changed. */
  readonly now: () => number;
  /** How long to wait for one and the same writer, ms. */
  readonly patienceMs?: number;
  /** What is kept of the change. */
  readonly note: ChangeNote;
  /** What else changes of the list, with the change it belongs to; undefined: nothing. */
  readonly settings?: (list: ListDocument, change: ListMoment) => Promise<ListSetting | undefined>;
}

/** A change to come: its revision, and its moment, epoch ms. */
export interface ListMoment {
  readonly revision: number;
  readonly at: number;
}

/** What changes of a list document; it counts only while the document is as `where` says. */
export interface ListSetting {
  readonly set: Partial<ListDocument>;
  readonly unset?: { readonly [field in keyof ListDocument]?: '' };
  readonly where?: Document;
}

/**
 * The one writer of a list: writes memberships under a number of its own, which take effect by `commit`. It never sees
 * what it wrote itself, so each value must be handled in one go.
 */
export class ListWriter {
  /** What is in force. */
  readonly view: ListView;
  /** The moment of the change, epoch ms. */
  readonly now: number;
  readonly #on: ListCollections;
  readonly #revision: number;
  readonly #token: string;
  readonly #lastAt: number;
  readonly #list: ListDocument;
  readonly #options: ChangeOptions;
  #added = 0;
  #removed = 0;
  #unchanged = 0;
  #ended = 0;
  /** Memberships whose end was moved for the first time: no longer open. */
  #closed = 0;
  /** When it last said that it is there, µs. */
  #heard: number;
  /** Something may have been written under its number. */
  #wrote = false;

  private constructor(on: ListCollections, list: ListDocument, token: string, options: ChangeOptions) {
    this.#on = on;
    this.#list = list;
    this.#options = options;
    this.#token = token;
    this.view = { list: list._id, revision: list.revision, void: list.void };
    this.#revision = list.next;
    this.#lastAt = list.at ?? 0;
    this.now = options.now();
    this.#heard = on.world.clock.monotonicUs();
  }

  /** Runs a change of a list and makes it visible at once, or not at all. */
  static async change(
    on: ListCollections,
    list: string,
    options: ChangeOptions,
    differences?: (writer: ListWriter) => AsyncIterable<Difference>,
  ): Promise<ListUpdate> {
    const writer = await ListWriter.#open(on, list, options);
    try {
      if (differences) await atOnce(AT_ONCE, differences(writer), (difference) => writer.#take(difference));
      return await writer.#end();
    } catch (error) {
      await writer.#fail().catch(() => undefined);
      throw error;
    }
  }

  static async #open(on: ListCollections, list: string, options: ChangeOptions): Promise<ListWriter> {
    const { patienceMs = PATIENCE_MS } = options;
    // Each try has its own: what lands late must not look like the one that was taken for it.
    const tokens = new Set<string>();
    const newToken = (): string => {
      const token = Buffer.from(on.world.randomBytes(12)).toString('hex');
      tokens.add(token);
      return token;
    };
    const begun = on.world.clock.monotonicUs();
    let before: { readonly token: string | undefined; readonly since: number } | undefined;
    /** Numbers given out and never reached belong to writers that failed without a word. */
    const lost = { $range: [{ $add: ['$revision', 1] }, { $add: ['$next', 1] }] };
    const filter = {
      _id: list,
      deleted: { $exists: false },
      $or: [{ writer: { $exists: false } }, { $expr: { $lt: ['$writer.until', '$$NOW'] } }],
    };
    const change = () => ({
      void: { $setUnion: ['$void', lost] },
      next: { $add: ['$next', 1] },
      writer: { token: newToken(), until: { $add: ['$$NOW', LEASE_MS] } },
    });
    for (;;) {
      const opened = await on.connection.run(() =>
        on.lists.findOneAndUpdate(filter, [{ $set: change() }], { returnDocument: 'after' }),
      );
      if (opened) {
        void removeFailed(
          on,
          list,
          opened.void.filter((number) => number > opened.revision),
        );
        return new ListWriter(on, opened, opened.writer?.token ?? '', options);
      }
      const there = await on.connection.run(() =>
        on.lists.findOne({ _id: list }, { projection: { 'writer.token': 1, deleted: 1 } }),
      );
      const token = there?.writer?.token;
      if (token !== undefined && tokens.has(token)) return await ListWriter.#opened(on, list, token, options);
      if (!there) throw new TollgateError('LIST_NOT_FOUND', `no list ${list}`);
      if (there.deleted) throw deletedList({ id: list, deleted: there.deleted });
      const time = on.world.clock.monotonicUs();
      // A list that passes from hand to hand is not held up by anybody, only slow.
      if (before === undefined || there.writer === undefined || before.token !== there.writer.token)
        before = { token: there.writer?.token, since: before === undefined ? begun : time };
      const [waited, all] = [time - before.since, time - begun];
      if (waited >= patienceMs * 1000 || all >= Math.max(patienceMs, TURNS_MS) * 1000)
        throw new TollgateError('LIST_BUSY', `another change of list ${list} is under way; try again`);
      await new Promise<void>((resolve) => on.world.timers.after(PAUSE_MS, resolve));
    }
  }

  /** Who was let in by a step whose answer was lost. */
  static async #opened(
    on: ListCollections,
    list: string,
    token: string,
    options: ChangeOptions,
  ): Promise<ListWriter> {
    const found = await on.connection.run(() => on.lists.findOne({ _id: list, 'writer.token': token }));
    if (!found) throw storeUnavailable(`the change of list ${list} took too long`);
    return new ListWriter(on, found, token, options);
  }

  async #take({ added, ended, removed, unchanged }: Difference): Promise<void> {
    await this.#renew();
    await this.#endMemberships(ended);
    await this.#begin(added);
    this.#removed += removed;
    this.#unchanged += unchanged;
  }

  async #begin(entries: readonly ListEntry[]): Promise<void> {
    if (entries.length === 0) return;
    this.#wrote = true;
    const documents = entries.map((entry) => membership(entry, this.view.list, this.#revision, this.now));
    await this.#on.connection.write(() => insertOnce(this.#on.memberships, documents));
    this.#added += entries.length;
  }

  async #endMemberships(endings: readonly Ending<Standing>[]): Promise<void> {
    if (endings.length === 0) return;
    this.#wrote = true;
    this.#closed += endings.filter(({ membership }) => membership.open).length;
    const written = endings.map((ending) => this.#ending(ending));
    await writeEnds(this.#on, this.view.list, written);
    this.#ended += endings.length;
  }

  #ending({ membership: { id, validFrom }, at, by }: Ending<Standing>): WrittenEnd {
    const never = at <= validFrom ? { never: true as const } : {};
    return { id, end: { r: this.#revision, u: at, ...by, ...never } };
  }

  /** Keeps the place; throws when it is lost. */
  async #renew(): Promise<void> {
    const time = this.#on.world.clock.monotonicUs();
    if (time - this.#heard < RENEW_MS * 1000) return;
    this.#heard = time;
    const until = { $add: ['$$NOW', LEASE_MS] };
    const { matchedCount } = await this.#on.connection.run(() =>
      this.#on.lists.updateOne(this.#mine(), [{ $set: { 'writer.until': until } }]),
    );
    if (matchedCount === 0) throw this.#tooLong();
  }

  #mine(): { readonly _id: string; readonly 'writer.token': string } {
    return { _id: this.view.list, 'writer.token': this.#token };
  }

  #tooLong(): TollgateError {
    return storeUnavailable(`the change of list ${this.view.list} took too long`);
  }

  async #end(): Promise<ListUpdate> {
    const at = Math.max(this.now, this.#lastAt);
    const setting = await this.#options.settings?.(this.#list, { revision: this.#revision, at });
    const changed = this.#added > 0 || this.#ended > 0 || setting !== undefined;
    await (changed ? this.#commit(at, setting) : this.#giveBack());
    return {
      added: this.#added,
      removed: this.#removed,
      unchanged: this.#unchanged,
      revision: changed ? this.#revision : this.view.revision,
    };
  }

  async #commit(at: number, { set, unset, where }: ListSetting = { set: {} }): Promise<void> {
    const revision = this.#revision;
    const { list } = this.view;
    const { connection, changes, lists } = this.#on;
    const id = changeId(list, revision);
    const counts = { added: this.#added, removed: this.#removed };
    const change = { list, r: revision, at, ...this.#options.note, ...counts };
    this.#wrote = true;
    await connection.run(() => changes.replaceOne({ _id: id }, change, { upsert: true }));
    const { matchedCount } = await connection.run(() =>
      lists.updateOne(
        { ...this.#mine(), ...where },
        {
          $set: { ...set, revision, at },
          $inc: { open: this.#added - this.#closed },
          $unset: { ...unset, writer: '' },
        },
      ),
    );
    if (matchedCount === 0 && !(await this.#isCommitted())) throw this.#tooLong();
  }

  /** Whether it was committed by a step whose answer was lost: else who writes after it makes its number void. */
  async #isCommitted(): Promise<boolean> {
    const revision = this.#revision;
    const committed = { _id: this.view.list, revision: { $gte: revision }, void: { $ne: revision } };
    return (await this.#on.connection.run(() => this.#on.lists.countDocuments(committed))) > 0;
  }

  /** Gives up the place and the number: nothing was written. */
  async #giveBack(): Promise<void> {
    const back = { $set: { next: this.#revision - 1 }, $unset: { writer: '' as const } };
    await this.#on.connection.run(() => this.#on.lists.updateOne(this.#mine(), back));
  }

  /** Gives up the place. The number is void: something may still be on its way. */
  async #fail(): Promise<void> {
    if (!this.#wrote) {
      await this.#giveBack();
      return;
    }
    const { matchedCount } = await this.#on.connection.run(() =>
      this.#on.lists.updateOne(this.#mine(), {
        $addToSet: { void: this.#revision },
        $unset: { writer: '' },
      }),
    );
    // Else it was committed and only the answer was lost, or the next writer has seen to it.
    if (matchedCount > 0) void removeFailed(this.#on, this.view.list, [this.#revision]);
  }
}
