import type { EntryRow } from '../packing.js';
import type { Database, SqlValue } from './database.js';

const COLUMNS =
  'seq, at, known_at, id, alias, keys, event, site, outcome, degraded, decided_at, request_id, record, trace, personal, report';

/** Below so many rows, one statement each is faster than a joined list. */
const FEW = 4;

/** What is read of an entry for a window. */
export interface EventRow {
  readonly seq: number;
  readonly keys: Uint8Array;
  readonly event: Uint8Array;
  /** The later of event time and known time. */
  readonly latest: number;
}

/** What an entry is found by. */
export type EntryNames = Pick<EntryRow, 'seq' | 'id' | 'alias'>;

/** What the index needs of an entry. */
export type EntryHead = Pick<EntryRow, 'seq' | 'at' | 'knownAt' | 'id' | 'alias' | 'keys' | 'outcome'>;

/** Reads and writes the rows of the journal. */
export class EntryRows {
  readonly #insert;
  readonly #get;
  readonly #names;
  readonly #event;
  readonly #events;
  readonly #after;
  readonly #heads;

  constructor(db: Database) {
    const marks = COLUMNS.split(', ').map(() => '?');
    this.#insert = db.prepare(`INSERT INTO entries (${COLUMNS}) VALUES (${marks.join(', ')})`);
    this.#get = db.prepare(`SELECT ${COLUMNS} FROM entries WHERE seq = ?`);
    this.#names = db.prepare('SELECT id, alias FROM entries WHERE seq = ?');
    this.#event = db.prepare(
      'SELECT seq, keys, event, max(at, known_at) FROM entries WHERE seq = ?1 AND (at > ?2 OR known_at > ?2)',
    );
    this.#events = db.prepare(
      `SELECT seq, keys, event, max(at, known_at) FROM json_each(?1) AS wanted CROSS JOIN entries ON seq = wanted.value
        WHERE at > ?2 OR known_at > ?2`,
    );
    this.#after = db.prepare(`SELECT ${COLUMNS} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`);
    this.#heads = db.prepare(
      'SELECT seq, at, known_at, id, alias, keys, outcome FROM entries WHERE seq > ? ORDER BY seq LIMIT ?',
    );
  }

  insert(row: EntryRow): void {
    this.#insert.run(
      row.seq,
      row.at,
      row.knownAt,
      row.id,
      row.alias,
      row.keys,
      row.event,
      row.site,
      row.outcome,
      row.degraded,
      row.decidedAt,
      row.requestId,
      row.record,
      row.trace,
      row.personal,
      row.report,
    );
  }

  get(seq: number): EntryRow | undefined {
    const row = this.#get.get(seq);
    return row && entryRow(row);
  }

  names(seq: number): EntryNames | undefined {
    const row = this.#names.get(seq);
    return row && { seq, id: row[0] as string, alias: row[1] as string | null };
  }

  /** Events of these entries, those with a time after `from`. */
  events(seqs: readonly number[], from: number): EventRow[] {
    // SQLite knows no infinities in whole numbers.
    const after = Math.max(from, -Number.MAX_SAFE_INTEGER);
    if (seqs.length > FEW) return this.#events.all(JSON.stringify(seqs), after).map(eventRow);
    const found: EventRow[] = [];
    for (const seq of seqs) {
      const row = this.#event.get(seq, after);
      if (row) found.push(eventRow(row));
    }
    return found;
  }

  /** Entries after a sequence, in order. */
  after(seq: number, limit: number): EntryRow[] {
    return this.#after.all(seq, limit).map(entryRow);
  }

  /** What the index needs of the entries after a sequence. */
  heads(seq: number, limit: number): EntryHead[] {
    return this.#heads.all(seq, limit).map((row) => ({
      seq: row[0] as number,
      at: row[1] as number,
      knownAt: row[2] as number,
      id: row[3] as string,
      alias: row[4] as string | null,
      keys: row[5] as Uint8Array,
      outcome: row[6] as number | null,
    }));
  }
}

function eventRow(row: readonly SqlValue[]): EventRow {
  return {
    seq: row[0] as number,
    keys: row[1] as Uint8Array,
    event: row[2] as Uint8Array,
    latest: row[3] as number,
  };
}

function entryRow(row: readonly SqlValue[]): EntryRow {
  return {
    seq: row[0] as number,
    at: row[1] as number,
    knownAt: row[2] as number,
    id: row[3] as string,
    alias: row[4] as string | null,
    keys: row[5] as Uint8Array,
    event: row[6] as Uint8Array,
    site: row[7] as string | null,
    outcome: row[8] as number | null,
    degraded: row[9] as number | null,
    decidedAt: row[10] as number | null,
    requestId: row[11] as string | null,
    record: row[12] as Uint8Array | null,
    trace: row[13] as Uint8Array | null,
    personal: row[14] as Uint8Array | null,
    report: row[15] as Uint8Array | null,
  };
}
