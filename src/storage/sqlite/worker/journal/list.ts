import { mentionsOf, ruleHit } from '../../../../decisions/record/rule-hits.js';
import type { ListPlace, WireListFilter, WirePage } from '../../journal/wire.js';
import { Packer } from '../../journal/packing.js';
import type { Database, SqlValue, Statement } from '../database.js';
import type { WorkerJournal } from './journal.js';
import type { Job } from '../work.js';

/** Rows looked at in one slice. */
const SLICE_ROWS = 512;
/** Rows looked at for one page. */
const PAGE_ROWS = 20_000;

/** What a page is made of: places of what fits, newest first, and where the next page begins; undefined at the end. */
interface Found {
  readonly places: readonly ListPlace[];
  readonly next: ListPlace | undefined;
}

/**
 * Lists decisions, newest first: by event time, then by sequence. The event-time index leads, and a page ends early, with
 * a place to go on, when it had to look at many. A key with few entries is looked up instead, and its entries sorted.
 */
export class DecisionLister {
  readonly #db: Database;
  readonly #journal: WorkerJournal;
  readonly #statements = new Map<string, Statement>();
  readonly #record: Statement;

  constructor(db: Database, journal: WorkerJournal) {
    this.#db = db;
    this.#journal = journal;
    this.#record = db.prepare('SELECT record FROM entries WHERE seq = ?');
  }

  /** One page of what comes after a place. */
  *page(filter: WireListFilter, limit: number, after: ListPlace | undefined): Job<WirePage> {
    const start = further(after, filter.to === undefined ? undefined : { at: filter.to, seq: 0 });
    const few = filter.keys.length === 0 ? undefined : yield* this.#fewOf(this.#rarest(filter.keys));
    const { places, next } = few
      ? yield* this.#sorted(filter, limit, start, few)
      : yield* this.#byTime(filter, limit, start);
    const packer = new Packer(limit * 256 + 4096);
    for (const { seq } of places) {
      const row = this.#journal.rows.get(seq);
      if (row) packer.row(row);
    }
    return { entries: packer.take(), next };
  }

  /** Along the event-time index. */
  *#byTime(filter: WireListFilter, limit: number, start: ListPlace | undefined): Generator<void, Found> {
    const { where, values } = conditions(filter);
    const fits = where.length === 0 ? '1' : where.join(' AND ');
    const select = `SELECT seq, at, ${fits} FROM entries INDEXED BY entries_at WHERE outcome IS NOT NULL`;
    const sameTime = this.#prepare(`${select} AND at = ? AND seq < ? ORDER BY seq DESC LIMIT ${SLICE_ROWS}`);
    const older = this.#prepare(
      `${select} AND at < ? AND at >= ? ORDER BY at DESC, seq DESC LIMIT ${SLICE_ROWS}`,
    );
    const from = filter.from ?? -Number.MAX_SAFE_INTEGER;
    const places: ListPlace[] = [];
    let place = further(start, this.#latestOf(filter.keys)) ?? { at: Number.MAX_SAFE_INTEGER, seq: 0 };
    for (let looked = 0; looked < PAGE_ROWS;) {
      let rows = place.at < from ? [] : sameTime.all(...values, place.at, place.seq);
      if (rows.length === 0) rows = older.all(...values, place.at, from);
      if (rows.length === 0) return { places, next: undefined };
      looked += rows.length;
      for (const [seq, at, fitting] of rows) {
        place = { at: Number(at), seq: Number(seq) };
        if (fitting !== 1 || !this.#fits(place.seq, filter)) continue;
        places.push(place);
        if (places.length === limit) return { places, next: place };
      }
      yield;
    }
    return { places, next: place };
  }

  /** All entries of a key, sorted; stretches of the log that are too old as a whole are not read. */
  *#sorted(
    filter: WireListFilter,
    limit: number,
    start: ListPlace | undefined,
    seqs: readonly number[],
  ): Generator<void, Found> {
    const { segments } = this.#journal;
    const { where, values } = conditions(filter);
    const statement = this.#prepare(
      `SELECT seq, at FROM json_each(?) AS wanted CROSS JOIN entries ON seq = wanted.value
        WHERE ${['outcome IS NOT NULL', ...where].join(' AND ')}`,
    );
    let best: ListPlace[] = [];
    for (let first = 0; first < seqs.length; first += SLICE_ROWS) {
      const least = Math.max(
        filter.from ?? -Infinity,
        best.length < limit ? -Infinity : (best.at(-1)?.at ?? 0),
      );
      const wanted = seqs.slice(first, first + SLICE_ROWS).filter((seq) => segments.latest(seq) >= least);
      if (wanted.length === 0) continue;
      const found = statement
        .all(JSON.stringify(wanted), ...values)
        .map(([seq, at]) => ({ at: Number(at), seq: Number(seq) }))
        .filter((place) => place.at >= least && (start === undefined || order(start, place) < 0))
        .filter((place) => this.#fits(place.seq, filter));
      best = [...best, ...found].sort(order).slice(0, limit);
      yield;
    }
    return { places: best, next: best.length === limit ? best.at(-1) : undefined };
  }

  /** Every entry of a key; undefined when there are more than a page may look at. */
  *#fewOf(key: number): Generator<void, readonly number[] | undefined> {
    const seqs: number[] = [];
    for (const part of this.#journal.index.newestFirst(key, Infinity)) {
      seqs.push(...part);
      if (seqs.length > PAGE_ROWS) return undefined;
      yield;
    }
    return seqs;
  }

  #rarest(keys: readonly number[]): number {
    const weights = keys.map((key) => this.#journal.index.weight(key));
    return keys[weights.indexOf(Math.min(...weights))] ?? 0;
  }

  /** A place before which nothing carries all the keys: for one that was busy long ago. */
  #latestOf(keys: readonly number[]): ListPlace | undefined {
    let newest = Infinity;
    for (const key of keys) newest = Math.min(newest, this.#newestOf(key));
    if (newest === Infinity) return undefined;
    return { at: this.#journal.segments.latestUpTo(newest), seq: Number.MAX_SAFE_INTEGER };
  }

  #newestOf(key: number): number {
    for (const [newest] of this.#journal.index.newestFirst(key, Infinity))
      if (newest !== undefined) return newest;
    return 0;
  }

  /** What `conditions` leaves open. */
  #fits(seq: number, { keys, rules }: WireListFilter): boolean {
    if (keys.length > 0) {
      const found = this.#journal.events.find(seq);
      if (!found || !keys.every((key) => found.block.hasKey(found.index, key))) return false;
    }
    if (rules === undefined) return true;
    const [record] = this.#record.get(seq) ?? [];
    return record instanceof Uint8Array && ruleHit(Buffer.from(record).toString(), ...rules);
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

/** The order of the list. */
function order(a: ListPlace, b: ListPlace): number {
  return b.at - a.at || b.seq - a.seq;
}

/** The one of two places that comes later in the list. */
function further(a: ListPlace | undefined, b: ListPlace | undefined): ListPlace | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return order(a, b) > 0 ? a : b;
}

/** What a row must fulfil beside its keys and its place in the list. Of a rule only that it is mentioned. */
function conditions(filter: WireListFilter): { where: string[]; values: SqlValue[] } {
  const where: string[] = [];
  const values: SqlValue[] = [];
  const add = (condition: string, value: SqlValue): void => {
    where.push(condition);
    values.push(value);
  };
  if (filter.site !== undefined) add('site = ?', filter.site);
  if (filter.degraded !== undefined) add('degraded = ?', filter.degraded ? 1 : 0);
  if (filter.outcomes) {
    // In one order and each once: statements are kept, and callers must not be able to make thousands of them.
    const outcomes = [...new Set(filter.outcomes.map(Number))].sort((a, b) => a - b);
    where.push(`outcome IN (${outcomes.join(', ')})`);
  }
  const mentions = filter.rules && mentionsOf(filter.rules);
  if (mentions?.length === 1) add('instr(record, ?) > 0', Buffer.from(mentions[0] ?? ''));
  // One statement, however many there are.
  else if (mentions)
    add(
      'EXISTS (SELECT 1 FROM json_each(?) AS m WHERE instr(record, CAST(m.value AS BLOB)) > 0)',
      JSON.stringify(mentions),
    );
  return { where, values };
}
