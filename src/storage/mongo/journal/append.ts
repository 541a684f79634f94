import type { UnorderedBulkOperation } from 'mongodb';
import type { AppendResult, JournalEntry } from '../../../decisions/ports.js';
import type { StreamEvent } from '../../../facts/stream.js';
import type { Connection } from '../connection.js';
import type { ResolvedOptions } from '../options.js';
import { JournalAliases } from './aliases.js';
import { EntryInserts, filled, placeOf } from './insert.js';
import type { LogRegistry } from './logs.js';

/** Documents in one insert at most. */
const INSERT_SIZE = 1_000;
/** Inserts that are applied and wait for a majority at most. */
const UNCONFIRMED = 4;

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

/** How far entries have come, with their results once they are durable. */
interface Written {
  readonly durable: Promise<readonly AppendResult[]>;
}

/**
 * The writing end of this instance's log. What is appended while an insert is on its way makes the next one, which is sent
 * as soon as the primary has applied the one before; each is answered once a majority has it on disk. A majority takes
 * over what a primary applied in its order, so that other instances see every log as a prefix of what was written, less
 * what was lost with a primary that nobody had followed yet. Of several shards that does not hold: there an insert is
 * durable before the next is sent.
 *
 * Entries of an insert whose end, or whose majority, is unknown when time is up are in doubt; before anything else is
 * written it is settled what became of them, and those that are durable after all are handed out as `recovered`.
 */
export class JournalAppender {
  readonly #connection: Connection;
  readonly #options: ResolvedOptions;
  readonly #registry: LogRegistry;
  readonly #inserts: EntryInserts;
  readonly #aliases: JournalAliases;
  #last: Promise<unknown> = Promise.resolve();
  /** Waits for its turn. */
  #gathering: Gathering | undefined;
  /** Ends of what is applied, in order; none of them rejects. */
  readonly #unconfirmed: Promise<void>[] = [];
  readonly #doubtful: JournalEntry[] = [];
  #recovered: StreamEvent[] = [];

  constructor(connection: Connection, options: ResolvedOptions, registry: LogRegistry) {
    this.#connection = connection;
    this.#options = options;
    this.#registry = registry;
    this.#inserts = new EntryInserts(connection, options, registry);
    this.#aliases = new JournalAliases(connection);
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
    await this.#unconfirmed.at(-1);
    await this.#inserts.close();
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #gather(): Gathering {
    const written = this.#next(async () => {
      if (this.#unconfirmed.length >= UNCONFIRMED) await this.#unconfirmed[0];
      if (this.#gathering === gathering) this.#gathering = undefined;
      return await this.#write(gathering);
    });
    const gathering: Gathering = {
      entries: [],
      bulk: this.#inserts.bulk(),
      results: written.then(({ durable }) => durable),
    };
    this.#gathering = gathering;
    return gathering;
  }

  async #write({ entries, bulk }: Gathering): Promise<Written> {
    // Before anything is sent there is nothing to wait for: what is refused now leaves no doubt.
    this.#connection.mustBeThere();
    await this.#settle();
    await this.#registry.stayAlive();
    if (bulk !== undefined && !this.#registry.byMarks) return await this.#apply(entries, bulk);
    const results = await this.#orDoubt(entries, async () => {
      const all: AppendResult[] = [];
      for (let from = 0; from < entries.length; from += INSERT_SIZE)
        all.push(...(await this.#insertSlice(entries.slice(from, from + INSERT_SIZE), bulk)));
      return all;
    });
    this.#registry.advance(entries.at(-1)?.event.seq ?? 0);
    return { durable: Promise.resolve(results) };
  }

  /** Ends as soon as the next insert may follow. */
  async #apply(entries: readonly JournalEntry[], bulk: UnorderedBulkOperation): Promise<Written> {
    const deadline = this.#deadline();
    const results = await this.#orDoubt(entries, () =>
      this.#inserts.insert(entries, bulk, 'applied', deadline),
    );
    const durable = this.#confirm(entries, results, deadline, this.#unconfirmed.at(-1));
    const over = (): void => void this.#unconfirmed.shift();
    this.#unconfirmed.push(durable.then(over, over));
    return { durable };
  }

  /** Ends after `before`, so that appends end in their order. */
  async #confirm(
    entries: readonly JournalEntry[],
    results: readonly AppendResult[],
    deadline: number,
    before: Promise<void> | undefined,
  ): Promise<readonly AppendResult[]> {
    const confirmed = this.#orDoubt(entries, async () => {
      await this.#inserts.confirm(entries, results, deadline);
      return await this.#taken(entries, results);
    });
    await Promise.allSettled([before, confirmed]);
    const answer = await confirmed;
    this.#registry.advance(entries.at(-1)?.event.seq ?? 0);
    return answer;
  }

  async #insertSlice(
    entries: readonly JournalEntry[],
    bulk: UnorderedBulkOperation | undefined,
  ): Promise<readonly AppendResult[]> {
    const taken = await this.#aliases.hold(entries);
    const free = entries.filter((entry) => !taken.has(entry));
    const inserted = await this.#inserts.insert(free, bulk, 'durable', this.#deadline());
    const answered = new Map(
      (await this.#taken(free, inserted)).map((result, index) => [free[index], result]),
    );
    return entries.map((entry) => answered.get(entry) ?? 'taken');
  }

  /** Tells duplicates of an entry from those of an alias. */
  async #taken(
    entries: readonly JournalEntry[],
    results: readonly AppendResult[],
  ): Promise<readonly AppendResult[]> {
    const duplicates = entries.filter((_, index) => results[index] === 'duplicate');
    const taken = new Set(await this.#aliases.free(duplicates));
    if (taken.size === 0) return results;
    return entries.map((entry, index) => (taken.has(entry) ? 'taken' : (results[index] ?? 'duplicate')));
  }

  async #orDoubt<T>(entries: readonly JournalEntry[], work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#doubtful.push(...entries);
      throw error;
    }
  }

  async #settle(): Promise<void> {
    // More may come to be in doubt meanwhile.
    const doubtful = [...this.#doubtful];
    if (doubtful.length === 0) return;
    await this.#inserts.fence();
    const durable = await this.#inserts.durableOf(doubtful);
    for (const entry of doubtful) {
      if (!durable.has(placeOf(entry))) continue;
      this.#recovered.push(entry.event);
      this.#registry.advance(entry.event.seq);
    }
    this.#doubtful.splice(0, doubtful.length);
  }

  #deadline(): number {
    return this.#options.world.clock.monotonicUs() / 1000 + this.#options.callTimeoutMs;
  }
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
