import type { ImportEntry, ImportOptions, ImportUpdate, ListEntry } from '../../../facts/lists/list-store.js';
import { ShownChanges } from '../../../facts/lists/shown-changes.js';
import { endAll, endRest, placeEntries } from '../../../facts/lists/timeline.js';
import type { Ending } from '../../../facts/lists/timeline.js';
import { ahead } from '../at-once.js';
import { chunks, earliestOf, standingOf } from './difference.js';
import type { Difference, Standing } from './difference.js';
import type { ListStaging } from './staging.js';
import { entryOf, reaching } from './view.js';
import type { ListView } from './view.js';
import { ListWriter } from './writer.js';
import type { ListCollections } from './collections.js';

/** Memberships looked through in one step. */
const STRETCH = 20_000;
/** How long a whole import waits for another writer, ms: that may be the switch of another one. */
const PATIENCE_MS = 600_000;

/** Parts that are looked up at once. */
const AT_ONCE = 3;
const NOTHING: ReadonlyMap<string, readonly Standing[]> = new Map();

/** What decides over the differences. */
type Rules = Pick<ImportOptions, 'replace' | 'by'> & { readonly shown: ShownChanges };

/** Makes what is staged take its places in the list. Only now are other changes of the list kept away. */
export async function switchTo(
  on: ListCollections,
  list: string,
  staging: ListStaging,
  { replace, by, now, show, note = { ...by, source: '' } }: ImportOptions,
): Promise<ImportUpdate> {
  const shown = new ShownChanges(show);
  const kind = replace ? ('replaced' as const) : ('imported' as const);
  const options = { now, patienceMs: PATIENCE_MS, note: { kind, ...note } };
  const update = await ListWriter.change(on, list, options, (writer) =>
    differences(on, writer.view, staging, { replace, by, shown }, writer.now),
  );
  return { ...update, ...shown.part };
}

/** Tells what that would do to a list as it stands. */
export async function tell(
  on: ListCollections,
  view: ListView,
  staging: ListStaging,
  { replace, by, now, show }: ImportOptions,
): Promise<ImportUpdate> {
  const shown = new ShownChanges(show);
  const update = { added: 0, removed: 0, unchanged: 0, revision: view.revision };
  const all = differences(on, view, staging, { replace, by, shown }, now());
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
  const bare = await on.connection.run(() => on.memberships.findOne({ list: view.list }));
  const groups = ahead(AT_ONCE, staging.groups(), async (values) => {
    const moment = earliestOf([...values.values()].flat());
    const from = options.replace ? Math.min(moment, now) : moment;
    const standing = bare === null ? NOTHING : await standingOf(on, view, [...values.keys()], from);
    return { values, standing };
  });
  for await (const { values, standing } of groups) yield placed(view, values, standing, options, now);
  if (!options.replace || bare === null) return;
  const rest = ahead(AT_ONCE, reachingValues(on, view, now), async (values) => {
    const came = await staging.has(values);
    const others = values.filter((value) => !came.has(value));
    return { others, standing: await standingOf(on, view, others, now) };
  });
  for await (const { others, standing } of rest) {
    const ended = endAll([...standing.values()].flat(), options.by, now);
    showEnded(options.shown, view, ended);
    yield { added: [], ended, removed: others.length, unchanged: 0 };
  }
}

function placed(
  view: ListView,
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
    if (shown.wants('unchanged')) shown.unchanged(asTheyStand(view, placement.unchanged), entries);
    const ends = new Map(placement.ended.map((ending) => [ending.membership, ending]));
    if (replace) {
      const rest = stood.filter((one) => !placement.kept.includes(one));
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
      showEnded(shown, view, gone);
    }
    ended.push(...ends.values());
  }
  return { added, ended, removed, unchanged };
}

function showEnded(shown: ShownChanges, view: ListView, endings: readonly Ending<Standing>[]): void {
  if (endings.length === 0 || !shown.wants('removed')) return;
  shown.removed(
    asTheyStand(
      view,
      endings.map(({ membership }) => membership),
    ),
  );
}

function asTheyStand(view: ListView, memberships: readonly Standing[]): readonly ListEntry[] {
  return memberships.map(({ document }) => entryOf(document, view));
}

/** The values on the list, now or later; stretch by stretch, so that no step takes long however much is over. */
async function* reachingValues(
  { connection, memberships }: ListCollections,
  view: ListView,
  now: number,
): AsyncIterable<readonly string[]> {
  const { list } = view;
  const only = { projection: { _id: 0, v: 1 } } as const;
  for (let after: string | undefined, more = true; more;) {
    const from = after === undefined ? {} : { $gt: after };
    const stretch = after === undefined ? { list } : { list, v: from };
    const beyond = await connection.run(() =>
      memberships.find(stretch, only).sort({ v: 1 }).skip(STRETCH).limit(1).toArray(),
    );
    const end = beyond[0]?.v;
    const within = { ...from, ...(end === undefined ? {} : { $lte: end }) };
    const found = await connection.run(() =>
      memberships
        .find({ ...reaching(view, now), ...(Object.keys(within).length > 0 ? { v: within } : {}) }, only)
        .toArray(),
    );
    yield* chunks([...new Set(found.map(({ v }) => v))]);
    after = end;
    more = end !== undefined;
  }
}
