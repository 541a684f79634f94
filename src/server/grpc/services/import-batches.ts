import type { ImportEntriesRequest } from '../../../gen/tollgate/v1/list_service_pb.js';
import { fromListEntry } from '../convert/list.js';
import { checkImportEntry, checkImportRest } from '../validate/list.js';
import { Problems } from '../validate/problems.js';
import type { EntryInput } from '../../../facts/lists/entry-input.js';

/**
 * The entries of an import, message by message. An entry with a broken field fails the import as a whole, since it is
 * the sender's bug; a value that its list cannot take is reported by the list.
 */
export async function* importBatches(
  settings: ImportEntriesRequest,
  rest: AsyncIterator<ImportEntriesRequest>,
): AsyncGenerator<readonly EntryInput[]> {
  let position = 0;
  for (let message: ImportEntriesRequest | undefined = settings; message !== undefined;) {
    const problems = new Problems();
    if (message !== settings) checkImportRest(problems, message, settings);
    for (const [index, entry] of message.entries.entries()) {
      checkImportEntry(problems, `entries[${position + index}].`, entry);
    }
    problems.throwIfAny();
    position += message.entries.length;
    if (message.entries.length > 0) yield message.entries.map((entry) => fromListEntry(entry, settings));
    const next: IteratorResult<ImportEntriesRequest> = await rest.next();
    message = next.done === true ? undefined : next.value;
  }
}
