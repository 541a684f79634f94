import type {
  AppendResult,
  DecisionFilter,
  DecisionPage,
  Journal,
  JournalAnswer,
  JournalEntry,
  JournalQuery,
  StoredEntry,
} from '../../../decisions/ports.js';
import type { Connection } from '../connection.js';
import { readEntry } from './entry-document.js';
import { JournalAppender } from './append.js';
import { listDecisions } from './list.js';
import { JournalReader } from './query.js';
import type { LogRegistry } from './logs.js';
import type { ResolvedOptions } from '../options.js';

/** The admission log on MongoDB. */
export class MongoJournal implements Journal {
  readonly log: number;
  /** Every start takes a log of its own. */
  readonly lastSeq = 0;
  readonly hashKey: Uint8Array;
  /** One insert is on its way at a time; appends that come meanwhile become the next one. */
  readonly appendsInFlight = 64;
  readonly #connection: Connection;
  readonly #registry: LogRegistry;
  readonly #appender: JournalAppender;
  readonly #reader: JournalReader;

  constructor(connection: Connection, options: ResolvedOptions, registry: LogRegistry, hashKey: Uint8Array) {
    this.log = registry.own;
    this.hashKey = hashKey;
    this.#connection = connection;
    this.#registry = registry;
    this.#appender = new JournalAppender(connection, options, registry);
    this.#reader = new JournalReader(connection, registry);
  }

  append(entries: readonly JournalEntry[]): Promise<readonly AppendResult[]> {
    return this.#appender.append(entries);
  }

  /**
   * `tail` also holds, once, entries of this process's own log whose append had failed with STORE_UNAVAILABLE and which
   * turned out durable; whoever wants no tail gets none of them.
   */
  async query(query: JournalQuery): Promise<JournalAnswer> {
    const recovered = query.seen === undefined ? [] : await this.#appender.recovered();
    const [entries, ranges, tail] = await Promise.all([
      this.#reader.byIds(query.ids),
      this.#reader.byRanges(query),
      query.seen === undefined ? [] : this.#reader.tail(query.seen),
    ]);
    return { entries, ranges, tail: recovered.length > 0 ? [...recovered, ...tail] : tail };
  }

  async heads(): Promise<ReadonlyMap<number, number>> {
    await this.#registry.refresh();
    const heads = new Map<number, number>();
    for (const [log, end] of this.#registry.ends()) {
      const last = end ?? (await this.#registry.endOf(log));
      if (last > 0) heads.set(log, last);
    }
    return heads;
  }

  list(filter: DecisionFilter, limit: number, token: string | undefined): Promise<DecisionPage> {
    return listDecisions(this.#connection, this.#reader, filter, limit, token);
  }

  async *scan(after: ReadonlyMap<number, number>, batch: number): AsyncIterable<readonly StoredEntry[]> {
    await this.#registry.refresh();
    const logs = [this.log, ...this.#registry.ends().keys()].sort((a, b) => a - b);
    for (const log of logs) {
      let last = after.get(log) ?? 0;
      for (;;) {
        const found: StoredEntry[] = [];
        await this.#reader.each({ l: log, n: { $gt: last } }, { sort: { l: 1, n: 1 }, limit: batch }, (raw) =>
          found.push(readEntry(raw)),
        );
        if (found.length > 0) yield found;
        if (found.length < batch) break;
        last = found.at(-1)?.event.seq ?? last;
      }
    }
  }

  /** Whether the end of what this instance appended is known. */
  async close(): Promise<boolean> {
    await this.#appender.close();
    return !this.#appender.inDoubt;
  }
}
