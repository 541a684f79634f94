import type { WireListFilter, WirePage } from '../journal-wire.js';
import { Packer, hasKey } from '../packing.js';
import type { Database, SqlValue, Statement } from './database.js';
import type { WorkerJournal } from './journal.js';
import { SEGMENT } from './segments.js';
import type { Job } from './work.js';

/** Rows looked at in one slice. */
const SLICE_ROWS = 512;
/** Rows looked at for one page. */
const PAGE_ROWS = 20_000;

/** Lists decisions, newest first. */
export class DecisionLister {
  readonly #db: Database;
  readonly #journal: WorkerJournal;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database, journal: WorkerJournal) {
    this.#db = db;
    this.#journal = journal;
  }

  /** One page of what lies below `before`; ends early, with a place to go on, when it had to look at many. */
  *page(filter: WireListFilter, limit: number, before: number | undefined): Job {
    const start = Math.min(before ?? Infinity, this.#journal.lastSeq + 1);
    const pieces = filter.keys.length === 0 ? this.#stretches(filter, start) : this.#byKey(filter, start);
    const seqs: number[] = [];
    let looked = 0;
    let next: number | undefined;
    for (const piece of pieces) {
      looked += piece.looked;
      for (const seq of piece.seqs) {
        if (seqs.length < limit) seqs.push(seq);
      }
      if (seqs.length >= limit) next = seqs.at(-1);
      else if (looked >= PAGE_ROWS) next = piece.low;
      if (next !== undefined) break;
      yield;
    }
    const packer = new Packer(limit * 256 + 4096);
    for (const seq of seqs) {
      const row = this.#journal.rows.get(seq);
      if (row) packer.row(row);
    }
    return { entries: packer.take(), before: next } satisfies WirePage;
  }

  /** Without a key: the log from its end, leaving out stretches that are too old as a whole. */
  *#stretches(filter: WireListFilter, start: number): Generator<Piece> {
    const { where, values } = conditions(filter);
    const statement = this.#prepare(
      `SELECT seq FROM entries WHERE seq >= ? AND seq < ? AND ${where} ORDER BY seq DESC`,
    );
    for (let high = start; high > 1;) {
      const bottom = Math.floor((high - 1) / SEGMENT) * SEGMENT;
      if (filter.from !== undefined && this.#journal.segments.latest(high - 1) < filter.from) {
        high = bottom;
        continue;
      }
      const low = Math.max(bottom, high - SLICE_ROWS);
      const seqs = statement.all(low, high, ...values).map(([seq]) => Number(seq));
      yield { seqs, looked: high - low, low };
      high = low;
    }
  }

  /** With keys: by the one with the fewest entries. */
  *#byKey(filter: WireListFilter, start: number): Generator<Piece> {
    const { index, segments } = this.#journal;
    const { where, values } = conditions(filter);
    const statement = this.#prepare(
      `SELECT seq, keys FROM json_each(?) AS wanted CROSS JOIN entries ON seq = wanted.value WHERE ${where}`,
    );
    const weights = filter.keys.map((key) => index.weight(key));
    const rarest = filter.keys[weights.indexOf(Math.min(...weights))] ?? 0;
    for (const part of index.newestFirst(rarest, start)) {
      for (let at = 0; at < part.length; at += SLICE_ROWS) {
        const slice = part.slice(at, at + SLICE_ROWS);
        const { from } = filter;
        const wanted = from === undefined ? slice : slice.filter((seq) => segments.latest(seq) >= from);
        const seqs = (wanted.length === 0 ? [] : statement.all(JSON.stringify(wanted), ...values))
          .filter(([, keys]) => filter.keys.every((key) => hasKey(keys as Uint8Array, key)))
          .map(([seq]) => Number(seq));
        yield { seqs, looked: wanted.length, low: slice.at(-1) ?? start };
      }
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

interface Piece {
  /** What fits, newest first. */
  readonly seqs: readonly number[];
  readonly looked: number;
  /** Everything from here up has been looked at. */
  readonly low: number;
}

function conditions(filter: WireListFilter): { where: string; values: SqlValue[] } {
  const where = ['outcome IS NOT NULL'];
  const values: SqlValue[] = [];
  const add = (condition: string, value: SqlValue): void => {
    where.push(condition);
    values.push(value);
  };
  if (filter.site !== undefined) add('site = ?', filter.site);
  if (filter.from !== undefined) add('at >= ?', filter.from);
  if (filter.to !== undefined) add('at < ?', filter.to);
  if (filter.degraded !== undefined) add('degraded = ?', filter.degraded ? 1 : 0);
  if (filter.outcomes) {
    // In one order and each once: statements are kept, and callers must not be able to make thousands of them.
    const outcomes = [...new Set(filter.outcomes.map(Number))].sort((a, b) => a - b);
    where.push(`outcome IN (${outcomes.join(', ')})`);
  }
  return { where: where.join(' AND '), values };
}
