import type { Duration } from '@bufbuild/protobuf/wkt';
import { invalidRequest } from '../../../errors/errors.js';
import type {
  ControlGroup,
  EndControlGroupRequest,
  GetRulePrecisionRequest,
  ListControlGroupsRequest,
  SetControlGroupRequest,
} from '../../../gen/tollgate/v1/control_service_pb.js';
import { LetGoToSchema } from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Money } from '../../../gen/tollgate/v1/payment_pb.js';
import { DrawBySchema } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { LARGEST_CONTROL_SHARE } from '../../../rules/exceptions/control-group.js';
import { Problems } from './problems.js';
import { lotPeriod } from './canary.js';
import { scope } from './publishing.js';
import { requiredText, slug } from './text.js';
import { enumValue, money, page, timestamp, within } from './values.js';

const DAY_S = 86_400n;

/** A control group to set; its cap in money comes with it. */
export function checkSetControlGroup({ group }: SetControlGroupRequest): {
  readonly group: ControlGroup;
  readonly cap: Money;
} {
  const problems = new Problems();
  if (group === undefined) throw invalidRequest([{ field: 'group', description: 'is required' }]);
  const at = 'group.';
  slug(problems, at, 'rule_set', group.ruleSet);
  slug(problems, at, 'rule', group.rule);
  scope(problems, `${at}scope`, group.scope);
  if (!(group.share > 0 && group.share <= LARGEST_CONTROL_SHARE))
    problems.add(`${at}share`, `not above 0 and at most ${LARGEST_CONTROL_SHARE}`);
  enumValue(problems, at, 'let_go_to', group.letGoTo, LetGoToSchema, false);
  enumValue(problems, at, 'by', group.by, DrawBySchema, false);
  if (group.period !== undefined) lotPeriod(problems, `${at}period`, group.period);
  within(problems, at, 'max_count_per_day', group.maxCountPerDay, 1, 10_000);
  if (group.maxAmountPerDay === undefined) problems.add(`${at}max_amount_per_day`, 'is required');
  money(problems, at, 'max_amount_per_day', group.maxAmountPerDay, 'any');
  if (group.maxAmountPerDay?.minor === 0n) problems.add(`${at}max_amount_per_day.minor`, 'is 0');
  if (group.until === undefined) problems.add(`${at}until`, 'is required: a control group must end');
  timestamp(problems, at, 'until', group.until);
  requiredText(problems, at, 'reason', group.reason, 500);
  requiredText(problems, at, 'actor', group.actor, 128);
  problems.throwIfAny();
  if (group.maxAmountPerDay === undefined) throw invalidRequest([]);
  return { group, cap: group.maxAmountPerDay };
}

/** The end of a control group. */
export function checkEndControlGroup(request: EndControlGroupRequest): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  slug(problems, '', 'rule', request.rule);
  scope(problems, 'scope', request.scope);
  requiredText(problems, '', 'reason', request.reason, 500);
  requiredText(problems, '', 'actor', request.actor, 128);
  problems.throwIfAny();
}

/** A page of control groups. */
export function checkListControlGroups(request: ListControlGroupsRequest): void {
  const problems = new Problems();
  page(problems, '', request.pageSize, request.pageToken);
  if (request.ruleSet !== '') slug(problems, '', 'rule_set', request.ruleSet);
  if (request.rule !== '') slug(problems, '', 'rule', request.rule);
  problems.throwIfAny();
}

/** Which rule's precision, over which payments. */
export function checkPrecision(request: GetRulePrecisionRequest): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  slug(problems, '', 'rule', request.rule);
  timestamp(problems, '', 'from', request.from);
  timestamp(problems, '', 'to', request.to);
  if (request.maturity !== undefined) maturity(problems, request.maturity);
  if (request.alpha !== 0 && !(request.alpha >= 0.001 && request.alpha <= 0.5))
    problems.add('alpha', 'not 0 or between 0.001 and 0.5');
  problems.throwIfAny();
}

function maturity(problems: Problems, { seconds, nanos }: Duration): void {
  if (nanos !== 0 || seconds < 0n || seconds > 400n * DAY_S)
    problems.add('maturity', 'not whole seconds of at most 400 days');
}
