import type { ListIndex } from '../facts/lists/list-index.js';
import type { ListType } from '../facts/lists/list-store.js';
import type { ListValue } from '../facts/lists/normalise-value.js';
import type { ListsForm } from './case-file.js';
import { CaseProblem } from './payment-form.js';

/** A list that exists in rehearsals, with the entries that stand in its definition. */
export interface RehearsalList {
  readonly id: string;
  readonly type: ListType;
  readonly entries: readonly string[];
}

type ValueReader = (type: ListType, value: string) => ListValue;

/** Fills the lists in memory: those that exist, with their entries, and what cases add. Throws CaseProblem. */
export function fillLists(
  index: ListIndex,
  read: ValueReader,
  lists: readonly RehearsalList[],
  added: readonly ListsForm[],
): ListIndex {
  const types = new Map<string, ListType>();
  const values = new Map<string, string[]>();
  const put = (id: string, type: ListType | undefined, entries: readonly string[]): void => {
    const known = types.get(id) ?? type;
    if (known === undefined)
      throw new CaseProblem(`lists: no list ships as "${id}"; give its type and values`);
    types.set(id, known);
    values.set(id, [
      ...(values.get(id) ?? []),
      ...entries.map((entry) => normalised(id, known, entry, read)),
    ]);
  };
  for (const { id, type, entries } of lists) put(id, type, entries);
  for (const form of added)
    for (const [id, list] of Object.entries(form))
      if (isTyped(list)) put(id, list.type as ListType, list.values);
      else put(id, undefined, list);
  for (const [id, type] of types)
    index.replaceAll(
      { id, type },
      (values.get(id) ?? []).map((value) => ({
        value,
        reason: '',
        actor: '',
        source: '',
        validFrom: -Infinity,
        validUntil: Infinity,
      })),
      1,
    );
  return index;
}

function normalised(id: string, type: ListType, value: string, read: ValueReader): string {
  const result = read(type, value);
  if ('ok' in result) return result.ok;
  throw new CaseProblem(`lists: "${value}" on ${id} ${result.problem}`);
}

function isTyped(
  list: ListsForm[string],
): list is { readonly type: string; readonly values: readonly string[] } {
  return !Array.isArray(list);
}
