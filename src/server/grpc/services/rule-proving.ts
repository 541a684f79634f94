import { create } from '@bufbuild/protobuf';
import type { RuleService } from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  ApproveVersionResponseSchema,
  AttachCasesResponseSchema,
  CommitDraftResponseSchema,
  DiscardDraftResponseSchema,
  GetDraftResponseSchema,
  GetProofResponseSchema,
  ListDraftsRequestSchema,
  ListDraftsResponseSchema,
  ListOwedEvidenceResponseSchema,
  PutDraftResponseSchema,
  WaiveEvidenceResponseSchema,
  WithdrawApprovalResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { actorOf } from './acting.js';
import { pageOf as pageOfItems } from '../../../paging/paging.js';
import { fromWaivables, toCases, toDraft, toOwed, toProof } from '../convert/rule-publishing.js';
import { toFinding, toVersion } from '../convert/rule.js';
import type { Handlers } from '../handlers.js';
import { checkPage } from '../validate/page.js';
import {
  checkApprove,
  checkAttachCases,
  checkCommit,
  checkDiscard,
  checkDraftName,
  checkPutDraft,
  checkWaive,
  checkWithdraw,
} from '../validate/publishing.js';
import { checkGetVersion } from '../validate/rule.js';
import { pageOf, toRevision } from './page-query.js';
import type { RuleSets } from './ports.js';
import { isTold, toldStages } from './site-scope.js';

type ProvingMethods =
  | 'putDraft'
  | 'getDraft'
  | 'listDrafts'
  | 'discardDraft'
  | 'commitDraft'
  | 'attachCases'
  | 'approveVersion'
  | 'withdrawApproval'
  | 'waiveEvidence'
  | 'getProof'
  | 'listOwedEvidence';

/** The handlers of RuleService for what comes before a version goes live: drafts and evidence. */
export function provingHandlers(ruleSets: RuleSets): Pick<Handlers<typeof RuleService>, ProvingMethods> {
  return {
    async putDraft(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPutDraft(request);
      const { ruleSet, documentJson, casesJson, listsJson, comment, actor, etag } = request;
      const { draft, findings } = await ruleSets.putDraft({
        ruleSet,
        document: documentJson,
        cases: casesJson,
        lists: listsJson,
        comment,
        actor,
        revision: toRevision(etag),
        base: request.baseVersion,
      });
      return create(PutDraftResponseSchema, {
        draft: toDraft(draft, false),
        findings: findings.map(toFinding),
      });
    },
    async getDraft(request) {
      checkDraftName(request);
      const { draft, findings } = await ruleSets.draft(request.ruleSet);
      return create(GetDraftResponseSchema, {
        draft: toDraft(draft, true),
        findings: findings.map(toFinding),
      });
    },
    async listDrafts(request) {
      checkPage(request);
      const page = pageOf(ListDraftsRequestSchema, request);
      const { items, next } = pageOfItems(await ruleSets.drafts(), ({ ruleSet }) => ruleSet, page.query);
      return create(ListDraftsResponseSchema, {
        drafts: items.map((draft) => toDraft(draft, false)),
        nextPageToken: page.tokenOf(next),
      });
    },
    async discardDraft(request) {
      checkDiscard(request);
      await ruleSets.discardDraft(request.ruleSet, toRevision(request.etag) ?? 0);
      return create(DiscardDraftResponseSchema);
    },
    async commitDraft(request, context) {
      request.actor = actorOf(context, request.actor);
      checkCommit(request);
      const { ruleSet, actor, comment } = request;
      const revision = toRevision(request.etag) ?? 0;
      const { version, warnings, created, cases } = await ruleSets.commitDraft({
        ruleSet,
        revision,
        actor,
        comment,
      });
      return create(CommitDraftResponseSchema, {
        version: toVersion(version),
        warnings: warnings.map(toFinding),
        created,
        ...(cases === undefined ? {} : { cases: toCases(cases) }),
      });
    },
    async attachCases(request, context) {
      request.actor = actorOf(context, request.actor);
      checkAttachCases(request);
      const { ruleSet, version, actor, comment, casesJson: cases, listsJson: lists } = request;
      const result = await ruleSets.attachCases({ ruleSet, version, actor, comment, cases, lists });
      return create(AttachCasesResponseSchema, { cases: toCases(result) });
    },
    async approveVersion(request, context) {
      request.actor = actorOf(context, request.actor);
      checkApprove(request);
      const { ruleSet, version, hash, actor, comment } = request;
      const proof = await ruleSets.approve({ ruleSet, version, hash, actor, comment });
      return create(ApproveVersionResponseSchema, { proof: toProof(proof) });
    },
    async withdrawApproval(request, context) {
      request.actor = actorOf(context, request.actor);
      checkWithdraw(request);
      const { ruleSet, version, actor, comment } = request;
      const proof = await ruleSets.withdraw({ ruleSet, version, actor, comment });
      return create(WithdrawApprovalResponseSchema, { proof: toProof(proof) });
    },
    async waiveEvidence(request, context) {
      request.actor = actorOf(context, request.actor);
      checkWaive(request);
      const { ruleSet, version, actor, reason: comment } = request;
      const waives = fromWaivables(request.waives);
      const proof = await ruleSets.waive({ ruleSet, version, actor, comment, waives });
      return create(WaiveEvidenceResponseSchema, { proof: toProof(proof) });
    },
    async getProof(request, context) {
      checkGetVersion(request);
      const { info } = await ruleSets.version(request.ruleSet, request.version);
      const proof = await ruleSets.proof(request.ruleSet, info.version);
      return create(GetProofResponseSchema, {
        version: toVersion(toldStages(context, info)),
        proof: toProof(proof),
      });
    },
    async listOwedEvidence(_, context) {
      const owed = (await ruleSets.owed()).filter(({ staged }) => isTold(context, staged.scope));
      return create(ListOwedEvidenceResponseSchema, { owed: owed.map(toOwed) });
    },
  };
}
