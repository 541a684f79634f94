import type { ImportEntry, ImportOptions, ImportUpdate, ListEntry } from '../../../facts/lists/list-store.js';
import { ShownChanges } from '../../../facts/lists/shown-changes.js';
import { compareValues } from '../../../facts/lists/value-order.js';
import { endAll, endRest, placeEntries } from '../../../facts/lists/timeline.js';
import type { Ending } from '../../../facts/lists/timeline.js';
import { ahead } from '../at-once.js';
import { chunks, earliestOf, standingOf } from './difference.js';
import type { Difference, Standing, ValueRange } from './difference.js';
import type { ListStaging } from './staging.js';
import { RUN_SIZES } from './sorted-runs.js';
import type { RunSizes } from './sorted-runs.js';
import type { ListView } from './view.js';
import { ListWriter } from './writer.js';
import type { ListCollections } from './collections.js';

/** How much is looked at at once. */
export interface ImportSizes extends RunSizes {
  /** Memberships of the list looked through in one step. */
  readonly stretch: number;
}

export const IMPORT_SIZES: ImportSizes = { ...RUN_SIZES, stretch: 5_000 };

/** How long a whole import waits for another writer, ms: that may be the switch of another one. */
const PATIENCE_MS = 600_000;

/** Parts that are looked up at once. */
const AT_ONCE = 3;
const NOTHING: ReadonlyMap<string, readonly Standing[]> = new Map();

/** What decides over the differences. */
type Rules = Pick<ImportOptions, 'replace' | 'by'> &
  Pick<ImportSizes, 'stretch'> & { readonly shown: ShownChanges };

/** Makes what is staged take its places in the list. Only now are other changes of the list kept away. */
export async function switchTo(
  on: ListCollections,
  list: string,
  staging: ListStaging,
  { replace, by, now, show, note = { ...by, source: '' } }: ImportOptions,
  { stretch }: ImportSizes,
): Promise<ImportUpdate> {
  const shown = new ShownChanges(show);
  const kind = replace ? ('replaced' as const) : ('imported' as const);
  const options = { now, patienceMs: PATIENCE_MS, note: { kind, ...note } };
  const update = await ListWriter.change(on, list, options, (writer) =>
    differences(on, writer.view, staging, { replace, by, shown, stretch }, writer.now),
  );
  return { ...update, ...shown.part };
}

/** Tells what that would do to a list as it stands. */
export async function tell(
  on: ListCollections,
  view: ListView,
  staging: ListStaging,
  { replace, by, now, show }: ImportOptions,
  { stretch }: ImportSizes,
): Promise<ImportUpdate> {
  const shown = new ShownChanges(show);
  const update = { added: 0, removed: 0, unchanged: 0, revision: view.revision };
  const all = differences(on, view, staging, { replace, by, shown, stretch }, now());
  for await (const { added, removed, unchanged } of all) {
    update.added += added.length;
    update.removed += removed;
    update.unchanged += unchanged;
  }
  return { ...update, ...shown.part };
}

async function* differences(
  on: ListCollections,
  view: ListView,
  staging: ListStaging,
  options: Rules,
  now: number,
): AsyncIterable<Difference> {
  const bare = (await on.connection.run(() => on.memberships.findOne({ list: view.list }))) === null;
  const stretches =
    options.replace && !bare ? alongTheList(on, view, staging, options.stretch) : alone(staging.groups());
  const found = ahead(AT_ONCE, stretches, async ({ values, range }) => {
    const moment = Math.min(options.replace ? now : Infinity, earliestOf([...values.values()].flat()));
    const wanted = showsFrom(options, range === undefined ? [...values.keys()][0] : range.$gt);
    const which = range ?? { $in: [...values.keys()] };
    return { values, standing: bare ? NOTHING : await standingOf(on, view, which, moment, wanted) };
  });
  for await (const { values, standing } of found) {
    yield placed(values, standing, options, now);
    const others = [...standing].filter(([value]) => !values.has(value));
    for (const some of chunks(others)) yield removal(some, options, now);
  }
}

/** Whether what stands from a value on may be among what is to be shown. */
function showsFrom({ replace, shown }: Rules, value = ''): boolean {
  return (replace && shown.wants('removed', value)) || shown.wants('unchanged', value);
}

/** Entries that came, by value, and where in the list to look for what stood; no range: at their values only. */
interface Stretch {
  readonly values: ReadonlyMap<string, readonly ImportEntry[]>;
  readonly range?: ValueRange;
}

async function* alone(groups: AsyncIterable<Stretch['values']>): AsyncGenerator<Stretch> {
  for await (const values of groups) yield { values };
}

/**
 * The list from its first value to its last beside what came, stretch by stretch, so that no step takes long however much
 * of the list is over or did not come.
 */
async function* alongTheList(
  on: ListCollections,
  view: ListView,
  staging: ListStaging,
  most: number,
): AsyncGenerator<Stretch> {
  let after: string | undefined;
  const upTo = async function* (last: string | undefined, came: Stretch['values']): AsyncGenerator<Stretch> {
    let rest = [...came];
    for (let more = true; more;) {
      const end = await endOfStretch(on, view, rangeOf(after, last), most);
      more = end !== undefined;
      const beyond = end === undefined ? -1 : rest.findIndex(([value]) => compareValues(value, end) > 0);
      const count = beyond === -1 ? rest.length : beyond;
      yield { values: new Map(rest.slice(0, count)), range: rangeOf(after, end ?? last) };
      rest = rest.slice(count);
      after = end ?? last;
    }
  };
  for await (const values of staging.groups()) yield* upTo([...values.keys()].at(-1), values);
  yield* upTo(undefined, new Map());
}

/** Where a stretch ends that begins where the range does; undefined: the whole range is none too long. */
async function endOfStretch(
  { connection, memberships }: ListCollections,
  { list }: ListView,
  range: ValueRange,
  most: number,
): Promise<string | undefined> {
  const only = { projection: { _id: 0, v: 1 } } as const;
  const within = Object.keys(range).length === 0 ? { list } : { list, v: range };
  const [beyond] = await connection.run(() =>
    memberships.find(within, only).sort({ v: 1 }).skip(most).limit(1).toArray(),
  );
  return beyond?.v;
}

function rangeOf(after: string | undefined, upTo: string | undefined): ValueRange {
  return { ...(after === undefined ? {} : { $gt: after }), ...(upTo === undefined ? {} : { $lte: upTo }) };
}

/** What ends of values that did not come. */
function removal(
  others: readonly (readonly [value: string, standing: readonly Standing[]])[],
  { by, shown }: Rules,
  now: number,
): Difference {
  const ended = endAll(
    others.flatMap(([, standing]) => standing),
    by,
    now,
  );
  showEnded(shown, ended);
  const removed = new Set(ended.map(({ membership }) => membership.value)).size;
  return { added: [], ended, removed, unchanged: 0 };
}

function placed(
  groups: ReadonlyMap<string, readonly ImportEntry[]>,
  standing: ReadonlyMap<string, readonly Standing[]>,
  { replace, by, shown }: Rules,
  now: number,
): Difference {
  const added: ListEntry[] = [];
  const ended: Ending<Standing>[] = [];
  let removed = 0;
  let unchanged = 0;
  for (const [value, entries] of groups) {
    const stood = standing.get(value) ?? [];
    const placement = placeEntries(stood, entries, now);
    added.push(...placement.added);
    unchanged += placement.unchanged.length;
    shown.added(placement.added);
    if (shown.wants('unchanged', value)) shown.unchanged(asTheyStand(placement.unchanged), entries);
    const ends = new Map(placement.ended.map((ending) => [ending.membership, ending]));
    const rest = replace ? stood.filter((one) => !placement.kept.includes(one)) : [];
    if (rest.length > 0) {
      const cut = new Map(
        rest.map((one) => [{ ...one, validUntil: ends.get(one)?.at ?? one.validUntil }, one]),
      );
      const more = endRest([...cut.keys()], [...placement.added, ...placement.kept], by, now);
      for (const ending of more) {
        const membership = cut.get(ending.membership) ?? ending.membership;
        ends.set(membership, { ...ending, membership });
      }
      if (more.length > 0) removed += 1;
      const gone = more.map((ending) => ({
        ...ending,
        membership: cut.get(ending.membership) ?? ending.membership,
      }));
      showEnded(shown, gone);
    }
    ended.push(...ends.values());
  }
  return { added, ended, removed, unchanged };
}

function showEnded(shown: ShownChanges, endings: readonly Ending<Standing>[]): void {
  if (endings.length > 0) shown.removed(asTheyStand(endings.map(({ membership }) => membership)));
}

function asTheyStand(memberships: readonly Standing[]): readonly ListEntry[] {
  return memberships.flatMap(({ entry }) => entry ?? []);
}
