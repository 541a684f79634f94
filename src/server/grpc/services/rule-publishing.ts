import { create } from '@bufbuild/protobuf';
import type { RuleService } from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  ActivateVersionResponseSchema,
  DeactivateRuleSetResponseSchema,
  ListPublicationsRequestSchema,
  ListPublicationsResponseSchema,
  RollBackResponseSchema,
  StartCanaryResponseSchema,
  StartShadowResponseSchema,
  StopCanaryResponseSchema,
  StopShadowResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { PublishInput } from '../../../rules/publish/publishing.js';
import { readScope } from '../../../rules/publish/scope.js';
import { fromCanary, toPublication } from '../convert/rule-publishing.js';
import { toRuleSet } from '../convert/rule.js';
import type { Handlers } from '../handlers.js';
import { checkPublication, checkPublishVersion, checkStartCanary } from '../validate/publishing.js';
import { checkListVersions } from '../validate/rule.js';
import { actorOf } from './acting.js';
import { pageOf, toRevision } from './page-query.js';
import type { RuleSets } from './ports.js';

type PublishingMethods =
  | 'activateVersion'
  | 'rollBack'
  | 'deactivateRuleSet'
  | 'startShadow'
  | 'stopShadow'
  | 'startCanary'
  | 'stopCanary'
  | 'listPublications';

/** The handlers of RuleService that put versions live and take them back. */
export function publishingHandlers(
  ruleSets: RuleSets,
): Pick<Handlers<typeof RuleService>, PublishingMethods> {
  return {
    async activateVersion(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublishVersion(request);
      const info = await ruleSets.activate({ ...toPublish(request), version: request.version });
      return create(ActivateVersionResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async rollBack(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublication(request);
      const info = await ruleSets.rollBack(toPublish(request));
      return create(RollBackResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async deactivateRuleSet(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublication(request);
      const info = await ruleSets.deactivate(toPublish(request));
      return create(DeactivateRuleSetResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async startShadow(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublishVersion(request);
      const info = await ruleSets.startShadow({ ...toPublish(request), version: request.version });
      return create(StartShadowResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async stopShadow(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublishVersion(request);
      const info = await ruleSets.stopShadow({ ...toPublish(request), version: request.version });
      return create(StopShadowResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async startCanary(request, context) {
      request.actor = actorOf(context, request.actor);
      const settings = fromCanary(checkStartCanary(request));
      const input = { ...toPublish(request), version: request.version, settings };
      return create(StartCanaryResponseSchema, { ruleSet: toRuleSet(await ruleSets.startCanary(input)) });
    },
    async stopCanary(request, context) {
      request.actor = actorOf(context, request.actor);
      checkPublication(request);
      const info = await ruleSets.stopCanary(toPublish(request));
      return create(StopCanaryResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async listPublications(request) {
      checkListVersions(request);
      const page = pageOf(ListPublicationsRequestSchema, request);
      const { items, next } = await ruleSets.publications(request.ruleSet, page.query);
      return create(ListPublicationsResponseSchema, {
        publications: items.map(toPublication),
        nextPageToken: page.tokenOf(next),
      });
    },
  };
}

function toPublish(request: {
  readonly ruleSet: string;
  readonly scope: string;
  readonly actor: string;
  readonly reason: string;
  readonly etag: string;
}): PublishInput {
  const { ruleSet, actor, reason, etag } = request;
  return { ruleSet, scope: readScope(request.scope) ?? 'all', actor, reason, revision: toRevision(etag) };
}
