import type {
  HistoryPlace,
  ListEntry,
  LoggedChange,
  Membership,
  MembershipEnd,
} from '../../../../facts/lists/list-store.js';
import type { Database, SqlValue } from '../database.js';
import { FIRST, untilOf } from './rows.js';
import type { ListRow } from './rows.js';

/** SQL: when the revision became known. */
const knownAt = (revision: string): string =>
  `(SELECT at FROM list_changes AS c WHERE c.list = ?1 AND c.rev = ${revision})`;

/** What was done to lists and said of values, as it became known. */
export class ListHistory {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      log: db.prepare(
        `SELECT rev, at, kind, actor, reason, source, added, removed FROM list_changes
          WHERE list = ? AND rev <= ? AND rev < ? ORDER BY rev DESC LIMIT ?`,
      ),
      /** ?1 list, ?2 revision, ?3 value, ?4 .. ?6 after revision, value and beginning, ?7 limit */
      said: db.prepare(
        `SELECT e.value, e.reason, e.actor, e.source, e.valid_from, e.valid_until, e.rev, ${knownAt('e.rev')}
          FROM list_entries AS e
          WHERE e.list = ?1 AND +e.rev <= ?2 AND e.value = ?3
            AND (+e.rev < ?4 OR (+e.rev = ?4 AND (e.value, e.valid_from) > (?5, ?6)))
          ORDER BY +e.rev DESC, e.valid_from LIMIT ?7`,
      ),
      /** ?1 list, ?2 revision, ?3 .. ?5 membership */
      ends: db.prepare(
        `SELECT ended_at, actor, reason, ${knownAt('ended_rev')}, ended_rev FROM list_ends
          WHERE list = ?1 AND ended_rev <= ?2 AND value = ?3 AND valid_from = ?4 AND rev = ?5 ORDER BY ended_rev`,
      ),
    };
  }

  /** The changes of a list, newest first. */
  log({ no, revision }: ListRow, limit: number, before = Number.MAX_SAFE_INTEGER): LoggedChange[] {
    return this.#statements.log
      .all(no, revision, before, limit)
      .map(([rev, at, kind, actor, reason, source, added, removed]) => ({
        revision: Number(rev),
        at: Number(at),
        kind: kind as LoggedChange['kind'],
        actor: String(actor),
        reason: String(reason),
        source: String(source),
        added: Number(added),
        removed: Number(removed),
      }));
  }

  /** What was said of values, newest first. */
  of(
    { no, revision }: ListRow,
    values: readonly string[],
    limit: number,
    after: HistoryPlace = { revision: Number.MAX_SAFE_INTEGER, value: '', validFrom: FIRST },
  ): Membership[] {
    const place = [after.revision, after.value, after.validFrom] as const;
    return values
      .flatMap((value) => this.#statements.said.all(no, revision, value, ...place, limit).map(saidOf))
      .toSorted(newestFirst)
      .slice(0, limit)
      .map((said) => ({ ...said, ends: this.#endsOf({ no, revision }, said) }));
  }

  #endsOf(list: ListRow, { entry, revision }: Said): MembershipEnd[] {
    return this.#statements.ends
      .all(list.no, list.revision, entry.value, entry.validFrom, revision)
      .map(([at, actor, reason, known, rev]) => ({
        at: Number(at),
        actor: String(actor),
        reason: String(reason),
        knownAt: Number(known),
        revision: Number(rev),
      }));
  }
}

type Said = Omit<Membership, 'ends'>;

function saidOf(row: readonly SqlValue[]): Said {
  const [value, reason, actor, source, from, until, revision, known] = row;
  const entry: ListEntry = {
    value: String(value),
    reason: String(reason),
    actor: String(actor),
    source: String(source),
    validFrom: Number(from),
    validUntil: until === null ? Infinity : untilOf(until),
  };
  return { entry, knownAt: Number(known), revision: Number(revision) };
}

/** Of what became known at once, by value and beginning. */
function newestFirst(a: Said, b: Said): number {
  if (a.revision !== b.revision) return b.revision - a.revision;
  if (a.entry.value !== b.entry.value) return a.entry.value < b.entry.value ? -1 : 1;
  return a.entry.validFrom - b.entry.validFrom;
}
