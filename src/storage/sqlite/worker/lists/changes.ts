import type { ChangeNote, Ender, ListEntry } from '../../../../facts/lists/list-store.js';
import type { Ending, Interval } from '../../../../facts/lists/timeline.js';
import type { Database } from '../database.js';
import { ListNotFound } from '../failure.js';
import { SEEN, UNTIL, boundUntil, untilOf } from './rows.js';
import type { ListRow, WireUpdate } from './rows.js';

/** A membership that may be changed. */
export interface Standing extends Interval {
  readonly value: string;
  readonly rev: number;
}

/** Changes of lists: made under the next revision, which nobody sees before `finish`. Parts of transactions. */
export class ListChanges {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      find: db.prepare('SELECT no, revision, deleted_at FROM lists WHERE id = ?'),
      /** ?1 list, ?2 revision, ?3 value, ?4 moment */
      standing: db.prepare(
        `SELECT e.valid_from, ${UNTIL} AS until, e.rev FROM list_entries AS e
          WHERE e.list = ?1 AND ${SEEN} AND e.value = ?3 AND until > ?4 AND until > e.valid_from`,
      ),
      begin: db.prepare(
        `INSERT INTO list_entries (list, value, valid_from, rev, valid_until, reason, actor, source)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      end: db.prepare(
        `INSERT OR REPLACE INTO list_ends (list, value, valid_from, rev, ended_rev, ended_at, actor, reason)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      change: db.prepare(
        `INSERT INTO list_changes (list, rev, at, kind, actor, reason, source, added, removed)
          SELECT ?1, ?2, max(?3, ifnull((SELECT at FROM list_changes WHERE list = ?1 ORDER BY rev DESC LIMIT 1), ?3)),
            ?4, ?5, ?6, ?7, ?8, ?9`,
      ),
      setRevision: db.prepare('UPDATE lists SET revision = ? WHERE no = ?'),
      leftOver: db.prepare(
        `SELECT EXISTS (SELECT 1 FROM list_entries WHERE list = ?1 AND rev > ?2) OR
          EXISTS (SELECT 1 FROM list_ends WHERE list = ?1 AND ended_rev > ?2)`,
      ),
      undoBeginnings: db.prepare('DELETE FROM list_entries WHERE list = ? AND rev > ?'),
      undoEnds: db.prepare('DELETE FROM list_ends WHERE list = ? AND ended_rev > ?'),
    };
  }

  /** Throws ListNotFound. */
  find(id: string): ListRow {
    const row = this.#statements.find.get(id);
    if (!row) throw new ListNotFound(`no list ${id}`);
    return { no: Number(row[0]), revision: Number(row[1]) };
  }

  /** A list that is about to change: removes what a broken import left behind. Throws ListNotFound, also when deleted. */
  findToChange(id: string): ListRow {
    const list = this.find(id);
    if (this.#statements.find.get(id)?.[2] !== null) throw new ListNotFound(`list ${id} was deleted`);
    if (this.#statements.leftOver.get(list.no, list.revision)?.[0] === 1) {
      this.#statements.undoBeginnings.run(list.no, list.revision);
      this.#statements.undoEnds.run(list.no, list.revision);
    }
    return list;
  }

  /** Memberships of a value that reach beyond a moment, begun or not. */
  standing(list: ListRow, value: string, moment: number): readonly Standing[] {
    return this.#statements.standing.all(list.no, list.revision, value, moment).map((row) => ({
      value,
      validFrom: Number(row[0]),
      validUntil: untilOf(row[1]),
      rev: Number(row[2]),
    }));
  }

  begin({ no, revision }: ListRow, entry: ListEntry): void {
    const { value, validFrom, validUntil, reason, actor, source } = entry;
    const until = boundUntil(validUntil);
    this.#statements.begin.run(no, value, validFrom, revision + 1, until, reason, actor, source);
  }

  end({ no, revision }: ListRow, { membership, at, by }: Ending<Standing>): void {
    const { value, validFrom, rev } = membership;
    this.#statements.end.run(no, value, validFrom, rev, revision + 1, at, by.actor, by.reason);
  }

  /** Writes down who made a list: before all its revisions. */
  created(id: string, { actor, reason }: Ender, now: number): void {
    this.#statements.change.run(this.find(id).no, 0, now, 'created', actor, reason, '', 0, 0);
  }

  /** Makes a change of memberships seen, if it was one. */
  finish(list: ListRow, update: WireUpdate, note: ChangeNote, now: number): WireUpdate {
    if (update.added + update.removed === 0) return update;
    this.log(list, note, now, update);
    return { ...update, revision: list.revision + 1 };
  }

  /** Gives a change its revision. */
  log(
    { no, revision }: ListRow,
    { kind, actor, reason, source }: ChangeNote,
    now: number,
    { added, removed }: Pick<WireUpdate, 'added' | 'removed'> = { added: 0, removed: 0 },
  ): void {
    this.#statements.change.run(no, revision + 1, now, kind, actor, reason, source, added, removed);
    this.#statements.setRevision.run(revision + 1, no);
  }
}
