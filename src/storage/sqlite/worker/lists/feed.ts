import type { Database, SqlValue } from '../database.js';
import { BEGUN_UNTIL, FIRST, UNTIL, untilOf } from './rows.js';
import type { ListRow } from './rows.js';

/** Changes in one part of the feed. */
const FEED_ROWS = 500;

/** A place in the feed of changes: revision, 0 for ends and 1 for beginnings, then the membership. */
export type FeedPlace = readonly [
  change: number,
  kind: number,
  value: string,
  validFrom: number,
  rev: number,
];

/** Until when the membership at a place holds after the change. */
export interface FeedRow {
  readonly place: FeedPlace;
  readonly validUntil: number;
}

/** The rows of the feed: place, end. */
const ended = `
  SELECT l.ended_rev, 0, l.value, l.valid_from, l.rev, ${UNTIL}
    FROM list_ends AS l JOIN list_entries AS e USING (list, value, valid_from, rev)
    WHERE l.list = ?1 AND l.ended_rev = ?3 AND (l.value, l.valid_from, l.rev) > (?4, ?5, ?6)
      AND NOT EXISTS (SELECT 1 FROM list_ends AS n WHERE n.list = l.list AND n.value = l.value
        AND n.valid_from = l.valid_from AND n.rev = l.rev AND n.ended_rev > ?3 AND n.ended_rev <= ?2)
    ORDER BY l.value, l.valid_from, l.rev LIMIT ?7`;
const begun = `
  SELECT e.rev, 1, e.value, e.valid_from, e.rev, ${BEGUN_UNTIL}
    FROM list_entries AS e
    WHERE e.list = ?1 AND e.rev = ?3 AND (e.value, e.valid_from, e.rev) > (?4, ?5, ?6)
      AND NOT EXISTS (SELECT 1 FROM list_ends AS n WHERE n.list = e.list AND n.value = e.value
        AND n.valid_from = e.valid_from AND n.rev = e.rev AND n.ended_rev <= ?2)
    ORDER BY e.value, e.valid_from LIMIT ?7`;

/** The changes of a list, read part by part. */
export class ListFeed {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      /** ?1 list, ?2 revision of the list, ?3 revision of the change, ?4 .. ?6 after, ?7 limit */
      ended: db.prepare(ended),
      begun: db.prepare(begun),
      /** ?1 list, ?2 revision of the list, ?3 after */
      next: db.prepare('SELECT min(rev) FROM list_changes WHERE list = ?1 AND rev > ?3 AND rev <= ?2'),
    };
  }

  /**
   * Memberships changed after a place, each once, by the revision that changed it last; of one revision, ends come before
   * what begins in their place.
   */
  after({ no, revision }: ListRow, place: FeedPlace): FeedRow[] {
    const rows: FeedRow[] = [];
    let at = place;
    while (rows.length < FEED_ROWS) {
      const [change, kind, value, from, rev] = at;
      const left = FEED_ROWS - rows.length;
      const statement = kind === 0 ? this.#statements.ended : this.#statements.begun;
      const found = statement.all(no, revision, change, value, from, rev, left);
      rows.push(...found.map(feedRow));
      if (found.length === left) break;
      if (kind === 0) at = [change, 1, '', FIRST, 0];
      else {
        const next = this.#statements.next.get(no, revision, change)?.[0];
        if (typeof next !== 'number') break;
        at = [next, 0, '', FIRST, 0];
      }
    }
    return rows;
  }
}

function feedRow(row: readonly SqlValue[]): FeedRow {
  const [change, kind, value, validFrom, rev, until] = row;
  const place = [Number(change), Number(kind), String(value), Number(validFrom), Number(rev)] as const;
  return { place, validUntil: untilOf(until) };
}
