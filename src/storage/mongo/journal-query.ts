import type { Collection, Document, Filter, FindCursor, FindOptions } from 'mongodb';
import type { JournalQuery, StoredEntry } from '../../decisions/ports.js';
import type { KeyRange, StreamEvent } from '../../facts/stream.js';
import type { Connection } from './connection.js';
import { readEntry, readKeyedEvent } from './entry-document.js';
import type { EntryDocument } from './entry-document.js';
import { COLLECTIONS } from './indexes.js';
import type { LogRegistry } from './logs.js';

/** Events in one answer of the server: bounds how long decoding holds up everything else. */
const BATCH = 2_000;
/** Events of a range that are handed over ahead. */
const PART = 1_000;
/** Events of other logs in one round at most; the rest comes with the next. */
const TAIL = 20_000;
/** Ranges whose horizons differ by more than this are not asked together. */
const HORIZON_RATIO = 8;
const MINUTE = 60_000;

/** The reading end of the journal for rounds of decisions. */
export class JournalReader {
  readonly #connection: Connection;
  readonly #entries: Collection<EntryDocument>;
  readonly #registry: LogRegistry;

  constructor(connection: Connection, registry: LogRegistry) {
    this.#connection = connection;
    this.#registry = registry;
    this.#entries = connection.collection<EntryDocument>(COLLECTIONS.entries);
  }

  /** Entries in the order of the ids. */
  async byIds(ids: readonly string[]): Promise<readonly (StoredEntry | undefined)[]> {
    if (ids.length === 0) return [];
    const found = new Map<string, StoredEntry>();
    await this.each({ _id: { $in: [...new Set(ids)] } }, {}, (raw) => {
      const entry = readEntry(raw);
      found.set(entry.id, entry);
    });
    return ids.map((id) => found.get(id));
  }

  /**
   * Events in the order of the ranges; ranges of like horizons share one question. `onEvents` takes parts of long ranges
   * ahead.
   */
  async byRanges({
    ranges,
    onEvents,
  }: Pick<JournalQuery, 'ranges' | 'onEvents'>): Promise<readonly (readonly StreamEvent[])[]> {
    if (ranges.length === 0) return [];
    const answers = ranges.map((): StreamEvent[] => []);
    await Promise.all(groups(ranges).map((places) => this.#ranges(ranges, places, answers, onEvents)));
    return answers;
  }

  async #ranges(
    ranges: readonly KeyRange[],
    places: readonly number[],
    answers: readonly StreamEvent[][],
    onEvents: JournalQuery['onEvents'],
  ): Promise<void> {
    const wanted = new Map<number, { readonly from: number; readonly events: StreamEvent[] }[]>();
    let from = Infinity;
    for (const place of places) {
      const range = ranges[place];
      const events = answers[place];
      if (!range || !events) continue;
      from = Math.min(from, range.from);
      const same = wanted.get(range.key);
      if (same) same.push({ from: range.from, events });
      else wanted.set(range.key, [{ from: range.from, events }]);
    }
    const keys = [...wanted.keys()];
    const key = keys.length === 1 ? (keys[0] ?? 0) : { $in: keys };
    const bound = from === -Infinity ? {} : { m: { $gt: from } };
    const projection = { _id: 0, l: 1, n: 1, k: 1, e: 1 };
    const handOver = (): void => {
      for (const place of onEvents ? places : []) {
        const events = answers[place];
        if (events && events.length >= PART) onEvents?.(place, events.splice(0));
      }
    };
    await this.each(
      { k: key, ...bound } as Filter<EntryDocument>,
      { projection },
      (raw) => {
        const { event, keys: carried } = readKeyedEvent(raw);
        const time = Math.max(event.at, event.knownAt);
        for (const one of carried) {
          for (const range of wanted.get(one) ?? NOBODY) if (time > range.from) range.events.push(event);
        }
      },
      handOver,
    );
  }

  /** Events of other logs after `seen`, each log in sequence. */
  async tail(seen: ReadonlyMap<number, number>): Promise<readonly StreamEvent[]> {
    if (this.#registry.byMarks) await this.#registry.refresh();
    const { parts, above } = this.#registry.parts(seen);
    const clauses: Document[] = parts.map(({ log, after, upTo }) => ({
      l: log,
      n: upTo === undefined ? { $gt: after } : { $gt: after, $lte: upTo },
    }));
    if (!this.#registry.byMarks) clauses.push({ l: { $gt: above } });
    const [first] = clauses;
    if (!first) return [];
    const filter = (clauses.length === 1 ? first : { $or: clauses }) as Filter<EntryDocument>;
    const options = { projection: { _id: 0, l: 1, n: 1, e: 1 }, sort: { l: 1, n: 1 }, limit: TAIL } as const;
    const events: StreamEvent[] = [];
    await this.each(filter, options, (raw) => {
      const { event } = readKeyedEvent(raw);
      if (event.seq > (seen.get(event.log) ?? 0)) events.push(event);
    });
    return events;
  }

  /** Hands over every raw document that is found; other work gets its turn between batches. */
  async each(
    filter: Filter<EntryDocument>,
    options: FindOptions,
    take: (raw: Uint8Array) => void,
    afterBatch?: () => void,
  ): Promise<void> {
    const cursor = this.#entries.find(filter, {
      batchSize: BATCH,
      ...options,
      raw: true,
    }) as unknown as FindCursor<Uint8Array>;
    try {
      while (await this.#connection.run(() => cursor.hasNext())) {
        for (const raw of cursor.readBufferedDocuments()) take(raw);
        afterBatch?.();
        if (cursor.id?.isZero() === true) break;
      }
    } finally {
      if (!cursor.closed) void cursor.close().catch(() => undefined);
    }
  }
}

const NOBODY: readonly { readonly from: number; readonly events: StreamEvent[] }[] = [];

/** Places of ranges that are asked together: those that reach about equally far back. */
function groups(ranges: readonly KeyRange[]): readonly (readonly number[])[] {
  const froms = ranges.map(({ from }) => from);
  const newest = froms.reduce((a, b) => Math.max(a, b), -Infinity);
  const byHorizon = new Map<number, number[]>();
  for (const [place, from] of froms.entries()) {
    const age = Math.log((newest - from + MINUTE) / MINUTE) / Math.log(HORIZON_RATIO);
    const horizon = from === -Infinity ? Infinity : Math.floor(age);
    const group = byHorizon.get(horizon);
    if (group) group.push(place);
    else byHorizon.set(horizon, [place]);
  }
  return [...byHorizon.values()];
}
