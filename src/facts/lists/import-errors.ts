import { invalidRequest, TollgateError, type FieldViolation } from '../../errors/errors.js';
import { MAX_ENTRIES_OF_IMPORT } from './list-store.js';

/** An entry that an import could not take. */
export interface EntryProblem {
  /** 1 is the first entry. */
  readonly position: number;
  readonly value: string;
  /** By field of the entry. */
  readonly faults: readonly FieldViolation[];
}

/** An import holds more entries than one may. */
export function tooManyEntries(): TollgateError {
  const description = `more than ${MAX_ENTRIES_OF_IMPORT.toLocaleString('en')} in one import`;
  return invalidRequest([{ field: 'entries', description }]);
}

/** Entries cannot be taken of an import that would replace the list. */
export function invalidEntries(count: number, problems: readonly EntryProblem[]): TollgateError {
  const violations = problems.flatMap(({ position, faults }) =>
    faults.map(({ field, description }) => ({ field: `entries[${position - 1}].${field}`, description })),
  );
  const text = `nothing was replaced: ${count} of the entries cannot be taken, first ${violations[0]?.field ?? ''}: ${violations[0]?.description ?? ''}`;
  return new TollgateError('INVALID_REQUEST', text, { violations });
}
