import { invalidRequest } from '../../../errors/errors.js';
import { OutcomeSchema } from '../../../gen/tollgate/v1/decision_service_pb.js';
import type {
  GetShadowReportRequest,
  ListShadowDifferencesRequest,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { ShadowRunRef } from '../../../gen/tollgate/v1/rule_shadow_pb.js';
import { Problems } from './problems.js';
import { scope } from './publishing.js';
import { MAX_VERSION } from './rule.js';
import { slug } from './text.js';
import { enumValue, page, ruleName, span, within } from './values.js';

/** What to report; gives the run. */
export function checkShadowReport(request: GetShadowReportRequest): ShadowRunRef {
  const problems = new Problems();
  span(problems, request.from, request.to);
  return run(problems, request.run);
}

/** Which differences to list; gives the run. */
export function checkShadowDifferences(request: ListShadowDifferencesRequest): ShadowRunRef {
  const problems = new Problems();
  page(problems, '', request.pageSize, request.pageToken);
  ruleName(problems, '', 'rule', request.rule);
  enumValue(problems, '', 'live_outcome', request.liveOutcome, OutcomeSchema, false);
  enumValue(problems, '', 'shadow_outcome', request.shadowOutcome, OutcomeSchema, false);
  return run(problems, request.run);
}

function run(problems: Problems, ref: ShadowRunRef | undefined): ShadowRunRef {
  if (ref === undefined) problems.add('run', 'is required');
  else {
    slug(problems, 'run.', 'rule_set', ref.ruleSet);
    within(problems, 'run.', 'version', ref.version, 1, MAX_VERSION);
    scope(problems, 'run.scope', ref.scope);
    if (ref.revision < 0n || ref.revision > BigInt(Number.MAX_SAFE_INTEGER))
      problems.add('run.revision', 'not a revision that was given out here');
  }
  problems.throwIfAny();
  if (ref === undefined) throw invalidRequest([]);
  return ref;
}
