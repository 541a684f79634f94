import { invalidRequest, type FieldViolation } from '../../../errors/errors.js';
import type { ImportEntriesRequest, ListEntry } from '../../../gen/tollgate/v1/list_service_pb.js';
import { fromListEntry } from '../convert/list.js';
import { checkImportEntry, checkImportRest } from '../validate/list.js';
import { Problems } from '../validate/problems.js';
import type { EntryInput } from '../../../facts/lists/entry-input.js';

/**
 * The entries of an import, message by message. An entry with a broken field fails the import as a whole, since it is the
 * sender's bug; a value that its list cannot take is reported by the list. A dry run reports both: who looks at a file
 * wants to know all that is wrong with it.
 */
export async function* importBatches(
  settings: ImportEntriesRequest,
  rest: AsyncIterator<ImportEntriesRequest>,
): AsyncGenerator<readonly EntryInput[]> {
  let position = 0;
  for (let message: ImportEntriesRequest | undefined = settings; message !== undefined;) {
    const problems = new Problems();
    if (message !== settings) checkImportRest(problems, message, settings);
    const broken = brokenEntries(message.entries);
    if (!settings.dryRun)
      for (const [index, faults] of broken)
        for (const { field, description } of faults)
          problems.add(`entries[${position + index}].${field}`, description);
    problems.throwIfAny();
    position += message.entries.length;
    if (message.entries.length > 0)
      yield message.entries.map((entry, index) => inputOf(entry, settings, broken.get(index)));
    const next: IteratorResult<ImportEntriesRequest> = await rest.next();
    message = next.done === true ? undefined : next.value;
  }
  if (position === 0 && settings.replace && !settings.dryRun && !settings.allowEmpty)
    throw invalidRequest([
      {
        field: 'entries',
        description: 'none came, which empties the list: where that is meant, say allow_empty',
      },
    ]);
}

/** What is wrong with entries whatever their list is, by their place in the message. */
function brokenEntries(entries: readonly ListEntry[]): ReadonlyMap<number, readonly FieldViolation[]> {
  const broken = new Map<number, readonly FieldViolation[]>();
  let problems = new Problems();
  for (const [index, entry] of entries.entries()) {
    checkImportEntry(problems, '', entry);
    if (problems.list.length === 0) continue;
    broken.set(index, problems.list);
    problems = new Problems();
  }
  return broken;
}

function inputOf(
  entry: ListEntry,
  settings: ImportEntriesRequest,
  faults: readonly FieldViolation[] | undefined,
): EntryInput {
  const input = fromListEntry(entry, settings);
  if (faults === undefined) return input;
  // A card number, or what is too long, is not told again.
  const value = faults.some(({ field }) => field === 'value') ? '' : input.value;
  return { ...input, value, faults };
}
