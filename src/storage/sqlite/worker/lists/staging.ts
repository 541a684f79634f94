import { MAX_ENTRIES_OF_VALUE } from '../../../../facts/lists/list-store.js';
import type { ImportEntry } from '../../../../facts/lists/list-store.js';
import { byValue } from '../../../../facts/lists/timeline.js';
import type { Database, SqlValue } from '../database.js';
import { Invalid } from '../failure.js';
import type { Standing } from './changes.js';
import { SEEN, UNTIL, untilOf } from './rows.js';
import type { ListRow } from './rows.js';

/** Staged entries handled in one slice, or some more: the entries of a value stay together. */
const SLICE_ROWS = 512;

/** Staged values from one on, up to another; undefined: to the end. */
export interface StagedSlice {
  readonly after: string;
  readonly last: string | undefined;
}

/** SQL: what is staged of import ?1 after value ?2 up to value ?3. */
const IN_SLICE = 's.import = ?1 AND s.value > ?2 AND s.value <= ?3';
/** After every value: none is longer than 256 characters. */
export const AFTER_ALL = '\u{10ffff}'.repeat(257);

/**
 * SQL: whether the staged entry `s` is the only one of its value, and nothing was ever said of that in the list ?4 up to
 * revision ?5. Most entries of most imports are such; there is nothing to think about.
 */
const PLAIN = `(s.valid_until IS NULL OR s.valid_until > s.valid_from)
  AND NOT EXISTS (SELECT 1 FROM list_entries AS e WHERE e.list = ?4 AND e.value = s.value AND +e.rev <= ?5)
  AND NOT EXISTS (SELECT 1 FROM list_staging AS t
    WHERE t.import = s.import AND t.value = s.value AND t.position <> s.position)`;

/** What is staged of an import, for its switch: read slice by slice in the order of values. */
export class StagedEntries {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      // One text for many entries: to bind each of them takes longer than to store it.
      stage: db.prepare(
        `INSERT INTO list_staging (import, value, position, valid_from, valid_until, reason, actor, source)
          SELECT ?1, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5, j.value ->> 6
            FROM json_each(?2) AS j`,
      ),
      /** ?1 import, ?2 after value, ?3 rows to leave out */
      valueAt: db.prepare(
        'SELECT value FROM list_staging WHERE import = ?1 AND value > ?2 ORDER BY value, position LIMIT 1 OFFSET ?3',
      ),
      countPlain: db.prepare(`SELECT count(*) FROM list_staging AS s WHERE ${IN_SLICE} AND ${PLAIN}`),
      takePlain: db.prepare(
        `INSERT INTO list_entries (list, value, valid_from, rev, valid_until, reason, actor, source)
          SELECT ?4, s.value, s.valid_from, ?5 + 1, s.valid_until, s.reason, s.actor, s.source
            FROM list_staging AS s WHERE ${IN_SLICE} AND ${PLAIN} ORDER BY s.value`,
      ),
      all: db.prepare(
        `SELECT value, valid_from, valid_until, reason, actor, source, position FROM list_staging AS s
          WHERE ${IN_SLICE} ORDER BY value, position`,
      ),
      rest: db.prepare(
        `SELECT value, valid_from, valid_until, reason, actor, source, position FROM list_staging AS s
          WHERE ${IN_SLICE} AND NOT (${PLAIN}) ORDER BY value, position`,
      ),
      /** ?1 list, ?2 revision, ?3 moment, ?4 import, ?5 after value, ?6 last value */
      standing: db.prepare(
        `SELECT e.value, e.valid_from, ${UNTIL} AS until, e.rev
          FROM (SELECT DISTINCT value FROM list_staging WHERE import = ?4 AND value > ?5 AND value <= ?6) AS s
            CROSS JOIN list_entries AS e ON e.list = ?1 AND e.value = s.value
          WHERE ${SEEN} AND until > max(?3, e.valid_from)`,
      ),
    };
  }

  /** Takes entries in: a JSON array of what `stagedText` makes of each. */
  stage(number: number, texts: string): void {
    this.#statements.stage.run(number, texts);
  }

  /** The slices of an import, in order. Throws Invalid when a value has far too many entries to be taken at once. */
  *slices(number: number): Generator<StagedSlice> {
    const { valueAt } = this.#statements;
    for (let after = '', more = true; more;) {
      const last = valueAt.get(number, after, SLICE_ROWS - 1)?.[0];
      more = typeof last === 'string';
      if (typeof last !== 'string') yield { after, last: undefined };
      else if (valueAt.get(number, after, SLICE_ROWS + MAX_ENTRIES_OF_VALUE)?.[0] === last)
        throw tooMany(last);
      else {
        yield { after, last };
        after = last;
      }
    }
  }

  /** How many plain entries there are; `take`: puts them on the list, too. */
  plain(number: number, slice: StagedSlice, { no, revision }: ListRow, take: boolean): number {
    const { takePlain, countPlain } = this.#statements;
    const bounds = [number, ...boundsOf(slice), no, revision] as const;
    return take ? takePlain.run(...bounds) : Number(countPlain.get(...bounds)?.[0]);
  }

  /** The entries of a slice by value, with or without plain ones. Throws Invalid when a value has too many. */
  groups(
    number: number,
    slice: StagedSlice,
    { no, revision }: ListRow,
    withPlain: boolean,
  ): ReadonlyMap<string, readonly ImportEntry[]> {
    const bounds = boundsOf(slice);
    const { all, rest } = this.#statements;
    const rows = withPlain ? all.all(number, ...bounds) : rest.all(number, ...bounds, no, revision);
    const groups = byValue(rows.map(stagedEntry));
    for (const [value, { length }] of groups) if (length > MAX_ENTRIES_OF_VALUE) throw tooMany(value);
    return groups;
  }

  /** Memberships of the values of a slice that reach beyond a moment, begun or not. */
  standing(
    number: number,
    slice: StagedSlice,
    { no, revision }: ListRow,
    moment: number,
  ): ReadonlyMap<string, readonly Standing[]> {
    const rows = this.#statements.standing.all(no, revision, moment, number, ...boundsOf(slice));
    return byValue(
      rows.map(([value, from, until, rev]) => ({
        value: String(value),
        validFrom: Number(from),
        validUntil: untilOf(until),
        rev: Number(rev),
      })),
    );
  }
}

/** What the worker is sent of an entry, as one of a JSON array. */
export function stagedText(entry: ImportEntry, position: number): readonly unknown[] {
  const { value, validFrom, validUntil, reason, actor, source } = entry;
  const until = Number.isFinite(validUntil) ? validUntil : null;
  return [value, entry.position ?? position, validFrom, until, reason, actor, source];
}

function boundsOf({ after, last = AFTER_ALL }: StagedSlice): readonly [string, string] {
  return [after, last];
}

function tooMany(value: string): Invalid {
  return new Invalid(`entries: more than ${MAX_ENTRIES_OF_VALUE} of ${value}`);
}

function stagedEntry(row: readonly SqlValue[]): ImportEntry {
  return {
    value: String(row[0]),
    validFrom: Number(row[1]),
    validUntil: row[2] === null ? Infinity : Number(row[2]),
    reason: String(row[3]),
    actor: String(row[4]),
    source: String(row[5]),
    position: Number(row[6]),
  };
}
