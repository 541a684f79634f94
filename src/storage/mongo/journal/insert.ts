import type { ClientSession, Collection, UnorderedBulkOperation } from 'mongodb';
import type { AppendResult, JournalEntry } from '../../../decisions/ports.js';
import { storeUnavailable } from '../../../errors/store-unavailable.js';
import type { Connection } from '../connection.js';
import { duplicatesOf } from '../errors.js';
import { COLLECTIONS } from '../indexes.js';
import type { ResolvedOptions } from '../options.js';
import { entryDocument } from './entry-document.js';
import type { EntryDocument } from './entry-document.js';
import type { LogRegistry } from './logs.js';

/** Between two tries of one step, ms. */
const PAUSE_MS = 100;
/** The primary has it in memory: what becomes durable after it becomes so in this order. */
const APPLIED = { w: 1, journal: false } as const;

/** What an insert waits for. */
export type InsertEnd = 'applied' | 'durable';

/**
 * Inserts entries, all through one session and one after the other: a retryable write refuses any older one of its
 * session that comes late. What failed on the network is sent again until its end is known or time is up.
 */
export class EntryInserts {
  readonly #connection: Connection;
  readonly #options: ResolvedOptions;
  readonly #registry: LogRegistry;
  readonly #entries: Collection<EntryDocument>;
  readonly #session: ClientSession;
  /** The driver's own end of what went through the session last. */
  #driver: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, options: ResolvedOptions, registry: LogRegistry) {
    this.#connection = connection;
    this.#options = options;
    this.#registry = registry;
    this.#entries = connection.collection<EntryDocument>(COLLECTIONS.entries);
    this.#session = connection.client.startSession({ causalConsistency: false });
  }

  /** An insert to be filled. */
  bulk(): UnorderedBulkOperation {
    return this.#entries.initializeUnorderedBulkOp();
  }

  /** Inserts until `deadline`, ms; `bulk` is all of the entries, ready to be sent. */
  async insert(
    entries: readonly JournalEntry[],
    bulk: UnorderedBulkOperation | undefined,
    end: InsertEnd,
    deadline: number,
  ): Promise<readonly AppendResult[]> {
    if (entries.length === 0) return [];
    // A bulk can be sent once.
    let ready = bulk;
    return await this.#until(deadline, async (left, attempt) => {
      const sending = ready ?? filled(this.bulk(), entries);
      ready = undefined;
      // Sent again it waits for a majority, so that what an earlier attempt had stored is seen. So does what the driver
      // sends as several commands: with the primary gone in between, the last entry would be there and the first not.
      const early = end === 'applied' && attempt === 1 && sending.batches.length === 1;
      const send = (): Promise<ReadonlySet<number>> => this.#send(sending, entries.length, early);
      const duplicates = await (early
        ? this.#connection.run(send, left)
        : this.#connection.write(send, left));
      const ours = attempt > 1 ? await this.#storedBefore(entries, duplicates, deadline) : undefined;
      return entries.map((entry, index) =>
        duplicates.has(index) && ours?.has(placeOf(entry)) !== true ? 'duplicate' : 'stored',
      );
    });
  }

  /**
   * Waits, until `deadline`, ms, for a majority to have an applied insert on disk: by a write that changes nothing, which
   * a server confirms once all before it is. Throws STORE_UNAVAILABLE when that did not come, or when the insert is gone
   * with a primary that nobody had followed yet.
   */
  async confirm(
    entries: readonly JournalEntry[],
    results: readonly AppendResult[],
    deadline: number,
  ): Promise<void> {
    const last = entries[results.lastIndexOf('stored')];
    const of = last ?? entries[0];
    if (of === undefined) return;
    const { id, event } = of;
    const place = last === undefined ? {} : { l: event.log, n: event.seq };
    const { matchedCount } = await this.#until(deadline, (left) =>
      this.#connection.write(() => this.#entries.updateOne({ _id: id, ...place }, { $set: place }), left),
    );
    if (last !== undefined && matchedCount === 0)
      throw storeUnavailable('its primary is gone with what it had');
  }

  /** Sees to it that nothing given up can still be inserted. */
  async fence(): Promise<void> {
    await this.#connection.run(() => this.#inSession(() => this.#registry.fence(this.#session)));
  }

  /** Which of these entries are durable, by id and place: an id is not always in the place that it has here. */
  async durableOf(entries: readonly JournalEntry[], timeoutMs?: number): Promise<ReadonlySet<string>> {
    const filter = { _id: { $in: entries.map(({ id }) => id) } };
    const read = (): Promise<EntryDocument[]> =>
      this.#entries.find(filter, { projection: { l: 1, n: 1 } }).toArray();
    const found = await this.#connection.run(read, timeoutMs);
    return new Set(found.map(({ _id, l, n }) => `${_id}/${l}/${n}`));
  }

  async close(): Promise<void> {
    await this.#session.endSession().catch(() => undefined);
  }

  /** Takes a step again, after a pause, until it ends or it is `deadline`, ms. */
  async #until<T>(deadline: number, step: (left: number, attempt: number) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await step(Math.max(1, deadline - this.#now()), attempt);
      } catch (error) {
        if (this.#now() >= deadline) throw error;
        // A server that is there and refuses has to be left alone for a moment.
        await new Promise<void>((resolve) => this.#options.world.timers.after(PAUSE_MS, resolve));
        await this.#connection.healed(deadline - this.#now());
        if (this.#now() >= deadline) throw error;
      }
    }
  }

  /**
   * What goes through the session does so one after the other, also what was given up before its turn: two at a time may
   * get one transaction number, and the server then takes the second for the first, sent again.
   */
  #inSession<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#driver.then(work);
    this.#driver = done.catch(() => undefined);
    return done;
  }

  /** Sends one insert; gives the places of duplicates, throws when the end is unknown. */
  async #send(bulk: UnorderedBulkOperation, size: number, early: boolean): Promise<ReadonlySet<number>> {
    const concern = early ? { writeConcern: APPLIED } : {};
    try {
      await this.#inSession(() => bulk.execute({ session: this.#session, ...concern }));
      return NOTHING;
    } catch (error) {
      const duplicates = duplicatesOf(error, size);
      if (duplicates === undefined) throw error;
      return duplicates;
    }
  }

  /** Of entries that an insert sent again found there: where an earlier attempt of ours had stored them. */
  async #storedBefore(
    entries: readonly JournalEntry[],
    duplicates: ReadonlySet<number>,
    deadline: number,
  ): Promise<ReadonlySet<string>> {
    if (duplicates.size === 0) return new Set();
    const left = Math.max(1, deadline - this.#now());
    return await this.durableOf(
      entries.filter((_, index) => duplicates.has(index)),
      left,
    );
  }

  #now(): number {
    return this.#options.world.clock.monotonicUs() / 1000;
  }
}

const NOTHING: ReadonlySet<number> = new Set();

/** An id and its place in the logs: of two entries of one id that are sent together, at most one is stored. */
export function placeOf({ id, event }: JournalEntry): string {
  return `${id}/${event.log}/${event.seq}`;
}

/** A bulk with more entries. */
export function filled(
  bulk: UnorderedBulkOperation,
  entries: readonly JournalEntry[],
): UnorderedBulkOperation {
  for (const entry of entries) bulk.insert(entryDocument(entry));
  return bulk;
}
