import type { CanarySettings } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { Waivable, WaivableSchema } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import type {
  ApproveVersionRequest,
  AttachCasesRequest,
  CommitDraftRequest,
  GetCanaryReportRequest,
  PutDraftRequest,
  RollBackRequest,
  StartCanaryRequest,
  WaiveEvidenceRequest,
  WithdrawApprovalRequest,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { invalidRequest } from '../../../errors/errors.js';
import { partsOfScope, readScope } from '../../../rules/publish/scope.js';
import { canary } from './canary.js';
import { Problems } from './problems.js';
import { document, MAX_VERSION, texts } from './rule.js';
import { freeText, requiredText, siteId, slug } from './text.js';
import { enumValue, etag, sha256, within } from './values.js';

type Publishing = Pick<RollBackRequest, 'ruleSet' | 'actor' | 'reason' | 'etag' | 'scope'>;

/** A change of where a version stands. */
export function checkPublication(request: Publishing): void {
  const problems = new Problems();
  publication(problems, request);
  problems.throwIfAny();
}

/** A change that names a version. */
export function checkPublishVersion(request: Publishing & { readonly version: number }): void {
  const problems = new Problems();
  within(problems, '', 'version', request.version, 1, MAX_VERSION);
  publication(problems, request);
  problems.throwIfAny();
}

/** What to roll back. */
export function checkRollBack(request: RollBackRequest): void {
  const problems = new Problems();
  within(problems, '', 'from_version', request.fromVersion, 0, MAX_VERSION);
  publication(problems, request);
  problems.throwIfAny();
}

/** A canary; gives its settings. */
export function checkStartCanary(request: StartCanaryRequest): CanarySettings {
  const problems = new Problems();
  within(problems, '', 'version', request.version, 1, MAX_VERSION);
  publication(problems, request);
  const { settings } = request;
  if (settings === undefined) problems.add('settings', 'is required');
  else canary(problems, 'settings.', settings);
  problems.throwIfAny();
  if (settings === undefined) throw invalidRequest([]);
  return settings;
}

/** Which canary a report is about. */
export function checkCanaryReport({ ruleSet, scope: text, revision }: GetCanaryReportRequest): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', ruleSet);
  scope(problems, 'scope', text);
  if (revision < 0n) problems.add('revision', 'is negative');
  else if (revision > BigInt(Number.MAX_SAFE_INTEGER))
    problems.add('revision', 'larger than 9,007,199,254,740,991');
  problems.throwIfAny();
}

function publication(problems: Problems, request: Publishing): void {
  slug(problems, '', 'rule_set', request.ruleSet);
  scope(problems, 'scope', request.scope);
  requiredText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'reason', request.reason, 500);
  etag(problems, '', 'etag', request.etag);
}

/** A scope; may be empty. */
export function scope(problems: Problems, name: string, text: string): void {
  const read = readScope(text);
  if (read === undefined) problems.add(name, 'not all, group:ID or site:ID');
  else if (read !== 'all') siteId(problems, '', name, partsOfScope(read).id);
}

/** An approval that is taken back. */
export function checkWithdraw(request: WithdrawApprovalRequest): void {
  const problems = new Problems();
  said(problems, request);
  problems.throwIfAny();
}

/** What somebody says about a rule set or a version of it. */
function said(
  problems: Problems,
  request: {
    readonly ruleSet: string;
    readonly version?: number;
    readonly actor: string;
    readonly comment: string;
  },
  version = true,
): void {
  slug(problems, '', 'rule_set', request.ruleSet);
  if (version) within(problems, '', 'version', request.version ?? 0, 1, MAX_VERSION);
  requiredText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'comment', request.comment, 2000);
}

/** Golden cases of a version. */
export function checkAttachCases(request: AttachCasesRequest): void {
  const problems = new Problems();
  said(problems, request);
  if (request.casesJson === '') problems.add('cases_json', 'is required');
  texts(problems, request);
  problems.throwIfAny();
}

/** An approval. */
export function checkApprove(request: ApproveVersionRequest): void {
  const problems = new Problems();
  said(problems, request);
  if (request.hash === '') problems.add('hash', 'is required: that of the version that was looked at');
  sha256(problems, '', 'hash', request.hash);
  problems.throwIfAny();
}

/** A waiver. */
export function checkWaive(request: WaiveEvidenceRequest): void {
  const problems = new Problems();
  said(problems, { ...request, comment: '' });
  requiredText(problems, '', 'reason', request.reason, 500);
  if (request.waives.length === 0) problems.add('waives', 'is required: backtest, approval or both');
  for (const [index, value] of request.waives.entries())
    if (value === Waivable.CASES) problems.add(`waives[${index}]`, 'golden cases cannot be waived');
    else enumValue(problems, '', `waives[${index}]`, value, WaivableSchema, true);
  problems.throwIfAny();
}

/** A draft to store. */
export function checkPutDraft(request: PutDraftRequest): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  document(problems, 'document_json', request.documentJson);
  texts(problems, request);
  requiredText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'comment', request.comment, 2000);
  etag(problems, '', 'etag', request.etag);
  within(problems, '', 'base_version', request.baseVersion, 0, MAX_VERSION);
  problems.throwIfAny();
}

/** Which draft. */
export function checkDraftName(request: { readonly ruleSet: string }): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  problems.throwIfAny();
}

/** A draft as it was seen. */
export function checkDiscard(request: { readonly ruleSet: string; readonly etag: string }): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  seenDraft(problems, request.etag);
  problems.throwIfAny();
}

/** A draft to commit. */
export function checkCommit(request: CommitDraftRequest): void {
  const problems = new Problems();
  said(problems, request, false);
  seenDraft(problems, request.etag);
  problems.throwIfAny();
}

function seenDraft(problems: Problems, seen: string): void {
  if (seen === '') problems.add('etag', 'is required: that of the draft that was read');
  etag(problems, '', 'etag', seen);
}
