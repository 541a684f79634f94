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
import { decodeEvent } from '../../../facts/stream-codec.js';
import type { StreamEvent } from '../../../facts/stream.js';
import { wantedRules } from '../../../decisions/record/rule-hits.js';
import { OUTCOMES } from '../../../rules/outcome.js';
import type { Connection, Opened } from '../connection.js';
import type { WireListFilter } from './wire.js';
import { Packer, Unpacker, entryOf } from './packing.js';
import { pageToken, placeOf } from './page-token.js';

/** The embedded store has one process, so one log. */
const LOG = 1;
/** Bytes of an entry, for a first guess. */
const ENTRY_BYTES = 2048;

/** The journal as the main thread sees it: packs, asks, unpacks. */
export class SqliteJournal implements Journal {
  readonly log = LOG;
  /** Those that wait share a transaction. */
  readonly appendsInFlight = 8;
  readonly hashKey: Uint8Array;
  readonly lastSeq: number;
  readonly #connection: Connection;

  constructor(connection: Connection, opened: Opened) {
    this.#connection = connection;
    this.hashKey = opened.hashKey;
    this.lastSeq = opened.lastSeq;
  }

  append(entries: readonly JournalEntry[]): Promise<readonly AppendResult[]> {
    const { length } = entries;
    if (length === 0) return Promise.resolve([]);
    try {
      return this.#append(packed(entries), length);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Apart, so that entries that are packed are not kept until they are durable. */
  async #append(bytes: Uint8Array<ArrayBuffer>, length: number): Promise<readonly AppendResult[]> {
    const refused = await this.#connection.call('journal.append', [bytes], [bytes.buffer]);
    const results = Array.from({ length }, (): AppendResult => 'stored');
    for (const place of refused.duplicates) results[place] = 'duplicate';
    for (const place of refused.taken) results[place] = 'taken';
    return results;
  }

  async query(query: JournalQuery): Promise<JournalAnswer> {
    const { ids, ranges, onEvents, longest = Infinity } = query;
    if (ids.length + ranges.length === 0) return { entries: [], ranges: [], tail: [] };
    const events: StreamEvent[][] = ranges.map(() => []);
    const keep = (range: number, part: readonly StreamEvent[]): void => {
      const into = events[range];
      for (const event of part) into?.push(event);
    };
    const take = (part: Uint8Array): void => unpackEvents(part, onEvents ?? keep);
    const keys = new Float64Array(ranges.length);
    const froms = new Float64Array(ranges.length);
    for (const [place, { key, from }] of ranges.entries()) {
      keys[place] = key;
      froms[place] = from;
    }
    // A round's decisions follow in the log what its ranges hold.
    const op = query.seen === undefined ? 'journal.query' : 'journal.round';
    const answer = await this.#connection.call(op, [ids, keys, froms, longest], [], take);
    unpackEvents(answer.ranges, keep);
    unpackShared(answer.shared, events);
    const reader = new Unpacker(answer.entries);
    const entries = answer.found.map((found) => (found ? entryOf(reader.row(), LOG) : undefined));
    const long = new Set(answer.long);
    return { entries, ranges: events.map((part, place) => (long.has(place) ? undefined : part)), tail: [] };
  }

  async heads(): Promise<ReadonlyMap<number, number>> {
    return new Map();
  }

  async list(filter: DecisionFilter, limit: number, token: string | undefined): Promise<DecisionPage> {
    const after = token === undefined ? undefined : placeOf(token);
    const wire: WireListFilter = {
      site: filter.site,
      outcomes: filter.outcomes?.map((outcome) => OUTCOMES.indexOf(outcome)),
      from: filter.from,
      to: filter.to,
      keys: filter.keys ?? [],
      degraded: filter.degraded,
      rules: wantedRules(filter),
    };
    const page = await this.#connection.call('journal.list', [wire, limit, after]);
    return {
      entries: unpackEntries(page.entries),
      next: page.next === undefined ? undefined : pageToken(page.next),
    };
  }

  async *scan(after: ReadonlyMap<number, number>, batch: number): AsyncIterable<readonly StoredEntry[]> {
    let last = after.get(LOG) ?? 0;
    for (;;) {
      const packed = await this.#connection.call('journal.scan', [last, batch]);
      const entries = unpackEntries(packed);
      const end = entries.at(-1);
      if (!end) return;
      last = end.event.seq;
      yield entries;
    }
  }
}

function packed(entries: readonly JournalEntry[]): Uint8Array<ArrayBuffer> {
  const packer = new Packer(entries.length * ENTRY_BYTES);
  for (const entry of entries) packer.entry(entry);
  return packer.take();
}

function unpackEntries(packed: Uint8Array): StoredEntry[] {
  const reader = new Unpacker(packed);
  const entries: StoredEntry[] = [];
  while (!reader.done) entries.push(entryOf(reader.row(), LOG));
  return entries;
}

function unpackEvents(
  packed: Uint8Array,
  take: (range: number, events: readonly StreamEvent[]) => void,
): void {
  const reader = new Unpacker(packed);
  while (!reader.done) {
    const range = reader.u32();
    take(range, eventsOf(reader));
  }
}

/** Events that stand in several ranges are one object: they are immutable. */
function unpackShared(packed: Uint8Array, ranges: readonly StreamEvent[][]): void {
  const reader = new Unpacker(packed);
  const events = eventsOf(reader);
  while (!reader.done) {
    const into = ranges[reader.u32()];
    for (let left = reader.u32(); left > 0; left--) {
      const event = events[reader.u32()];
      if (event) into?.push(event);
    }
  }
}

function eventsOf(reader: Unpacker): StreamEvent[] {
  const events: StreamEvent[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const seq = reader.f64();
    events.push(decodeEvent(reader.bytes(reader.u32()), { log: LOG, seq }));
  }
  return events;
}
