import type {
  AddEntriesRequest,
  CheckEntryRequest,
  CreateListRequest,
  ExportEntriesRequest,
  ImportEntriesRequest,
  ListEntriesRequest,
  ListEntry,
  RemoveEntriesRequest,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { ListKindSchema, ListTypeSchema } from '../../../gen/tollgate/v1/list_service_pb.js';
import { invalidRequest, type FieldViolation } from '../../../errors/errors.js';
import { Problems } from './problems.js';
import { freeText, isCardNumber, requiredText, slug } from './text.js';
import { enumValue, isBefore, page, timestamp, within } from './values.js';

/** Changes of an import that are shown, of each effect. */
const MOST_SHOWN = 1000;

/** A list to make. */
export function checkCreateList(request: CreateListRequest): void {
  const problems = new Problems();
  const { list } = request;
  if (list === undefined) problems.add('list', 'is required');
  else {
    slug(problems, 'list.', 'id', list.id);
    enumValue(problems, 'list.', 'type', list.type, ListTypeSchema, true);
    enumValue(problems, 'list.', 'kind', list.kind, ListKindSchema, true);
    freeText(problems, 'list.', 'description', list.description, 500);
    freeText(problems, 'list.', 'owner', list.owner, 128);
  }
  freeText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'reason', request.reason, 500);
  problems.throwIfAny();
}

/** Entries to put on a list: what is wrong with them, whatever that list is. Throws when no list can be asked for more. */
export function checkAddEntries(request: AddEntriesRequest): readonly FieldViolation[] {
  const problems = new Problems();
  for (const [index, entry] of request.entries.entries())
    checkListEntry(problems, `entries[${index}].`, entry);
  if (request.entries.length === 0) problems.add('entries', 'is required');
  return orOfNoList(problems, request.list);
}

/** One membership, as far as it can be judged without knowing its list. */
function checkListEntry(problems: Problems, at: string, entry: ListEntry): void {
  value(problems, at, 'value', entry.value);
  if (entry.actor.trim() === '') problems.add(`${at}actor`, 'is required');
  checkMembership(problems, at, entry);
}

/** One entry of an import: an empty value is counted as invalid by the list and does not end the import. */
export function checkImportEntry(problems: Problems, at: string, entry: ListEntry): void {
  if (entry.value.trim() !== '') value(problems, at, 'value', entry.value);
  checkMembership(problems, at, entry);
}

function checkMembership(problems: Problems, at: string, entry: ListEntry): void {
  freeText(problems, at, 'reason', entry.reason, 500);
  freeText(problems, at, 'actor', entry.actor, 128);
  freeText(problems, at, 'source', entry.source, 128);
  timestamp(problems, at, 'valid_from', entry.validFrom);
  timestamp(problems, at, 'valid_until', entry.validUntil);
  const { validFrom, validUntil } = entry;
  if (validFrom !== undefined && validUntil !== undefined && !isBefore(validFrom, validUntil)) {
    problems.add(`${at}valid_until`, 'not after valid_from');
  }
}

/** Values to take off a list: as for `checkAddEntries`. */
export function checkRemoveEntries(request: RemoveEntriesRequest): readonly FieldViolation[] {
  const problems = new Problems();
  if (request.values.length === 0) problems.add('values', 'is required');
  else for (const [index, text] of request.values.entries()) value(problems, '', `values[${index}]`, text);
  requiredText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'reason', request.reason, 500);
  return orOfNoList(problems, request.list);
}

function orOfNoList(problems: Problems, list: string): readonly FieldViolation[] {
  const named = new Problems();
  slug(named, '', 'list', list);
  if (named.list.length > 0) throw invalidRequest([...named.list, ...problems.list]);
  return problems.list;
}

/** A value to look for. */
export function checkCheckEntry(request: CheckEntryRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  value(problems, '', 'value', request.value);
  timestamp(problems, '', 'as_of', request.asOf);
  timestamp(problems, '', 'known_at', request.knownAt);
  problems.throwIfAny();
}

/** A page of entries. */
export function checkListEntries(request: ListEntriesRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  timestamp(problems, '', 'as_of', request.asOf);
  timestamp(problems, '', 'known_at', request.knownAt);
  page(problems, '', request.pageSize, request.pageToken);
  problems.throwIfAny();
}

/**
 * The settings of an import: the first message of the stream. Where they are at fault, its entries are judged with them,
 * so that one answer names all; else they are judged when their turn comes.
 */
export function checkImportSettings(
  request: ImportEntriesRequest | undefined,
): asserts request is ImportEntriesRequest {
  const problems = new Problems();
  if (request === undefined) {
    throw invalidRequest([{ field: 'list', description: 'is required; the stream held no message' }]);
  }
  slug(problems, '', 'list', request.list);
  requiredText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'source', request.source, 128);
  freeText(problems, '', 'reason', request.reason, 500);
  within(problems, '', 'show', request.show, 0, MOST_SHOWN);
  if (problems.list.length === 0) return;
  for (const [index, entry] of request.entries.entries()) {
    checkImportEntry(problems, `entries[${index}].`, entry);
  }
  problems.throwIfAny();
}

/** A later message of an import: it may repeat the settings or leave them out, but not say something else. */
export function checkImportRest(
  problems: Problems,
  message: ImportEntriesRequest,
  settings: ImportEntriesRequest,
): void {
  const differs = 'differs from that of the first message';
  if (message.list !== '' && message.list !== settings.list) problems.add('list', differs);
  if (message.replace && !settings.replace) problems.add('replace', differs);
  if (message.dryRun && !settings.dryRun) problems.add('dry_run', differs);
  if (message.actor !== '' && message.actor !== settings.actor) problems.add('actor', differs);
  if (message.source !== '' && message.source !== settings.source) problems.add('source', differs);
  if (message.reason !== '' && message.reason !== settings.reason) problems.add('reason', differs);
  if (message.show !== 0 && message.show !== settings.show) problems.add('show', differs);
  if (message.allowEmpty && !settings.allowEmpty) problems.add('allow_empty', differs);
}

/** What to stream out. */
export function checkExport(request: ExportEntriesRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  timestamp(problems, '', 'as_of', request.asOf);
  timestamp(problems, '', 'known_at', request.knownAt);
  problems.throwIfAny();
}

/** What may stand on a list. */
export function value(problems: Problems, at: string, name: string, text: string): void {
  if (text.trim() === '') problems.add(at + name, 'is required');
  else if (text.length > 500) problems.add(at + name, 'longer than 500 characters');
  else if (isCardNumber(text))
    problems.add(at + name, 'looks like a card number; list its keyed fingerprint');
}
