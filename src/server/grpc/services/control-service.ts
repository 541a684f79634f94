import { create } from '@bufbuild/protobuf';
import type { Decisions } from '../../../decisions/decisions.js';
import type { ControlService, GetRulePrecisionRequest } from '../../../gen/tollgate/v1/control_service_pb.js';
import {
  EndControlGroupResponseSchema,
  ListControlGroupsRequestSchema,
  ListControlGroupsResponseSchema,
  SetControlGroupResponseSchema,
} from '../../../gen/tollgate/v1/control_service_pb.js';
import { readScope } from '../../../rules/publish/scope.js';
import { fromControlGroup, toControlGroup, toPrecision } from '../convert/control.js';
import { toOptionalMs } from '../convert/time.js';
import type { Handlers } from '../handlers.js';
import {
  checkEndControlGroup,
  checkListControlGroups,
  checkPrecision,
  checkSetControlGroup,
} from '../validate/control.js';
import { actorOf } from './acting.js';
import { pageOf } from './page-query.js';
import type { Controls } from './ports.js';
import { isTold } from './site-scope.js';

const DAY_MS = 86_400_000;
const MATURITY_MS = 60 * DAY_MS;
const ALPHA = 0.05;

/** The handlers of ControlService. */
export function controlHandlers({
  controls,
  decisions,
}: {
  readonly controls: Controls;
  readonly decisions: Pick<Decisions, 'precision'>;
}): Handlers<typeof ControlService> {
  return {
    async setControlGroup(request, context) {
      if (request.group !== undefined)
        request.group.actor = actorOf(context, request.group.actor, 'group.actor');
      const { group, cap } = checkSetControlGroup(request);
      const set = await controls.set(fromControlGroup(group, cap));
      return create(SetControlGroupResponseSchema, { group: toControlGroup(set) });
    },
    async endControlGroup(request, context) {
      request.actor = actorOf(context, request.actor);
      checkEndControlGroup(request);
      const { ruleSet, rule, reason, actor } = request;
      const place = { ruleSet, rule, scope: readScope(request.scope) ?? ('all' as const) };
      const ended = await controls.off(place, { actor, reason });
      return create(EndControlGroupResponseSchema, { group: toControlGroup(ended) });
    },
    async listControlGroups(request, context) {
      checkListControlGroups(request);
      const page = pageOf(ListControlGroupsRequestSchema, request);
      const { ruleSet, rule, over } = request;
      const { items, next } = await controls.list({ ruleSet, rule, over }, page.query);
      return create(ListControlGroupsResponseSchema, {
        groups: items.filter(({ scope }) => isTold(context, scope)).map(toControlGroup),
        nextPageToken: page.tokenOf(next),
      });
    },
    async getRulePrecision(request, context) {
      checkPrecision(request);
      return toPrecision(await decisions.precision(toQuery(request), context));
    },
  };
}

function toQuery(request: GetRulePrecisionRequest): Parameters<Decisions['precision']>[0] {
  const { ruleSet, rule, maturity, alpha } = request;
  return {
    ruleSet,
    rule,
    from: toOptionalMs(request.from),
    to: toOptionalMs(request.to),
    maturityMs: maturity === undefined ? MATURITY_MS : Number(maturity.seconds) * 1000,
    alpha: alpha === 0 ? ALPHA : alpha,
  };
}
