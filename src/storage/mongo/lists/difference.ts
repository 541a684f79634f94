import type { ObjectId } from 'mongodb';
import type { Ender, ListEntry } from '../../../facts/lists/list-store.js';
import { byValue, endAll, placeEntries } from '../../../facts/lists/timeline.js';
import type { Ending, Interval } from '../../../facts/lists/timeline.js';
import { SPAN, entryOf, lastEnd, reaching, spanOf } from './view.js';
import type { ListView } from './view.js';
import type { ListCollections } from './collections.js';

/** Values, or entries, handled in one step. */
export const CHUNK = 1_000;

/** A membership as it stands before a change. */
export interface Standing extends Interval {
  readonly value: string;
  readonly id: ObjectId;
  /** Nobody has moved its end. */
  readonly open: boolean;
  /** Where it was asked for. */
  readonly entry?: ListEntry;
}

/** A part of a change: everything it does to some values. Counts are those of `ListUpdate`. */
export interface Difference {
  readonly added: readonly ListEntry[];
  readonly ended: readonly Ending<Standing>[];
  readonly removed: number;
  readonly unchanged: number;
}

/** Values of a list: after one, up to another, as a condition; empty: all. */
export interface ValueRange {
  readonly $gt?: string;
  readonly $lte?: string;
}

/**
 * Memberships of some values or of a range that reach beyond a moment, begun or not, by value; with who said so and why
 * only where that is to be shown, since reading it takes as long again.
 */
export async function standingOf(
  { connection, memberships }: Pick<ListCollections, 'connection' | 'memberships'>,
  view: ListView,
  values: ValueRange | { readonly $in: readonly string[] },
  moment: number,
  shown = false,
): Promise<ReadonlyMap<string, readonly Standing[]>> {
  const where = Object.keys(values).length === 0 ? {} : { v: values };
  const options = { projection: shown ? {} : SPAN, hint: { list: 1, v: 1, from: 1, r: 1 } } as const;
  const found = await connection.run(() =>
    memberships.find({ ...reaching(view, moment), ...where }, options).toArray(),
  );
  return byValue(
    found.map((document): Standing => ({
      ...spanOf(document, view),
      id: document._id,
      open: lastEnd(document, view) === undefined,
      ...(shown ? { entry: entryOf(document, view) } : {}),
    })),
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
    const standing = await standingOf(on, view, { $in: values }, earliestOf(given));
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
    const standing = [...(await standingOf(on, view, { $in: chunk }, now)).values()];
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
