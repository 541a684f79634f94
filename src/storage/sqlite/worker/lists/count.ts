import type { Database, SqlValue } from '../database.js';
import { FIRST, SEEN, UNTIL, untilOf } from './rows.js';
import type { ListRow } from './rows.js';

/** Rows counted in one slice. */
const SLICE_ROWS = 4_000;

interface Counted {
  readonly revision: number;
  readonly entries: number;
  /** Epoch ms: the count holds from the first up to the second. */
  readonly from: number;
  readonly until: number;
}

/** How many memberships of lists are in force; remembered as long as it is so. */
export class ListCount {
  readonly #times;
  readonly #counts = new Map<number, Counted>();

  constructor(db: Database) {
    /** ?1 list, ?2 revision, ?3 .. ?5 after, ?6 limit */
    this.#times = db.prepare(
      `SELECT e.value, e.valid_from, e.rev, ${UNTIL} FROM list_entries AS e
        WHERE e.list = ?1 AND ${SEEN} AND (e.value, e.valid_from, e.rev) > (?3, ?4, ?5)
        ORDER BY e.value, e.valid_from, e.rev LIMIT ?6`,
    );
  }

  /** Counts what is in force at `now`, slice by slice. */
  *at(list: ListRow, now: number): Generator<void, number> {
    const known = this.#counts.get(list.no);
    if (known && known.revision === list.revision && known.from <= now && now < known.until)
      return known.entries;
    let entries = 0;
    let until = Infinity;
    let after: SqlValue[] = ['', FIRST, 0];
    for (;;) {
      const rows = this.#times.all(list.no, list.revision, ...after, SLICE_ROWS);
      for (const [, from, , end] of rows) {
        const begins = Number(from);
        const ends = untilOf(end);
        if (begins <= now && now < ends) entries += 1;
        if (begins > now && begins < ends) until = Math.min(until, begins);
        else if (ends > now) until = Math.min(until, ends);
      }
      const last = rows.at(-1);
      if (rows.length < SLICE_ROWS || !last) break;
      after = last.slice(0, 3);
      yield;
    }
    this.#counts.set(list.no, { revision: list.revision, entries, from: now, until });
    return entries;
  }
}
