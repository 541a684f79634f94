import type { Ender, ListEntry } from './list-store.js';

/** A stretch of time: from <= moment < until, epoch ms. */
export interface Interval {
  readonly validFrom: number;
  readonly validUntil: number;
}

/** A membership that ends earlier than it would have, or that never begins: then `at` is where it would have begun. */
export interface Ending<S> {
  readonly membership: S;
  /** Epoch ms. */
  readonly at: number;
  readonly by: Ender;
}

/** What becomes of the memberships of one value. */
export interface Placement<S> {
  readonly ended: readonly Ending<S>[];
  readonly added: readonly ListEntry[];
  /** What an entry found as it wants it; a later one may have cut it short. */
  readonly kept: readonly S[];
  /** What of that is as it was. */
  readonly unchanged: readonly S[];
}

interface Span<S> {
  readonly from: number;
  until: number;
  /** What stands already; undefined for one of the new entries. */
  readonly standing: S | undefined;
  readonly entry: ListEntry | undefined;
  kept: boolean;
  endedBy: Ender | undefined;
}

/**
 * Puts entries beside the memberships of their value, one after the other. From the beginning of an entry on, everything
 * that was said before and begins before the entry ends counts no more: what is in force then ends there and does not come
 * back, what would begin while the entry lasts never begins. What begins after its end stays. The same interval
 * again changes nothing, nor does an entry that has begun by `now`, epoch ms, during a membership with the same end.
 */
export function placeEntries<S extends Interval>(
  standing: readonly S[],
  entries: readonly ListEntry[],
  now: number,
): Placement<S> {
  const spans = standing.map((one): Span<S> => ({
    from: one.validFrom,
    until: one.validUntil,
    standing: one,
    entry: undefined,
    kept: false,
    endedBy: undefined,
  }));
  for (const entry of entries) {
    const { validFrom: from, validUntil: until } = entry;
    const same = spans.find(
      (one) =>
        one.until === until && from < until && (one.from === from || (one.from <= from && from <= now)),
    );
    if (same !== undefined) {
      same.kept = true;
      continue;
    }
    for (const one of spans) {
      if (one.from >= until || one.until <= Math.max(one.from, from)) continue;
      one.until = Math.max(one.from, from);
      one.endedBy = { actor: entry.actor, reason: entry.reason };
    }
    spans.push({ from, until, standing: undefined, entry, kept: false, endedBy: undefined });
  }
  const ended: Ending<S>[] = [];
  const added: ListEntry[] = [];
  const kept: S[] = [];
  const unchanged: S[] = [];
  for (const { standing: membership, entry, from, until: at, endedBy: by, kept: wanted } of spans) {
    if (entry !== undefined && at > from) added.push({ ...entry, validUntil: at });
    if (membership === undefined) continue;
    if (by !== undefined) ended.push({ membership, at, by });
    else if (wanted) unchanged.push(membership);
    if (wanted && at > from) kept.push(membership);
  }
  return { ended, added, kept, unchanged };
}

/** Ends memberships at `now`; those that would begin later never do. */
export function endAll<S extends Interval>(
  standing: readonly S[],
  by: Ender,
  now: number,
): readonly Ending<S>[] {
  return standing
    .filter(({ validFrom, validUntil }) => validUntil > Math.max(now, validFrom))
    .map((membership) => ({ membership, at: Math.max(now, membership.validFrom), by }));
}

/**
 * What else ends of a value when entries take the place of a whole list. What would begin later and is not among `given`
 * never does; what is in force stays until the first of `given` that begins later, and ends at once when there is none.
 */
export function endRest<S extends Interval>(
  rest: readonly S[],
  given: readonly Interval[],
  by: Ender,
  now: number,
): readonly Ending<S>[] {
  const awaited = given.some(({ validFrom }) => validFrom > now);
  return endAll(rest, by, now).filter(({ membership }) => membership.validFrom > now || !awaited);
}

/** Memberships or entries by their value, each value's in the order given. */
export function byValue<T extends { readonly value: string }>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const same = groups.get(item.value);
    if (same) same.push(item);
    else groups.set(item.value, [item]);
  }
  return groups;
}
