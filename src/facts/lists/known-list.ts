import { invalidRequest, TollgateError } from '../../errors/errors.js';
import { deletedList } from './deletion.js';
import type { ListHead, ListStore, ListType } from './list-store.js';
import type { ListValue } from './normalise-value.js';

/** Brings a value into the form that lists of a type hold. */
export type NormaliseValue = (type: ListType, value: string) => ListValue;

/** The list of this id. Throws LIST_NOT_FOUND. */
export function named<T extends ListHead>(id: string, lists: readonly T[]): T {
  const found = lists.find((list) => list.id === id);
  if (found === undefined) throw new TollgateError('LIST_NOT_FOUND', `no list is named ${id}`);
  return found;
}

/** A list, deleted or not. Throws LIST_NOT_FOUND. */
export async function headOf(store: Pick<ListStore, 'heads'>, id: string): Promise<ListHead> {
  return named(id, await store.heads());
}

/** A list that may still be changed. Throws LIST_NOT_FOUND. */
export async function toChange(store: Pick<ListStore, 'heads'>, id: string): Promise<ListHead> {
  const list = await headOf(store, id);
  if (list.deleted !== undefined) throw deletedList(list);
  return list;
}

/** A value in the form that the list holds. Throws INVALID_REQUEST. */
export function valueOf(normalise: NormaliseValue, list: ListHead, text: string): string {
  const value = normalise(list.type, text);
  if ('ok' in value) return value.ok;
  throw invalidRequest([{ field: 'value', description: value.problem }]);
}
