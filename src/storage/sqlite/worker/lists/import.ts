import { MAX_ENTRIES_OF_VALUE } from '../../../../facts/lists/list-store.js';
import type { ChangeNote, Ender, ImportEntry, ListEntry } from '../../../../facts/lists/list-store.js';
import { ShownChanges } from '../../../../facts/lists/shown-changes.js';
import { byValue, endAll, endRest, placeEntries } from '../../../../facts/lists/timeline.js';
import type { Ending } from '../../../../facts/lists/timeline.js';
import type { Database, SqlValue } from '../database.js';
import { Invalid } from '../failure.js';
import type { ListChanges, Standing } from './changes.js';
import { ENTRY, SEEN, UNTIL, boundUntil, entryOf } from './rows.js';
import type { ListRow, WireImport, WireUpdate } from './rows.js';
import type { Context, Job } from '../work.js';
import { sliced, write } from '../work.js';

/** Values, or entries, handled in one slice: more than one value may have. */
const SLICE_ROWS = 256;

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
  readonly #statements;
  #nextImport: number;

  constructor(db: Database, changes: ListChanges) {
    this.#db = db;
    this.#changes = changes;
    this.#nextImport = Number(db.prepare('SELECT ifnull(max(import), 0) + 1 FROM list_staging').get()?.[0]);
    this.#statements = {
      stage: db.prepare(
        `INSERT INTO list_staging (import, value, position, valid_from, valid_until, reason, actor, source)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      staged: db.prepare(
        `SELECT value, valid_from, valid_until, reason, actor, source, position FROM list_staging
          WHERE import = ? AND value > ? ORDER BY value, position LIMIT ?`,
      ),
      /** Values with memberships now or later that are not staged. ?1 list, ?2 revision, ?3 import, ?4 after value, ?5 now, ?6 limit */
      others: db.prepare(
        `SELECT DISTINCT e.value FROM list_entries AS e
          WHERE e.list = ?1 AND ${SEEN} AND e.value > ?4 AND ${UNTIL} > ?5 AND ${UNTIL} > e.valid_from
            AND NOT EXISTS (SELECT 1 FROM list_staging WHERE import = ?3 AND value = e.value)
          ORDER BY e.value LIMIT ?6`,
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
      'lists.importBatch': write(
        (context, number: number, position: number, entries: readonly ImportEntry[]) => {
          context.db.unwritten += entries.length * 100;
          for (const [index, entry] of entries.entries()) {
            const { value, validFrom, validUntil, reason, actor, source } = entry;
            const until = boundUntil(validUntil);
            const place = entry.position ?? position + index + 1;
            this.#statements.stage.run(number, value, place, validFrom, until, reason, actor, source);
          }
        },
      ),
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
    for (let after: string | undefined = ''; after !== undefined;) {
      const { groups, last } = this.#staged(number, after);
      this.#db.lazily(() => {
        for (const [value, entries] of groups) this.#take(under, value, entries);
      });
      after = last;
      yield;
    }
    for (let after = replace ? '' : undefined; after !== undefined;) {
      const rows = this.#statements.others.all(list.no, list.revision, number, after, now, SLICE_ROWS);
      update.removed += rows.length;
      if (!dryRun || shown.wants('removed'))
        this.#db.lazily(() => {
          for (const [value] of rows) {
            const ended = endAll(this.#changes.standing(list, String(value), now), by, now);
            this.#showEnded(under, ended);
            if (!dryRun) this.#end(list, ended);
          }
        });
      after = rows.length < SLICE_ROWS ? undefined : String(rows.at(-1)?.[0]);
      yield;
    }
    const done = dryRun ? update : this.#db.durably(() => this.#changes.finish(list, update, note, now));
    return { ...done, ...shown.part };
  }

  /** The next values with all their staged entries; `last` is undefined at the end. */
  #staged(number: number, after: string) {
    const rows = this.#statements.staged.all(number, after, SLICE_ROWS);
    const groups = new Map(byValue(rows.map(stagedEntry)));
    const last = rows.length < SLICE_ROWS ? undefined : [...groups.keys()].at(-2);
    // The last one may go on beyond this slice.
    if (rows.length === SLICE_ROWS) groups.delete(String(rows.at(-1)?.[0]));
    for (const entries of groups.values())
      if (entries.length > MAX_ENTRIES_OF_VALUE) throw new Invalid(tooMany(entries[0]));
    if (rows.length === SLICE_ROWS && groups.size === 0)
      throw new Invalid(tooMany(stagedEntry(rows[0] ?? [])));
    return { groups, last };
  }

  #take(under: Switch, value: string, entries: readonly ImportEntry[]): void {
    const { list, now, replace, dryRun, by, update, shown } = under;
    const earliest = Math.min(...entries.map(({ validFrom }) => validFrom));
    const standing = this.#changes.standing(list, value, replace ? Math.min(earliest, now) : earliest);
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
    if (unchanged.length > 0 && shown.wants('unchanged'))
      shown.unchanged(this.#whole(list, unchanged), entries);
    if (dryRun) return;
    this.#end(list, [...ended, ...alsoEnded]);
    for (const entry of added) this.#changes.begin(list, entry);
  }

  #showEnded({ list, shown }: Switch, endings: readonly Ending<Standing>[]): void {
    if (endings.length === 0 || !shown.wants('removed')) return;
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

function tooMany(entry: ListEntry | undefined): string {
  return `entries: more than ${MAX_ENTRIES_OF_VALUE} of ${entry?.value ?? ''}`;
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
