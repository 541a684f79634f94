import { TollgateError } from '../../errors/errors.js';
import type { EntryQuery, ListEntry, ListHead } from './list-store.js';

/** Nothing can be done any more to a list that was deleted. */
export function deletedList({ id, deleted }: Pick<ListHead, 'id' | 'deleted'>): TollgateError {
  const when = deleted === undefined ? '' : ` on ${new Date(deleted.at).toISOString()} by ${deleted.actor}`;
  return new TollgateError('LIST_NOT_FOUND', `list ${id} was deleted${when}; only its past can be asked`);
}

/**
 * A membership as it is to be shown where its list was deleted: it ends with the list, if that was known at the moment the
 * query asks for. undefined: then it does not fit the query.
 */
export function untilDeletion(
  { deleted }: Pick<ListHead, 'deleted'>,
  query: EntryQuery,
  entry: ListEntry,
): ListEntry | undefined {
  if (deleted === undefined || (query.knownAt ?? Infinity) < deleted.at) return entry;
  const { at, actor, reason } = deleted;
  if (query.asOf >= at || entry.validFrom >= at) return undefined;
  return entry.validUntil <= at ? entry : { ...entry, validUntil: at, ended: { actor, reason } };
}
