import type { Collection, Document, Filter, FindCursor, FindOptions } from 'mongodb';
import type { JournalAnswer, JournalQuery, StoredEntry } from '../../../decisions/ports.js';
import type { KeyRange, StreamEvent } from '../../../facts/stream.js';
import type { Connection } from '../connection.js';
import { readKeyedEvent, readNamed } from './entry-document.js';
import type { EntryDocument } from './entry-document.js';
import { COLLECTIONS } from '../indexes.js';
import type { LogRegistry } from './logs.js';

/** Events in one answer of the server: bounds how long decoding holds up everything else. */
const BATCH = 1_000;
/** Events of a range that are handed over ahead. */
const PART = 500;
/** Events of other logs in one round at most; the rest comes with the next. */
const TAIL = 20_000;
/** Ranges whose horizons differ by more than this have bounds of their own. */
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

  /** Entries in the order of the ids or aliases. */
  async byIds(ids: readonly string[]): Promise<readonly (StoredEntry | undefined)[]> {
    if (ids.length === 0) return [];
    const found = new Map<string, StoredEntry>();
    const aliases = new Map<string, string>();
    const read = (wanted: Iterable<string>): Promise<void> =>
      this.each({ _id: { $in: [...new Set(wanted)] } }, {}, (raw) => {
        const named = readNamed(raw);
        if ('c' in named) aliases.set(named._id, named.c);
        else found.set(named.id, named);
      });
    await read(ids);
    const more = [...aliases.values()].filter((id) => !found.has(id));
    if (more.length > 0) await read(more);
    return ids.map((id) => found.get(aliases.get(id) ?? id));
  }

  /**
   * Events in the order of the ranges, by one question; undefined for those of more than `longest`. `onEvents` takes
   * parts of long ranges ahead.
   */
  async byRanges({
    ranges,
    onEvents,
    longest = Infinity,
  }: Pick<JournalQuery, 'ranges' | 'onEvents' | 'longest'>): Promise<JournalAnswer['ranges']> {
    const long = new Set<number>();
    for (;;) {
      const before = long.size;
      const answers = await this.#byRanges(ranges, long, longest, onEvents);
      // What was found too long was read no further, and neither was anything else.
      if (long.size === before) return answers.map((events, place) => (long.has(place) ? undefined : events));
    }
  }

  /** Reads all but those known as long; ends early, with nothing, when there turn out to be more. */
  async #byRanges(
    ranges: JournalQuery['ranges'],
    long: Set<number>,
    longest: number,
    onEvents: JournalQuery['onEvents'],
  ): Promise<readonly (readonly StreamEvent[])[]> {
    const answers = ranges.map((): StreamEvent[] => []);
    const counts = ranges.map(() => 0);
    const wanted = new Map<number, Wanted[]>();
    const read = ranges.filter((_, place) => !long.has(place));
    if (read.length === 0) return answers;
    for (const [place, { key, from }] of ranges.entries()) {
      if (long.has(place)) continue;
      const one = { from, events: answers[place] ?? [] };
      const same = wanted.get(key);
      if (same) same.push(one);
      else wanted.set(key, [one]);
    }
    const take = (raw: Uint8Array): void => {
      const { event, keys } = readKeyedEvent(raw);
      const time = Math.max(event.at, event.knownAt);
      for (const key of keys) {
        for (const one of wanted.get(key) ?? NOBODY) if (time > one.from) one.events.push(event);
      }
    };
    const handOver = (): boolean => {
      let goOn = true;
      for (const [place, events] of answers.entries()) {
        const count = (counts[place] ?? 0) + events.length;
        if (count > longest) {
          long.add(place);
          goOn = false;
        }
        if (onEvents === undefined || events.length < PART) continue;
        counts[place] = count;
        onEvents(place, events.splice(0));
      }
      return goOn;
    };
    const projection = { _id: 0, l: 1, n: 1, k: 1, e: 1 };
    await this.each(carrying(read), { projection }, take, handOver);
    return answers;
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

  /**
   * Hands over every raw document that is found, until `afterBatch` says false; other work gets its turn between batches.
   */
  async each(
    filter: Filter<EntryDocument>,
    options: FindOptions,
    take: (raw: Uint8Array) => void,
    afterBatch: () => boolean = () => true,
  ): Promise<void> {
    const cursor = this.#entries.find(filter, {
      batchSize: BATCH,
      ...options,
      raw: true,
    }) as unknown as FindCursor<Uint8Array>;
    try {
      while (await this.#connection.run(() => cursor.hasNext())) {
        for (const raw of cursor.readBufferedDocuments()) take(raw);
        if (!afterBatch() || cursor.id?.isZero() === true) break;
      }
    } finally {
      if (!cursor.closed) void cursor.close().catch(() => undefined);
    }
  }
}

interface Wanted {
  readonly from: number;
  readonly events: StreamEvent[];
}

const NOBODY: readonly Wanted[] = [];

/** What carries any of the keys; ranges that reach about equally far back share one bound. */
function carrying(ranges: readonly KeyRange[]): Filter<EntryDocument> {
  const newest = ranges.reduce((latest, { from }) => Math.max(latest, from), -Infinity);
  const horizons = new Map<number, { readonly keys: Set<number>; from: number }>();
  for (const { key, from } of ranges) {
    const age = Math.log((newest - from + MINUTE) / MINUTE) / Math.log(HORIZON_RATIO);
    const horizon = from === -Infinity ? Infinity : Math.floor(age);
    const group = horizons.get(horizon) ?? { keys: new Set(), from };
    group.keys.add(key);
    group.from = Math.min(group.from, from);
    horizons.set(horizon, group);
  }
  const clauses: Document[] = [...horizons.values()].map(({ keys, from }) => ({
    k: { $in: [...keys] },
    ...(from === -Infinity ? {} : { m: { $gt: from } }),
  }));
  return (clauses.length === 1 ? clauses[0] : { $or: clauses }) as Filter<EntryDocument>;
}
