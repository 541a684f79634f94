import type { ListEntry, ListInfo } from '../../../facts/list-store.js';
import type { Database, SqlValue } from './database.js';
import { ListNotFound } from './failure.js';
import { UNTIL } from './list-rows.js';
import type { ListRow, WireUpdate } from './list-rows.js';
import type { Job, Operations } from './work.js';
import { read, sliced, write } from './work.js';

/** Rows counted in one slice. */
const SLICE_ROWS = 4_000;
/** Changes in one part of the feed. */
const FEED_ROWS = 500;

/** A place in the feed of changes: revision, 0 for ends and 1 for beginnings, value, start of the membership. */
type FeedPlace = readonly [change: number, kind: number, value: string, validFrom: number];

/** Before all times. */
const FIRST = -Number.MAX_SAFE_INTEGER;

interface Counted {
  readonly revision: number;
  readonly entries: number;
  /** Epoch ms: the count holds from the first up to the second. */
  readonly from: number;
  readonly until: number;
}

/** Lists at rest. Memberships are only added to; removal sets their end beside it. */
export class WorkerLists {
  readonly #statements;
  readonly #counts = new Map<number, Counted>();

  constructor(db: Database) {
    const columns = `value, reason, actor, source, valid_from, ${UNTIL}`;
    this.#statements = {
      find: db.prepare('SELECT no, revision FROM lists WHERE id = ?'),
      create: db.prepare(
        `INSERT INTO lists (id, type, kind, description, owner, revision) VALUES (?, ?, ?, ?, ?, 0)`,
      ),
      all: db.prepare('SELECT no, revision, id, type, kind, description, owner FROM lists ORDER BY id'),
      setRevision: db.prepare('UPDATE lists SET revision = ? WHERE no = ?'),
      /** ?1 list, ?2 revision, ?3 value, ?4 as of */
      holding: db.prepare(
        `SELECT ${columns}, rev FROM list_entries
          WHERE list = ?1 AND rev <= ?2 AND value = ?3 AND valid_from <= ?4 AND ifnull(${UNTIL}, 9e18) > ?4`,
      ),
      /** ?1 list, ?2 revision, ?3 after value, ?4 as of, ?5 limit */
      page: db.prepare(
        `SELECT ${columns} FROM list_entries
          WHERE list = ?1 AND rev <= ?2 AND value > ?3 AND valid_from <= ?4 AND ifnull(${UNTIL}, 9e18) > ?4
          ORDER BY value LIMIT ?5`,
      ),
      /** ?1 list, ?2 revision, ?3 .. ?5 after, ?6 limit */
      times: db.prepare(
        `SELECT value, valid_from, rev, ${UNTIL} FROM list_entries
          WHERE list = ?1 AND rev <= ?2 AND (value, valid_from, rev) > (?3, ?4, ?5)
          ORDER BY value, valid_from, rev LIMIT ?6`,
      ),
      insert: db.prepare(
        `INSERT OR REPLACE INTO list_entries
          (list, value, valid_from, rev, valid_until, reason, actor, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      end: db.prepare(
        `UPDATE list_entries SET ended_at = ?, ended_rev = ?
          WHERE list = ? AND value = ? AND valid_from = ? AND rev = ?`,
      ),
      /** ?1 list, ?2 revision of the list, ?3 revision of the change, ?4 and ?5 after, ?6 limit */
      ended: db.prepare(
        `SELECT ended_rev, value, valid_from, 0, ended_at, reason, actor, source FROM list_entries
          WHERE list = ?1 AND ended_rev = ?3 AND rev <= ?2 AND (value, valid_from) > (?4, ?5)
          ORDER BY value, valid_from LIMIT ?6`,
      ),
      begun: db.prepare(
        `SELECT rev, value, valid_from, 1, valid_until, reason, actor, source FROM list_entries
          WHERE list = ?1 AND rev = ?3 AND ifnull(ended_rev, 9e18) > ?2 AND (value, valid_from) > (?4, ?5)
          ORDER BY value, valid_from LIMIT ?6`,
      ),
      /** ?1 list, ?2 revision of the list, ?3 after */
      nextChange: db.prepare(
        `SELECT min(change) FROM (
          SELECT min(rev) AS change FROM list_entries WHERE list = ?1 AND rev > ?3 AND rev <= ?2
          UNION ALL
          SELECT min(ended_rev) FROM list_entries WHERE list = ?1 AND ended_rev > ?3 AND ended_rev <= ?2)`,
      ),
      leftOver: db.prepare(
        `SELECT EXISTS (SELECT 1 FROM list_entries WHERE list = ?1 AND rev > ?2) OR
          EXISTS (SELECT 1 FROM list_entries WHERE list = ?1 AND ended_rev > ?2)`,
      ),
      undoNew: db.prepare('DELETE FROM list_entries WHERE list = ? AND rev > ?'),
      undoEnds: db.prepare(
        'UPDATE list_entries SET ended_at = NULL, ended_rev = NULL WHERE list = ? AND ended_rev > ?',
      ),
    };
  }

  operations(): Operations {
    return {
      'lists.create': write((_, list: Omit<ListInfo, 'entries' | 'revision'>) => this.create(list)),
      'lists.all': sliced((_, _send, now: number) => this.lists(now)),
      'lists.add': write((_, list: string, entries: readonly ListEntry[], now: number) =>
        this.add(list, entries, now),
      ),
      'lists.remove': write((_, list: string, values: readonly string[], now: number) =>
        this.remove(list, values, now),
      ),
      'lists.check': read((_, list: string, values: readonly string[], asOf: number) =>
        this.check(list, values, asOf),
      ),
      'lists.entries': read((_, list: string, asOf: number, limit: number, after: string | undefined) => {
        const { no, revision } = this.find(list);
        return this.#statements.page.all(no, revision, after ?? '', asOf, limit).map(listEntry);
      }),
      'lists.changes': read((_, list: string, after: FeedPlace) => this.changes(list, after)),
    };
  }

  /** A list; what a broken import left behind is removed first. */
  find(id: string): ListRow {
    const row = this.#statements.find.get(id);
    if (!row) throw new ListNotFound(`no list ${id}`);
    return { no: Number(row[0]), revision: Number(row[1]) };
  }

  /** A list that is about to change: removes what a broken import left behind. Part of a transaction. */
  findToChange(id: string): ListRow {
    const list = this.find(id);
    if (this.#statements.leftOver.get(list.no, list.revision)?.[0] === 1) {
      this.#statements.undoNew.run(list.no, list.revision);
      this.#statements.undoEnds.run(list.no, list.revision);
    }
    return list;
  }

  create(list: Omit<ListInfo, 'entries' | 'revision'>): 'created' | 'exists' {
    if (this.#statements.find.get(list.id)) return 'exists';
    this.#statements.create.run(list.id, list.type, list.kind, list.description, list.owner);
    return 'created';
  }

  *lists(now: number): Job {
    const infos: ListInfo[] = [];
    for (const [no, revision, id, type, kind, description, owner] of this.#statements.all.all()) {
      const row: ListRow = { no: Number(no), revision: Number(revision) };
      const entries = yield* this.#count(row, now);
      infos.push({
        id: String(id),
        type: type as ListInfo['type'],
        kind: kind as ListInfo['kind'],
        description: String(description),
        owner: String(owner),
        entries,
        revision: row.revision,
      });
    }
    return infos;
  }

  add(id: string, entries: readonly ListEntry[], now: number): WireUpdate {
    const list = this.findToChange(id);
    const update = { added: 0, removed: 0, unchanged: 0, revision: list.revision };
    const byValue = new Map(entries.map((entry) => [entry.value, entry]));
    for (const entry of byValue.values()) this.place(list, entry, now, update, list.revision + 1);
    return this.finish(list, update);
  }

  remove(id: string, values: readonly string[], now: number): WireUpdate {
    const list = this.findToChange(id);
    const update = { added: 0, removed: 0, unchanged: 0, revision: list.revision };
    for (const value of new Set(values)) {
      const held = this.#holding(list, value, now);
      for (const one of held) this.#end(list, one, now, list.revision + 1);
      if (held.length > 0) update.removed += 1;
      else update.unchanged += 1;
    }
    return this.finish(list, update);
  }

  check(id: string, values: readonly string[], asOf: number): ListEntry[] {
    const list = this.find(id);
    return values.flatMap((value) =>
      this.#statements.holding.all(list.no, list.revision, value, asOf).map(listEntry),
    );
  }

  /**
   * Memberships changed after a place in the feed, each once, by the revision that changed it last; of one revision,
   * ends come before what begins in their place.
   */
  changes(id: string, [afterChange, afterKind, afterValue, afterFrom]: FeedPlace): (readonly SqlValue[])[] {
    const { no, revision } = this.find(id);
    const { ended, begun, nextChange } = this.#statements;
    const rows: (readonly SqlValue[])[] = [];
    let place: FeedPlace = [afterChange, afterKind, afterValue, afterFrom];
    while (rows.length < FEED_ROWS) {
      const [change, kind, value, from] = place;
      const left = FEED_ROWS - rows.length;
      const found = (kind === 0 ? ended : begun).all(no, revision, change, value, from, left);
      rows.push(...found);
      if (found.length === left) break;
      if (kind === 0) place = [change, 1, '', FIRST];
      else {
        const next = nextChange.get(no, revision, change)?.[0];
        if (typeof next !== 'number') break;
        place = [next, 0, '', FIRST];
      }
    }
    return rows;
  }

  /** Puts one membership in its place, as revision `rev`; a dry run (`rev` undefined) only counts. */
  place(list: ListRow, entry: ListEntry, now: number, update: WireUpdate, rev: number | undefined): void {
    // What this revision has done itself counts too: a batch may name a value twice.
    const seen = { no: list.no, revision: rev ?? list.revision };
    const held = this.#holding(seen, entry.value, now);
    const planned = entry.validFrom > now ? this.#holding(seen, entry.value, entry.validFrom) : [];
    const begins = planned.filter((one) => one.validFrom === entry.validFrom);
    if ([...held, ...begins].some((one) => one.until === entry.validUntil)) {
      update.unchanged += 1;
      return;
    }
    update.added += 1;
    if (rev === undefined) return;
    for (const one of held) this.#end(list, one, now, rev);
    for (const one of begins) this.#end(list, one, one.validFrom, rev);
    const from = held.length > 0 ? Math.max(entry.validFrom, now) : entry.validFrom;
    const until = Number.isFinite(entry.validUntil) ? entry.validUntil : null;
    this.#statements.insert.run(
      list.no,
      entry.value,
      from,
      rev,
      until,
      entry.reason,
      entry.actor,
      entry.source,
    );
  }

  /** Ends the memberships of a value in force, as revision `rev`. */
  endValue(list: ListRow, value: string, now: number, rev: number): void {
    for (const one of this.#holding(list, value, now)) this.#end(list, one, now, rev);
  }

  /** Makes a change seen, if it was one. */
  finish(list: ListRow, update: WireUpdate): WireUpdate {
    if (update.added + update.removed === 0) return update;
    this.#statements.setRevision.run(list.revision + 1, list.no);
    return { ...update, revision: list.revision + 1 };
  }

  #holding(list: ListRow, value: string, asOf: number): Held[] {
    return this.#statements.holding.all(list.no, list.revision, value, asOf).map((row) => ({
      value,
      validFrom: Number(row[4]),
      until: row[5] === null ? Infinity : Number(row[5]),
      rev: Number(row[6]),
    }));
  }

  #end(list: ListRow, held: Held, now: number, rev: number): void {
    this.#statements.end.run(now, rev, list.no, held.value, held.validFrom, held.rev);
  }

  /** Counts what is in force, and remembers until when that is so. */
  *#count(list: ListRow, now: number): Generator<void, number> {
    const known = this.#counts.get(list.no);
    if (known && known.revision === list.revision && known.from <= now && now < known.until)
      return known.entries;
    let entries = 0;
    let until = Infinity;
    let after: SqlValue[] = ['', 0, 0];
    for (;;) {
      const rows = this.#statements.times.all(list.no, list.revision, ...after, SLICE_ROWS);
      for (const [, from, , end] of rows) {
        const begins = Number(from);
        const ends = end === null ? Infinity : Number(end);
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

interface Held {
  readonly value: string;
  readonly validFrom: number;
  readonly until: number;
  readonly rev: number;
}

function listEntry(row: readonly SqlValue[]): ListEntry {
  return {
    value: String(row[0]),
    reason: String(row[1]),
    actor: String(row[2]),
    source: String(row[3]),
    validFrom: Number(row[4]),
    validUntil: row[5] === null ? Infinity : Number(row[5]),
  };
}
