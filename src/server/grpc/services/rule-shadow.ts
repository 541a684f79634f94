import { create } from '@bufbuild/protobuf';
import type { RunRef } from '../../../decisions/shadow/shadow-reports.js';
import type { DifferenceFilter } from '../../../decisions/shadow/shadow-store.js';
import type { RuleService } from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  GetShadowReportResponseSchema,
  ListShadowDifferencesRequestSchema,
  ListShadowDifferencesResponseSchema,
  type ListShadowDifferencesRequest,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { ShadowRunRef } from '../../../gen/tollgate/v1/rule_shadow_pb.js';
import { readScope } from '../../../rules/publish/scope.js';
import { toShadowDifference, toShadowReport, toShadowRun } from '../convert/rule-shadow.js';
import { toOptionalMs } from '../convert/time.js';
import { toOutcome } from '../convert/vocabulary.js';
import type { Handlers } from '../handlers.js';
import { checkShadowDifferences, checkShadowReport } from '../validate/shadow.js';
import { pageOf } from './page-query.js';
import type { Shadows } from './ports.js';

type ShadowMethods = 'getShadowReport' | 'listShadowDifferences';

/** The handlers of RuleService that say what shadows said. */
export function shadowHandlers(shadows: Shadows): Pick<Handlers<typeof RuleService>, ShadowMethods> {
  return {
    async getShadowReport(request) {
      const ref = toRef(checkShadowReport(request));
      const report = await shadows.report(ref, toOptionalMs(request.from), toOptionalMs(request.to));
      return create(GetShadowReportResponseSchema, { report: toShadowReport(report) });
    },
    async listShadowDifferences(request) {
      const ref = toRef(checkShadowDifferences(request));
      const page = pageOf(ListShadowDifferencesRequestSchema, request);
      const found = await shadows.differences(ref, toFilter(request), page.query);
      return create(ListShadowDifferencesResponseSchema, {
        run: toShadowRun(found.run),
        differences: found.items.map((one) => toShadowDifference(one, found.baseCurrency)),
        nextPageToken: page.tokenOf(found.next),
      });
    },
  };
}

function toRef({ ruleSet, version, scope, revision }: ShadowRunRef): RunRef {
  return {
    ruleSet,
    version,
    scope: scope === '' ? undefined : readScope(scope),
    since: revision === 0n ? undefined : Number(revision),
  };
}

function toFilter(request: ListShadowDifferencesRequest): DifferenceFilter {
  const { rule, verdictDiffers } = request;
  const liveOutcome = toOutcome(request.liveOutcome);
  const shadowOutcome = toOutcome(request.shadowOutcome);
  return {
    ...(rule === '' ? {} : { rule }),
    ...(verdictDiffers ? { verdictDiffers } : {}),
    ...(liveOutcome === undefined ? {} : { liveOutcome }),
    ...(shadowOutcome === undefined ? {} : { shadowOutcome }),
  };
}
