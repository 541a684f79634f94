import type { ClientSession, Collection, UnorderedBulkOperation } from 'mongodb';
import type { AppendResult, JournalEntry } from '../../../decisions/ports.js';
import type { StreamEvent } from '../../../facts/stream.js';
import type { Connection } from '../connection.js';
import { entryDocument } from './entry-document.js';
import type { EntryDocument } from './entry-document.js';
import { duplicatesOf } from '../errors.js';
import { COLLECTIONS } from '../indexes.js';
import { JournalAliases } from './aliases.js';
import type { LogRegistry } from './logs.js';
import type { ResolvedOptions } from '../options.js';

/** Documents in one insert at most. */
const INSERT_SIZE = 1_000;
/** Between two tries of one insert, ms. */
const PAUSE_MS = 100;

/** Appends that go as one insert. */
interface Gathering {
  readonly entries: JournalEntry[];
  /**
   * The entries as they are sent: made while the insert before is on its way, since the server has nothing to do while
   * they are made. Undefined when they have to be made later: only when aliases are held is it known which are sent.
   */
  bulk: UnorderedBulkOperation | undefined;
  /** By place in `entries`. */
  readonly results: Promise<readonly AppendResult[]>;
}

/**
 * The writing end of this instance's log. One insert is on its way at a time and all go through one session, so that
 * other instances see every log as a prefix of what was written: a retryable write refuses any older one of its session
 * that comes late. What is appended meanwhile makes the next insert.
 *
 * An insert whose end is unknown (the network failed) is sent again until its end is known or time is up. After that the
 * entries are in doubt; before anything else is written it is settled what became of them, and those that are durable
 * after all are handed out as `recovered`.
 */
export class JournalAppender {
  readonly #connection: Connection;
  readonly #options: ResolvedOptions;
  readonly #registry: LogRegistry;
  readonly #entries: Collection<EntryDocument>;
  readonly #session: ClientSession;
  readonly #aliases: JournalAliases;
  #last: Promise<unknown> = Promise.resolve();
  /** The driver's own end of what went through the session last. */
  #driver: Promise<unknown> = Promise.resolve();
  /** Waits for its turn. */
  #gathering: Gathering | undefined;
  #doubtful: JournalEntry[] = [];
  #recovered: StreamEvent[] = [];

  constructor(connection: Connection, options: ResolvedOptions, registry: LogRegistry) {
    this.#connection = connection;
    this.#options = options;
    this.#registry = registry;
    this.#entries = connection.collection<EntryDocument>(COLLECTIONS.entries);
    this.#aliases = new JournalAliases(connection);
    this.#session = connection.client.startSession({ causalConsistency: false });
  }

  get inDoubt(): boolean {
    return this.#doubtful.length > 0;
  }

  async append(entries: readonly JournalEntry[]): Promise<readonly AppendResult[]> {
    if (entries.length === 0) return [];
    this.#connection.mustBeThere();
    const waiting = this.#gathering;
    const gathering =
      waiting !== undefined && waiting.entries.length + entries.length <= INSERT_SIZE
        ? waiting
        : this.#gather();
    const from = gathering.entries.length;
    gathering.entries.push(...entries);
    gathering.bulk = withMore(gathering.bulk, entries);
    const results = await gathering.results;
    return results.slice(from, from + entries.length);
  }

  /** Settles what is in doubt and gives, once, what of it turned out durable. */
  async recovered(): Promise<readonly StreamEvent[]> {
    if (this.inDoubt) await this.#next(() => this.#settle());
    const recovered = this.#recovered;
    this.#recovered = [];
    return recovered;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#session.endSession().catch(() => undefined);
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #gather(): Gathering {
    const gathering: Gathering = {
      entries: [],
      bulk: this.#entries.initializeUnorderedBulkOp(),
      results: this.#next(() => {
        if (this.#gathering === gathering) this.#gathering = undefined;
        return this.#write(gathering);
      }),
    };
    this.#gathering = gathering;
    return gathering;
  }

  async #write({ entries, bulk }: Gathering): Promise<readonly AppendResult[]> {
    // Before anything is sent there is nothing to wait for: what is refused now leaves no doubt.
    this.#connection.mustBeThere();
    await this.#settle();
    await this.#registry.stayAlive();
    const results: AppendResult[] = [];
    try {
      for (let from = 0; from < entries.length; from += INSERT_SIZE)
        results.push(...(await this.#insertSlice(entries.slice(from, from + INSERT_SIZE), bulk)));
    } catch (error) {
      this.#doubtful.push(...entries);
      throw error;
    }
    this.#registry.advance(entries.at(-1)?.event.seq ?? 0);
    return results;
  }

  async #insertSlice(
    entries: readonly JournalEntry[],
    bulk: UnorderedBulkOperation | undefined,
  ): Promise<readonly AppendResult[]> {
    const taken = await this.#aliases.hold(entries);
    const free = entries.filter((entry) => !taken.has(entry));
    const inserted = await this.#insert(free, bulk);
    const results = new Map(free.map((entry, index) => [entry, inserted[index] ?? 'duplicate']));
    const duplicates = free.filter((entry) => results.get(entry) === 'duplicate');
    for (const entry of await this.#aliases.free(duplicates)) results.set(entry, 'taken');
    return entries.map((entry) => results.get(entry) ?? 'taken');
  }

  /** `bulk` is all of them, ready to be sent. */
  async #insert(
    entries: readonly JournalEntry[],
    bulk: UnorderedBulkOperation | undefined,
  ): Promise<readonly AppendResult[]> {
    if (entries.length === 0) return [];
    const deadline = this.#now() + this.#options.callTimeoutMs;
    // A bulk can be sent once.
    let ready = bulk;
    for (let attempt = 1; ; attempt++) {
      const left = Math.max(1, deadline - this.#now());
      const sending = ready ?? filled(this.#entries.initializeUnorderedBulkOp(), entries);
      ready = undefined;
      try {
        const duplicates = await this.#connection.write(() => this.#send(sending, entries.length), left);
        const ours = attempt > 1 ? await this.#storedBefore(entries, duplicates, deadline) : undefined;
        return entries.map((entry, index) =>
          duplicates.has(index) && ours?.has(placeOf(entry)) !== true ? 'duplicate' : 'stored',
        );
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
  async #send(bulk: UnorderedBulkOperation, size: number): Promise<ReadonlySet<number>> {
    try {
      await this.#inSession(() => bulk.execute({ session: this.#session }));
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
    return await this.#connection.run(
      () => this.#durableOf(entries.filter((_, index) => duplicates.has(index))),
      left,
    );
  }

  async #settle(): Promise<void> {
    if (!this.inDoubt) return;
    await this.#connection.run(() => this.#inSession(() => this.#registry.fence(this.#session)));
    const durable = await this.#connection.run(() => this.#durableOf(this.#doubtful));
    for (const entry of this.#doubtful) {
      if (!durable.has(placeOf(entry))) continue;
      this.#recovered.push(entry.event);
      this.#registry.advance(entry.event.seq);
    }
    this.#doubtful = [];
  }

  /** Where what is durable under the ids of these entries is: not always in the place that they have here. */
  async #durableOf(entries: readonly JournalEntry[]): Promise<ReadonlySet<string>> {
    const filter = { _id: { $in: entries.map(({ id }) => id) } };
    const found = await this.#entries.find(filter, { projection: { l: 1, n: 1 } }).toArray();
    return new Set(found.map(({ _id, l, n }) => `${_id}/${l}/${n}`));
  }

  #now(): number {
    return this.#options.world.clock.monotonicUs() / 1000;
  }
}

const NOTHING: ReadonlySet<number> = new Set();

/** An id and its place in the logs: of two entries of one id that are sent together, at most one is stored. */
function placeOf({ id, event }: JournalEntry): string {
  return `${id}/${event.log}/${event.seq}`;
}

/** A bulk with more entries; undefined when it cannot be made yet. */
function withMore(
  bulk: UnorderedBulkOperation | undefined,
  entries: readonly JournalEntry[],
): UnorderedBulkOperation | undefined {
  if (bulk === undefined || entries.length > INSERT_SIZE) return undefined;
  if (entries.some(({ alias }) => alias !== undefined)) return undefined;
  try {
    return filled(bulk, entries);
  } catch {
    // Said again when it is their turn.
    return undefined;
  }
}

function filled(bulk: UnorderedBulkOperation, entries: readonly JournalEntry[]): UnorderedBulkOperation {
  for (const entry of entries) bulk.insert(entryDocument(entry));
  return bulk;
}
