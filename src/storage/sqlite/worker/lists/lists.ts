import { addedBy } from '../../../../facts/lists/change-note.js';
import type {
  Ender,
  EntryPlace,
  EntryQuery,
  HistoryPlace,
  ListEntry,
  ListHead,
  ListInfo,
  ListSettings,
  NewList,
} from '../../../../facts/lists/list-store.js';
import { byValue, endAll, placeEntries } from '../../../../facts/lists/timeline.js';
import type { Database, SqlValue } from '../database.js';
import { ListChanges } from './changes.js';
import { ListCount } from './count.js';
import { ListFeed } from './feed.js';
import type { FeedPlace } from './feed.js';
import { ListHistory } from './history.js';
import { ENTRY, FIRST, HEAD, SEEN, UNTIL, entryOf, headOf } from './rows.js';
import type { ListRow, WireUpdate } from './rows.js';
import type { Job } from '../work.js';
import { read, sliced, write } from '../work.js';

/** Lists at rest. Memberships are only added to; what ends them is kept beside them. */
export class WorkerLists {
  readonly changes: ListChanges;
  readonly #count: ListCount;
  readonly #feed: ListFeed;
  readonly #history: ListHistory;
  readonly #statements;

  constructor(db: Database) {
    this.changes = new ListChanges(db);
    this.#count = new ListCount(db);
    this.#feed = new ListFeed(db);
    this.#history = new ListHistory(db);
    this.#statements = {
      create: db.prepare(
        `INSERT OR IGNORE INTO lists (id, type, kind, description, owner, revision, settings)
          VALUES (?, ?, ?, ?, ?, 0, 0)`,
      ),
      all: db.prepare(`SELECT ${HEAD} FROM lists ORDER BY id`),
      one: db.prepare(`SELECT ${HEAD} FROM lists WHERE id = ?`),
      describe: db.prepare('UPDATE lists SET description = ?, owner = ?, settings = ? WHERE no = ?'),
      delete: db.prepare('UPDATE lists SET deleted_at = ?, deleted_by = ?, deleted_reason = ? WHERE no = ?'),
      /** The last revision known at a moment. */
      known: db.prepare(
        'SELECT rev FROM list_changes WHERE list = ? AND at <= ? ORDER BY at DESC, rev DESC LIMIT 1',
      ),
      /** ?1 list, ?2 revision, ?3 value, ?4 latest beginning, ?5 ends after */
      ofValue: db.prepare(
        `SELECT ${ENTRY} FROM list_entries AS e
          WHERE e.list = ?1 AND ${SEEN} AND e.value = ?3 AND e.valid_from <= ?4 AND ${UNTIL} > ?5
            AND ${UNTIL} > e.valid_from
          ORDER BY e.valid_from`,
      ),
      /** ?1 list, ?2 revision, ?3 and ?4 after value and beginning, ?5 latest beginning, ?6 ends after, ?7 limit */
      page: db.prepare(
        `SELECT ${ENTRY} FROM list_entries AS e
          WHERE e.list = ?1 AND ${SEEN} AND (e.value, e.valid_from) > (?3, ?4) AND e.valid_from <= ?5
            AND ${UNTIL} > ?6 AND ${UNTIL} > e.valid_from
          ORDER BY e.value, e.valid_from LIMIT ?7`,
      ),
    };
  }

  operations() {
    return {
      'lists.create': write((_, list: NewList, by: Ender, now: number) => this.create(list, by, now)),
      'lists.update': write(
        (_, list: string, settings: ListSettings, expected: number | undefined, by: Ender, now: number) =>
          this.update(list, settings, expected, by, now),
      ),
      'lists.delete': write((_, list: string, by: Ender, now: number) => this.delete(list, by, now)),
      'lists.log': read((_, list: string, limit: number, before: number | undefined) =>
        this.#history.log(this.changes.find(list), limit, before),
      ),
      'lists.history': read(
        (_, list: string, values: readonly string[], limit: number, after: HistoryPlace | undefined) =>
          this.#history.of(this.changes.find(list), values, limit, after),
      ),
      'lists.heads': read(() => this.heads()),
      'lists.all': sliced((_, _send, now: number) => this.lists(now)),
      'lists.add': write((_, list: string, entries: readonly ListEntry[], now: number) =>
        this.add(list, entries, now),
      ),
      'lists.remove': write((_, list: string, values: readonly string[], by: Ender, now: number) =>
        this.remove(list, values, by, now),
      ),
      'lists.check': read((_, list: string, values: readonly string[], query: EntryQuery) =>
        this.check(list, values, query),
      ),
      'lists.entries': read(
        (_, list: string, query: EntryQuery, limit: number, after: EntryPlace | undefined) =>
          this.entries(list, query, limit, after),
      ),
      'lists.changes': read((_, list: string, after: FeedPlace) =>
        this.#feed.after(this.changes.find(list), after),
      ),
    };
  }

  create(list: NewList, by: Ender, now: number): 'created' | 'exists' {
    const { id, type, kind, description, owner } = list;
    if (this.#statements.create.run(id, type, kind, description, owner) === 0) return 'exists';
    this.changes.created(id, by, now);
    return 'created';
  }

  heads(): ListHead[] {
    return this.#statements.all.all().map(headOf);
  }

  update(
    id: string,
    settings: ListSettings,
    expected: number | undefined,
    by: Ender,
    now: number,
  ): ListHead | 'stale' {
    const list = this.changes.findToChange(id);
    const head = this.#head(id);
    if (expected !== undefined && expected !== head.settings) return 'stale';
    const { description = head.description, owner = head.owner } = settings;
    if (description === head.description && owner === head.owner) return head;
    this.changes.log(list, { kind: 'updated', ...by, source: '' }, now);
    this.#statements.describe.run(description, owner, list.revision + 1, list.no);
    return this.#head(id);
  }

  delete(id: string, by: Ender, now: number): ListHead {
    const list = this.changes.findToChange(id);
    this.changes.log(list, { kind: 'deleted', ...by, source: '' }, now);
    const at = this.#history.log({ ...list, revision: list.revision + 1 }, 1, undefined)[0]?.at ?? now;
    this.#statements.delete.run(at, by.actor, by.reason, list.no);
    return this.#head(id);
  }

  #head(id: string): ListHead {
    return headOf(this.#statements.one.get(id) ?? []);
  }

  *lists(now: number): Job<ListInfo[]> {
    const infos: ListInfo[] = [];
    for (const head of this.heads()) {
      const entries = head.deleted ? 0 : yield* this.#count.at(this.changes.find(head.id), now);
      infos.push({ ...head, entries });
    }
    return infos;
  }

  add(id: string, entries: readonly ListEntry[], now: number): WireUpdate {
    const list = this.changes.findToChange(id);
    const update = { added: 0, removed: 0, unchanged: 0, revision: list.revision };
    for (const [value, same] of byValue(entries)) {
      const earliest = Math.min(...same.map(({ validFrom }) => validFrom));
      const { ended, added, unchanged } = placeEntries(
        this.changes.standing(list, value, earliest),
        same,
        now,
      );
      for (const ending of ended) this.changes.end(list, ending);
      for (const entry of added) this.changes.begin(list, entry);
      update.added += added.length;
      update.unchanged += unchanged.length;
    }
    return this.changes.finish(list, update, addedBy(entries), now);
  }

  remove(id: string, values: readonly string[], by: Ender, now: number): WireUpdate {
    const list = this.changes.findToChange(id);
    const update = { added: 0, removed: 0, unchanged: 0, revision: list.revision };
    for (const value of new Set(values)) {
      const ended = endAll(this.changes.standing(list, value, now), by, now);
      for (const ending of ended) this.changes.end(list, ending);
      if (ended.length > 0) update.removed += 1;
      else update.unchanged += 1;
    }
    return this.changes.finish(list, update, { kind: 'removed', ...by, source: '' }, now);
  }

  check(id: string, values: readonly string[], query: EntryQuery): ListEntry[] {
    const { no, revision } = this.#asKnown(this.changes.find(id), query);
    return values.flatMap((value) =>
      this.#statements.ofValue
        .all(no, revision, value, latestBeginning(query), query.asOf)
        .map((row) => entryOf(row)),
    );
  }

  entries(id: string, query: EntryQuery, limit: number, after: EntryPlace | undefined): ListEntry[] {
    const { no, revision } = this.#asKnown(this.changes.find(id), query);
    const place: [string, number] = after === undefined ? ['', FIRST] : [after.value, after.validFrom];
    return this.#statements.page
      .all(no, revision, ...place, latestBeginning(query), query.asOf, limit)
      .map((row: readonly SqlValue[]) => entryOf(row));
  }

  /** The list as a question wants it. What a change under way has written already has higher revisions. */
  #asKnown({ no, revision }: ListRow, { knownAt, revision: wanted = Infinity }: EntryQuery): ListRow {
    const known =
      knownAt === undefined ? Infinity : Number(this.#statements.known.get(no, knownAt)?.[0] ?? 0);
    return { no, revision: Math.min(revision, wanted, known) };
  }
}

function latestBeginning({ asOf, planned }: EntryQuery): number {
  return planned === true ? Number.MAX_SAFE_INTEGER : asOf;
}
