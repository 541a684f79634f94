import type { ListEntry } from '../../../facts/list-store.js';
import type { Database, SqlValue } from './database.js';
import { UNTIL } from './list-rows.js';
import type { WireUpdate } from './list-rows.js';
import type { WorkerLists } from './lists.js';
import type { Context, Job, Operations } from './work.js';
import { sliced, write } from './work.js';

/** Values handled in one slice. */
const SLICE_ROWS = 256;

/** How an import is to be taken. */
export interface ImportOptions {
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly now: number;
}

/**
 * Imports: entries gather in a staging table, then take their places slice by slice under a revision that nobody sees
 * yet; the switch is one small write. Whoever calls keeps other changes of the list away during `switch`.
 */
export class ListImporter {
  readonly #db: Database;
  readonly #lists: WorkerLists;
  readonly #statements;
  #nextImport: number;

  constructor(db: Database, lists: WorkerLists) {
    this.#db = db;
    this.#lists = lists;
    this.#nextImport = Number(db.prepare('SELECT ifnull(max(import), 0) + 1 FROM list_staging').get()?.[0]);
    this.#statements = {
      stage: db.prepare(
        `INSERT OR REPLACE INTO list_staging (import, value, valid_from, valid_until, reason, actor, source)
          VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ),
      staged: db.prepare(
        `SELECT value, valid_from, valid_until, reason, actor, source FROM list_staging
          WHERE import = ? AND value > ? ORDER BY value LIMIT ?`,
      ),
      /** ?1 list, ?2 revision, ?3 import, ?4 after value, ?5 as of, ?6 limit */
      held: db.prepare(
        `SELECT value, EXISTS (SELECT 1 FROM list_staging WHERE import = ?3 AND value = e.value)
          FROM list_entries AS e
          WHERE list = ?1 AND rev <= ?2 AND value > ?4 AND valid_from <= ?5 AND ifnull(${UNTIL}, 9e18) > ?5
          ORDER BY value LIMIT ?6`,
      ),
      drop: db.prepare(
        `DELETE FROM list_staging WHERE import = ?1 AND value <= ifnull(
          (SELECT value FROM list_staging WHERE import = ?1 ORDER BY value LIMIT 1 OFFSET 2000), char(1114111))`,
      ),
      imports: db.prepare('SELECT DISTINCT import FROM list_staging'),
    };
  }

  operations(): Operations {
    return {
      'lists.importBegin': write((_, list: string) => {
        this.#lists.find(list);
        return this.#nextImport++;
      }),
      'lists.importBatch': write((context, number: number, entries: readonly ListEntry[]) => {
        context.db.unwritten += entries.length * 100;
        for (const { value, validFrom, validUntil, reason, actor, source } of entries) {
          const until = Number.isFinite(validUntil) ? validUntil : null;
          this.#statements.stage.run(number, value, validFrom, until, reason, actor, source);
        }
      }),
      'lists.importSwitch': sliced((_, _send, number: number, list: string, options: ImportOptions) =>
        this.#switch(number, list, options),
      ),
      'lists.importEnd': write((context, number: number) => this.forget(context, number)),
    };
  }

  /** Forgets what is staged of imports that did not end, after a restart. */
  forgetAll(context: Pick<Context, 'background'>): void {
    for (const [number] of this.#statements.imports.all()) this.forget(context, Number(number));
  }

  forget(context: Pick<Context, 'background'>, number: number): void {
    const { drop } = this.#statements;
    context.background(
      (function* () {
        while (drop.run(number) > 0) yield;
      })(),
    );
  }

  *#switch(number: number, id: string, options: ImportOptions): Job {
    const { now, replace, dryRun } = options;
    const list = this.#db.durably(() => this.#lists.findToChange(id));
    const rev = dryRun ? undefined : list.revision + 1;
    const update: WireUpdate = { added: 0, removed: 0, unchanged: 0, revision: list.revision };
    for (let after = ''; ;) {
      const rows = this.#statements.staged.all(number, after, SLICE_ROWS);
      this.#db.lazily(() => {
        for (const row of rows) this.#lists.place(list, stagedEntry(row), now, update, rev);
      });
      if (rows.length < SLICE_ROWS) break;
      after = String(rows.at(-1)?.[0]);
      yield;
    }
    for (let after = replace ? '' : undefined; after !== undefined;) {
      const rows = this.#statements.held.all(list.no, list.revision, number, after, now, SLICE_ROWS);
      this.#db.lazily(() => {
        for (const [value, staged] of rows) {
          if (staged === 1) continue;
          update.removed += 1;
          if (rev !== undefined) this.#lists.endValue(list, String(value), now, rev);
        }
      });
      if (rows.length < SLICE_ROWS) break;
      after = String(rows.at(-1)?.[0]);
      yield;
    }
    return dryRun ? update : this.#db.durably(() => this.#lists.finish(list, update));
  }
}

function stagedEntry(row: readonly SqlValue[]): ListEntry {
  return {
    value: String(row[0]),
    validFrom: Number(row[1]),
    validUntil: row[2] === null ? Infinity : Number(row[2]),
    reason: String(row[3]),
    actor: String(row[4]),
    source: String(row[5]),
  };
}
