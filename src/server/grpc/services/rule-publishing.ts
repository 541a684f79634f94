import { create } from '@bufbuild/protobuf';
import type { RuleService, RuleSet } from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  ActivateVersionResponseSchema,
  DeactivateRuleSetResponseSchema,
  GetCanaryReportResponseSchema,
  ListPublicationsRequestSchema,
  ListPublicationsResponseSchema,
  RollBackResponseSchema,
  StartCanaryResponseSchema,
  StartShadowResponseSchema,
  StopCanaryResponseSchema,
  StopShadowResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { PublishInput } from '../../../rules/publish/publishing.js';
import type { RuleSetInfo } from '../../../rules/rule-set-info.js';
import type { CallContext } from '../call-context.js';
import { fromCanary, toCanaryReport } from '../convert/canary.js';
import { toPublication } from '../convert/publication.js';
import { toRuleSet } from '../convert/rule.js';
import type { Handlers } from '../handlers.js';
import {
  checkCanaryReport,
  checkPublication,
  checkPublishVersion,
  checkRollBack,
  checkStartCanary,
} from '../validate/publishing.js';
import { checkListVersions } from '../validate/rule.js';
import { actorOf } from './acting.js';
import { pageOf, toRevision } from './page-query.js';
import type { CanaryReports, RuleSets } from './ports.js';
import { isTold, scopeFor, toldStages } from './site-scope.js';

type PublishingMethods =
  | 'activateVersion'
  | 'rollBack'
  | 'deactivateRuleSet'
  | 'startShadow'
  | 'stopShadow'
  | 'startCanary'
  | 'stopCanary'
  | 'getCanaryReport'
  | 'listPublications';

/** The handlers of RuleService that put versions live and take them back. */
export function publishingHandlers(
  ruleSets: RuleSets,
  canaries: CanaryReports,
): Pick<Handlers<typeof RuleService>, PublishingMethods> {
  return {
    async activateVersion(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublishVersion(request);
      const info = await ruleSets.activate({ ...toPublish(request, context), version: request.version });
      return create(ActivateVersionResponseSchema, { ruleSet: toldRuleSet(context, info) });
    },
    async rollBack(request, context) {
      request.actor = actorOf(context, request.actor);
      checkRollBack(request);
      const taking = request.fromVersion === 0 ? undefined : request.fromVersion;
      const info = await ruleSets.rollBack({ ...toPublish(request, context), taking });
      return create(RollBackResponseSchema, { ruleSet: toldRuleSet(context, info) });
    },
    async deactivateRuleSet(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublication(request);
      const info = await ruleSets.deactivate(toPublish(request, context));
      return create(DeactivateRuleSetResponseSchema, { ruleSet: toldRuleSet(context, info) });
    },
    async startShadow(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublishVersion(request);
      const info = await ruleSets.startShadow({ ...toPublish(request, context), version: request.version });
      return create(StartShadowResponseSchema, { ruleSet: toldRuleSet(context, info) });
    },
    async stopShadow(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublishVersion(request);
      const info = await ruleSets.stopShadow({ ...toPublish(request, context), version: request.version });
      return create(StopShadowResponseSchema, { ruleSet: toldRuleSet(context, info) });
    },
    async startCanary(request, context) {
      request.actor = actorOf(context, request.actor);
      const settings = fromCanary(checkStartCanary(request));
      const info = await ruleSets.startCanary({
        ...toPublish(request, context),
        version: request.version,
        settings,
      });
      return create(StartCanaryResponseSchema, { ruleSet: toldRuleSet(context, info) });
    },
    async stopCanary(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublication(request);
      const info = await ruleSets.stopCanary(toPublish(request, context));
      return create(StopCanaryResponseSchema, { ruleSet: toldRuleSet(context, info) });
    },
    async getCanaryReport(request, context) {
      checkCanaryReport(request);
      const scope = scopeFor(context, request.scope);
      const report = await canaries.report(request.ruleSet, scope, Number(request.revision));
      return create(GetCanaryReportResponseSchema, { report: toCanaryReport(report) });
    },
    async listPublications(request, context) {
      checkListVersions(request);
      const page = pageOf(ListPublicationsRequestSchema, request);
      const { items, next } = await ruleSets.publications(request.ruleSet, page.query);
      return create(ListPublicationsResponseSchema, {
        publications: items.filter(({ scope }) => isTold(context, scope)).map(toPublication),
        nextPageToken: page.tokenOf(next),
      });
    },
  };
}

/** A rule set as the caller is told of it. */
function toldRuleSet(context: Pick<CallContext, 'identity'>, info: RuleSetInfo): RuleSet {
  return toRuleSet(toldStages(context, info));
}

function toPublish(
  request: {
    readonly ruleSet: string;
    readonly scope: string;
    readonly actor: string;
    readonly reason: string;
    readonly etag: string;
  },
  context: Pick<CallContext, 'identity'>,
): PublishInput {
  const { ruleSet, actor, reason, etag } = request;
  const scope = scopeFor(context, request.scope);
  const saysWhy = context.identity.kind !== 'development';
  return { ruleSet, scope, actor, reason, saysWhy, revision: toRevision(etag) };
}
