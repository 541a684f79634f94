import type { ImportUpdate, ListEntry, ListHead } from '../../../../facts/lists/list-store.js';
import type { SqlValue } from '../database.js';

/** A list as its row says, or as it was at an earlier revision. */
export interface ListRow {
  readonly no: number;
  readonly revision: number;
}

/** SQL: what `headOf` reads of a list. */
export const HEAD = `no, revision, id, type, kind, description, owner, settings, deleted_at, deleted_by, deleted_reason`;

/** A list from the columns of `HEAD`. */
export function headOf(row: readonly SqlValue[]): ListHead {
  const [, revision, id, type, kind, description, owner, settings, at, actor, reason] = row;
  return {
    id: String(id),
    type: type as ListHead['type'],
    kind: kind as ListHead['kind'],
    description: String(description),
    owner: String(owner),
    revision: Number(revision),
    settings: Number(settings),
    ...(at === null ? {} : { deleted: { at: Number(at), actor: String(actor), reason: String(reason) } }),
  };
}

/** Before all times. */
export const FIRST = -Number.MAX_SAFE_INTEGER;
/** After all times, in SQL. */
const NEVER = 9e18;

const ENDS = `FROM list_ends AS x WHERE x.list = e.list AND x.value = e.value AND x.valid_from = e.valid_from
  AND x.rev = e.rev AND x.ended_rev <= ?2`;

/** SQL: where the membership `e` ends as of the revision that is bound as ?2. What is said later only makes it earlier. */
export const UNTIL = `min(ifnull(e.valid_until, ${NEVER}), ifnull((SELECT min(x.ended_at) ${ENDS}), ${NEVER}))`;

const ender = (column: string): string =>
  `(SELECT x.${column} ${ENDS} ORDER BY x.ended_rev DESC LIMIT 1) AS ended_${column}`;

/** SQL: what `entryOf` reads of the membership `e`, as of the revision that is bound as ?2. */
export const ENTRY = `e.value, e.reason, e.actor, e.source, e.valid_from, ${UNTIL}, ${ender('actor')}, ${ender('reason')}`;

/** SQL: where the membership `e` ends to which nobody has given an end. */
export const BEGUN_UNTIL = `ifnull(e.valid_until, ${NEVER})`;

/** SQL: the revision that is bound as ?2 has seen the membership `e`. The sign keeps the index by revisions out of it. */
export const SEEN = '+e.rev <= ?2';

/** A time as it is bound. */
export function boundUntil(until: number): number | null {
  return Number.isFinite(until) ? until : null;
}

/** An end as `UNTIL` gives it. */
export function untilOf(value: SqlValue | undefined): number {
  const until = Number(value);
  return until >= NEVER ? Infinity : until;
}

/** A membership from the columns of `ENTRY`. */
export function entryOf(row: readonly SqlValue[]): ListEntry {
  const [value, reason, actor, source, validFrom, until, endedActor, endedReason] = row;
  return {
    value: String(value),
    reason: String(reason),
    actor: String(actor),
    source: String(source),
    validFrom: Number(validFrom),
    validUntil: untilOf(until),
    ...(typeof endedActor === 'string' ? { ended: { actor: endedActor, reason: String(endedReason) } } : {}),
  };
}

/** What an import did. */
export type WireImport = WireUpdate & Pick<ImportUpdate, 'shown'>;

/** Counts while a change is made. */
export interface WireUpdate {
  added: number;
  removed: number;
  unchanged: number;
  revision: number;
}
