import type { EntryRow } from '../../journal/packing.js';
import type { Database, SqlValue } from '../database.js';
import type { EventBlocks } from './event-blocks.js';

const COLUMNS =
  'seq, at, id, alias, site, outcome, degraded, decided_at, request_id, record, trace, personal, report';

/** What an entry is found by. */
export type EntryNames = Pick<EntryRow, 'seq' | 'id' | 'alias'>;

/** What the index needs of an entry. */
export type EntryHead = Pick<EntryRow, 'seq' | 'at' | 'knownAt' | 'id' | 'alias' | 'keys'>;

/** Reads and writes the entries of the journal: a row each, and their events in blocks. */
export class EntryRows {
  readonly #events: EventBlocks;
  readonly #insert;
  readonly #get;
  readonly #names;
  readonly #after;
  readonly #heads;

  constructor(db: Database, events: EventBlocks) {
    this.#events = events;
    const marks = COLUMNS.split(', ').map(() => '?');
    this.#insert = db.prepare(`INSERT INTO entries (${COLUMNS}) VALUES (${marks.join(', ')})`);
    this.#get = db.prepare(`SELECT ${COLUMNS} FROM entries WHERE seq = ?`);
    this.#names = db.prepare('SELECT id, alias FROM entries WHERE seq = ?');
    this.#after = db.prepare(`SELECT ${COLUMNS} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`);
    this.#heads = db.prepare('SELECT seq, id, alias FROM entries WHERE seq > ? ORDER BY seq LIMIT ?');
  }

  /** Writes entries, in ascending sequence. Part of a transaction. */
  insert(rows: readonly EntryRow[]): void {
    for (const row of rows) {
      this.#insert.run(
        row.seq,
        row.at,
        row.id,
        row.alias,
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
    this.#events.write(rows);
  }

  get(seq: number): EntryRow | undefined {
    const row = this.#get.get(seq);
    return row && this.#entryRow(row);
  }

  names(seq: number): EntryNames | undefined {
    const row = this.#names.get(seq);
    return row && { seq, id: row[0] as string, alias: row[1] as string | null };
  }

  /** Entries after a sequence, in order. */
  after(seq: number, limit: number): EntryRow[] {
    return this.#after.all(seq, limit).map((row) => this.#entryRow(row));
  }

  /** What the index needs of the entries after a sequence. */
  heads(seq: number, limit: number): EntryHead[] {
    return this.#heads.all(seq, limit).map((row) => {
      const { keys, at, knownAt } = this.#eventOf(row[0] as number);
      return {
        seq: row[0] as number,
        at,
        knownAt,
        id: row[1] as string,
        alias: row[2] as string | null,
        keys,
      };
    });
  }

  #entryRow(row: readonly SqlValue[]): EntryRow {
    return {
      ...this.#eventOf(row[0] as number),
      id: row[2] as string,
      alias: row[3] as string | null,
      site: row[4] as string | null,
      outcome: row[5] as number | null,
      degraded: row[6] as number | null,
      decidedAt: row[7] as number | null,
      requestId: row[8] as string | null,
      record: row[9] as Uint8Array | null,
      trace: row[10] as Uint8Array | null,
      personal: row[11] as Uint8Array | null,
      report: row[12] as Uint8Array | null,
    };
  }

  #eventOf(seq: number): Pick<EntryRow, 'seq' | 'at' | 'knownAt' | 'keys' | 'event'> {
    const place = this.#events.find(seq);
    if (place === undefined) throw new Error(`the event of entry ${seq} is missing`);
    return place.block.row(place.index);
  }
}
