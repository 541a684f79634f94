import type {
  CreateVersionRequest,
  DiffVersionsRequest,
  GetVersionRequest,
  ListVersionsRequest,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { FieldViolation } from '../../../errors/errors.js';
import { LIMITS } from '../../../rules/document/json-limits.js';
import { Problems } from './problems.js';
import { freeText, requiredText, slug } from './text.js';
import { page, sha256, within } from './values.js';

/** Versions are int32. */
export const MAX_VERSION = 2_147_483_647;

/** A rule-set document as text; what it says is checked elsewhere. */
export function document(problems: Problems, name: string, json: string): void {
  if (json === '') problems.add(name, 'is required');
  else if (json.length > LIMITS.bytes || Buffer.byteLength(json) > LIMITS.bytes) {
    problems.add(name, 'larger than 1 MiB');
  }
}

/** A new version: what is wrong beside its document. Throws when there is none to look into. */
export function checkCreateVersion(request: CreateVersionRequest): readonly FieldViolation[] {
  const problems = new Problems();
  document(problems, 'document_json', request.documentJson);
  requiredText(problems, '', 'author', request.author, 128);
  freeText(problems, '', 'comment', request.comment, 2000);
  sha256(problems, '', 'expected_latest_hash', request.expectedLatestHash);
  texts(problems, request);
  return besideDocument(problems, 'document_json');
}

function besideDocument(problems: Problems, name: string): readonly FieldViolation[] {
  if (problems.list.some(({ field }) => field === name)) problems.throwIfAny();
  return problems.list;
}

/** A document to check. */
export function checkValidate(request: { readonly documentJson: string }): void {
  const problems = new Problems();
  document(problems, 'document_json', request.documentJson);
  problems.throwIfAny();
}

/** One version; 0 is the active one. */
export function checkGetVersion(request: Pick<GetVersionRequest, 'ruleSet' | 'version'>): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  within(problems, '', 'version', request.version, 0, MAX_VERSION);
  problems.throwIfAny();
}

/** A page of versions, or of publications. */
export function checkListVersions(
  request: Pick<ListVersionsRequest, 'ruleSet' | 'pageSize' | 'pageToken'>,
): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  page(problems, '', request.pageSize, request.pageToken);
  problems.throwIfAny();
}

/** Two versions, or a version and a document: as for `checkCreateVersion`. */
export function checkDiff(request: DiffVersionsRequest): readonly FieldViolation[] {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  within(problems, '', 'from_version', request.fromVersion, 0, MAX_VERSION);
  within(problems, '', 'to_version', request.toVersion, 0, MAX_VERSION);
  if (request.toDocumentJson !== '') {
    document(problems, 'to_document_json', request.toDocumentJson);
    if (request.toVersion !== 0) problems.add('to_version', 'contradicts to_document_json');
  }
  return besideDocument(problems, 'to_document_json');
}

/** Golden cases and lists as texts; what they say is checked elsewhere. */
export function texts(
  problems: Problems,
  { casesJson, listsJson }: { readonly casesJson: string; readonly listsJson: string },
): void {
  const large = (text: string): boolean =>
    text.length > LIMITS.bytes || Buffer.byteLength(text) > LIMITS.bytes;
  if (large(casesJson)) problems.add('cases_json', 'larger than 1 MiB');
  if (large(listsJson)) problems.add('lists_json', 'larger than 1 MiB');
  if (casesJson === '' && listsJson !== '') problems.add('lists_json', 'is for cases_json, which is empty');
}
