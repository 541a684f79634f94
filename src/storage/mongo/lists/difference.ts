import type { Ender, ListEntry } from '../../../facts/lists/list-store.js';
import { byValue, endAll, placeEntries } from '../../../facts/lists/timeline.js';
import type { Ending, Interval } from '../../../facts/lists/timeline.js';
import { entryOf, reaching } from './view.js';
import type { ListView, MembershipDocument } from './view.js';
import type { ListCollections } from './collections.js';

/** Values, or entries, handled in one step. */
export const CHUNK = 1_000;

/** A membership as it stands before a change. */
export interface Standing extends Interval {
  readonly value: string;
  readonly document: MembershipDocument;
}

/** A part of a change: everything it does to some values. Counts are those of `ListUpdate`. */
export interface Difference {
  readonly added: readonly ListEntry[];
  readonly ended: readonly Ending<Standing>[];
  readonly removed: number;
  readonly unchanged: number;
}

/** Memberships that reach beyond a moment, begun or not, by value. */
export async function standingOf(
  { connection, memberships }: Pick<ListCollections, 'connection' | 'memberships'>,
  view: ListView,
  values: readonly string[],
  moment: number,
): Promise<ReadonlyMap<string, readonly Standing[]>> {
  const filter = { ...reaching(view, moment), v: { $in: values } };
  const found = await connection.run(() => memberships.find(filter).toArray());
  return byValue(
    found.map((document): Standing => {
      const { value, validFrom, validUntil } = entryOf(document, view);
      return { value, validFrom, validUntil, document };
    }),
  );
}

/** What adding entries in this order does. */
export async function* additions(
  on: ListCollections,
  view: ListView,
  entries: readonly ListEntry[],
  now: number,
): AsyncIterable<Difference> {
  for (const groups of chunks([...byValue(entries)])) {
    const given = groups.flatMap(([, same]) => same);
    const values = groups.map(([value]) => value);
    const standing = await standingOf(on, view, values, earliestOf(given));
    const placed = groups.map(([value, same]) => placeEntries(standing.get(value) ?? [], same, now));
    yield {
      added: placed.flatMap(({ added }) => added),
      ended: placed.flatMap(({ ended }) => ended),
      removed: 0,
      unchanged: placed.reduce((sum, { unchanged }) => sum + unchanged.length, 0),
    };
  }
}

/** What removing values does. */
export async function* removals(
  on: ListCollections,
  view: ListView,
  values: readonly string[],
  by: Ender,
  now: number,
): AsyncIterable<Difference> {
  for (const chunk of chunks([...new Set(values)])) {
    const standing = [...(await standingOf(on, view, chunk, now)).values()];
    const ended = endAll(standing.flat(), by, now);
    const removed = new Set(ended.map(({ membership }) => membership.value)).size;
    yield { added: [], ended, removed, unchanged: chunk.length - removed };
  }
}

/** When the first of these entries begins. */
export function earliestOf(entries: readonly ListEntry[]): number {
  return entries.reduce((first, { validFrom }) => Math.min(first, validFrom), Infinity);
}

/** The same in parts of at most `CHUNK`. */
export function* chunks<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
}
