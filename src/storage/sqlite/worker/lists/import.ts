import type { ChangeNote, Ender, ImportEntry, ListEntry } from '../../../../facts/lists/list-store.js';
import { ShownChanges } from '../../../../facts/lists/shown-changes.js';
import { endAll, endRest, placeEntries } from '../../../../facts/lists/timeline.js';
import type { Ending } from '../../../../facts/lists/timeline.js';
import type { Database } from '../database.js';
import type { ListChanges, Standing } from './changes.js';
import { ENTRY, SEEN, UNTIL, entryOf } from './rows.js';
import type { ListRow, WireImport, WireUpdate } from './rows.js';
import { AFTER_ALL, StagedEntries } from './staging.js';
import type { StagedSlice } from './staging.js';
import type { Context, Job } from '../work.js';
import { sliced, write } from '../work.js';

/** Memberships of the list looked at in one slice, or some more: those of a value stay together. */
const SLICE_ROWS = 512;

/** How an import is to be taken; `now` is the moment of the switch. */
export interface SwitchOptions {
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly by: Ender;
  readonly note: ChangeNote;
  readonly show: number;
  readonly now: number;
}

/** A switch under way. */
interface Switch extends SwitchOptions {
  readonly list: ListRow;
  readonly update: WireUpdate;
  readonly shown: ShownChanges;
}

/**
 * Imports: entries gather in a staging table, then take their places slice by slice under a revision that nobody sees
 * yet; the switch is one small write. Whoever calls keeps other changes of the list away during `switch`.
 */
export class ListImporter {
  readonly #db: Database;
  readonly #changes: ListChanges;
  readonly #staged: StagedEntries;
  readonly #statements;
  #nextImport: number;

  constructor(db: Database, changes: ListChanges) {
    this.#db = db;
    this.#changes = changes;
    this.#staged = new StagedEntries(db);
    this.#nextImport = Number(db.prepare('SELECT ifnull(max(import), 0) + 1 FROM list_staging').get()?.[0]);
    this.#statements = {
      /** ?1 list, ?2 after value, ?3 rows to leave out */
      valueAt: db.prepare(
        `SELECT value FROM list_entries WHERE list = ?1 AND value > ?2
          ORDER BY value, valid_from, rev LIMIT 1 OFFSET ?3`,
      ),
      /** Values with memberships now or later that are not staged. ?1 list, ?2 revision, ?3 import, ?4 and ?5 after which value up to which, ?6 now */
      others: db.prepare(
        `SELECT DISTINCT e.value FROM list_entries AS e
          WHERE e.list = ?1 AND ${SEEN} AND e.value > ?4 AND e.value <= ?5
            AND NOT EXISTS (SELECT 1 FROM list_staging AS s WHERE s.import = ?3 AND s.value = e.value)
            AND ${UNTIL} > max(?6, e.valid_from)
          ORDER BY e.value`,
      ),
      /** ?1 list, ?2 revision, ?3 .. ?5 membership */
      whole: db.prepare(
        `SELECT ${ENTRY} FROM list_entries AS e
          WHERE e.list = ?1 AND e.value = ?3 AND e.valid_from = ?4 AND e.rev = ?5`,
      ),
      drop: db.prepare(
        `DELETE FROM list_staging WHERE import = ?1 AND value <= ifnull(
          (SELECT value FROM list_staging WHERE import = ?1 ORDER BY value LIMIT 1 OFFSET 2000), char(1114111))`,
      ),
      imports: db.prepare('SELECT DISTINCT import FROM list_staging'),
    };
  }

  operations() {
    return {
      'lists.importBegin': write((_, list: string) => {
        this.#changes.find(list);
        return this.#nextImport++;
      }),
      'lists.importBatch': write((context, number: number, texts: string) => {
        context.db.unwritten += texts.length;
        this.#staged.stage(number, texts);
      }),
      'lists.importSwitch': sliced((_, _send, number: number, list: string, options: SwitchOptions) =>
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

  *#switch(number: number, id: string, options: SwitchOptions): Job<WireImport> {
    const { now, replace, dryRun, by, note } = options;
    const list = this.#db.durably(() => this.#changes.findToChange(id));
    const update: WireUpdate = { added: 0, removed: 0, unchanged: 0, revision: list.revision };
    const shown = new ShownChanges(options.show);
    const under: Switch = { ...options, list, update, shown };
    for (const slice of this.#staged.slices(number)) {
      this.#db.lazily(() => this.#takeSlice(under, number, slice));
      yield;
    }
    for (let after = replace ? '' : undefined; after !== undefined;) {
      const last = this.#statements.valueAt.get(list.no, after, SLICE_ROWS - 1)?.[0] ?? AFTER_ALL;
      const bounds = [after, last] as const;
      const rows = this.#statements.others.all(list.no, list.revision, number, ...bounds, now);
      update.removed += rows.length;
      if (!dryRun || shown.wants('removed', String(rows[0]?.[0] ?? after)))
        this.#db.lazily(() => {
          for (const [value] of rows) {
            const ended = endAll(this.#changes.standing(list, String(value), now), by, now);
            this.#showEnded(under, ended);
            if (!dryRun) this.#end(list, ended);
          }
        });
      after = last === AFTER_ALL ? undefined : String(last);
      yield;
    }
    const done = dryRun ? update : this.#db.durably(() => this.#changes.finish(list, update, note, now));
    return { ...done, ...shown.part };
  }

  #takeSlice(under: Switch, number: number, slice: StagedSlice): void {
    const { list, now, replace, dryRun, update, shown } = under;
    // Those that are to be shown are looked at one by one.
    const each = shown.wants('added', slice.after);
    const groups = this.#staged.groups(number, slice, list, each);
    if (!each) update.added += this.#staged.plain(number, slice, list, !dryRun);
    if (groups.size === 0) return;
    const moments = new Map<string, number>();
    for (const [value, entries] of groups) {
      const earliest = Math.min(...entries.map(({ validFrom }) => validFrom));
      moments.set(value, replace ? Math.min(earliest, now) : earliest);
    }
    const standing = this.#staged.standing(number, slice, list, Math.min(...moments.values()));
    for (const [value, entries] of groups) {
      const moment = moments.get(value) ?? now;
      const reaching = (standing.get(value) ?? []).filter(({ validUntil }) => validUntil > moment);
      this.#take(under, reaching, entries);
    }
  }

  #take(under: Switch, standing: readonly Standing[], entries: readonly ImportEntry[]): void {
    const { list, now, replace, dryRun, by, update, shown } = under;
    const { ended, added, kept, unchanged } = placeEntries(standing, entries, now);
    update.added += added.length;
    update.unchanged += unchanged.length;
    const cut = new Map(ended.map(({ membership, at }) => [membership, at]));
    const others = standing.filter((one) => !kept.includes(one));
    const rest = others.map((one) => ({ ...one, validUntil: cut.get(one) ?? one.validUntil }));
    const alsoEnded = replace ? endRest(rest, [...added, ...kept], by, now) : [];
    if (alsoEnded.length > 0) update.removed += 1;
    shown.added(added);
    this.#showEnded(under, alsoEnded);
    if (unchanged.length > 0 && shown.wants('unchanged', unchanged[0]?.value ?? ''))
      shown.unchanged(this.#whole(list, unchanged), entries);
    if (dryRun) return;
    this.#end(list, [...ended, ...alsoEnded]);
    for (const entry of added) this.#changes.begin(list, entry);
  }

  #showEnded({ list, shown }: Switch, endings: readonly Ending<Standing>[]): void {
    const [first] = endings;
    if (first === undefined || !shown.wants('removed', first.membership.value)) return;
    shown.removed(
      this.#whole(
        list,
        endings.map(({ membership }) => membership),
      ),
    );
  }

  #whole({ no, revision }: ListRow, memberships: readonly Standing[]): readonly ListEntry[] {
    return memberships.flatMap(({ value, validFrom, rev }) =>
      this.#statements.whole.all(no, revision, value, validFrom, rev).map(entryOf),
    );
  }

  #end(list: ListRow, endings: readonly Ending<Standing>[]): void {
    for (const ending of endings) this.#changes.end(list, ending);
  }
}
