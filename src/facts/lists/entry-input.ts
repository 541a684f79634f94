import type { FieldViolation } from '../../errors/errors.js';
import type { ListEntry, ListHead, ListType } from './list-store.js';
import type { ListValue } from './normalise-value.js';

/** A membership as it is handed in. */
export interface EntryInput {
  /** As written; normalised by the type of its list. */
  readonly value: string;
  readonly reason: string;
  readonly actor: string;
  readonly source: string;
  /** Epoch ms; undefined: now. */
  readonly validFrom: number | undefined;
  /** Epoch ms; undefined: until removed. */
  readonly validUntil: number | undefined;
}

/** The entry as its list keeps it from the moment `at`, or everything that is wrong with it, by field. */
export function readEntry(
  list: ListHead,
  input: EntryInput,
  at: number,
  normalise: (type: ListType, value: string) => ListValue,
): { readonly ok: ListEntry } | { readonly faults: readonly FieldViolation[] } {
  const { reason, actor, source, validFrom = at, validUntil } = input;
  const value = normalise(list.type, input.value);
  const end = faultOfEnd(list, validFrom, validUntil);
  if ('ok' in value && end === undefined)
    return { ok: { value: value.ok, reason, actor, source, validFrom, validUntil: validUntil ?? Infinity } };
  const faults: FieldViolation[] = [];
  if ('problem' in value) faults.push({ field: 'value', description: value.problem });
  if (end !== undefined) faults.push({ field: 'valid_until', description: end });
  return { faults };
}

function faultOfEnd(list: ListHead, from: number, until: number | undefined): string | undefined {
  if (until === undefined)
    return list.kind === 'allow' ? 'is required: an entry of an allow list must end' : undefined;
  return until <= from ? 'is not after valid_from, which is now where it is left out' : undefined;
}
