import type { FieldViolation } from '../../errors/errors.js';
import type { ListEntry, ListHead, ListKind, ListType } from './list-store.js';
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
  /** What is wrong with it whatever its list is: it is not taken. Left out: nothing. */
  readonly faults?: readonly FieldViolation[];
}

/**
 * How long an entry of an allow list may last, ms: two years. Who trusts for longer has to say so again; an end in the year
 * 9999 would be none.
 */
export const LONGEST_ALLOWED = 731 * 86_400_000;

/** Whether nothing is put on such a list or taken off it without saying why. */
export function needsReason(kind: ListKind): boolean {
  return kind !== 'custom';
}

/** The entry as its list keeps it from the moment `at`, or everything that is wrong with it, by field. */
export function readEntry(
  list: ListHead,
  input: EntryInput,
  at: number,
  normalise: (type: ListType, value: string) => ListValue,
): { readonly ok: ListEntry } | { readonly faults: readonly FieldViolation[] } {
  if (input.faults !== undefined) return { faults: input.faults };
  const { reason, actor, source, validFrom = at, validUntil } = input;
  const value = normalise(list.type, input.value);
  const end = faultOfEnd(list, validFrom, validUntil, at);
  const why = needsReason(list.kind) && reason.trim() === '';
  if ('ok' in value && end === undefined && !why)
    return { ok: { value: value.ok, reason, actor, source, validFrom, validUntil: validUntil ?? Infinity } };
  const faults: FieldViolation[] = [];
  if ('problem' in value) faults.push({ field: 'value', description: value.problem });
  if (why)
    faults.push({ field: 'reason', description: `is required: why it is on a list of kind ${list.kind}` });
  if (end !== undefined) faults.push({ field: 'valid_until', description: end });
  return { faults };
}

function faultOfEnd(list: ListHead, from: number, until: number | undefined, at: number): string | undefined {
  const allows = list.kind === 'allow';
  if (until === undefined) return allows ? 'is required: an entry of an allow list must end' : undefined;
  if (until <= from) return 'is not after valid_from, which is now where it is left out';
  return allows && until - Math.max(from, at) > LONGEST_ALLOWED
    ? 'is too late: an entry of an allow list ends within two years'
    : undefined;
}
