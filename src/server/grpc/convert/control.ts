import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { PrecisionReport } from '../../../decisions/control/precision-report.js';
import type {
  ControlGroup as WireGroup,
  GetRulePrecisionResponse,
} from '../../../gen/tollgate/v1/control_service_pb.js';
import {
  ControlGroupSchema,
  GetRulePrecisionResponseSchema,
} from '../../../gen/tollgate/v1/control_service_pb.js';
import { LetGoTo } from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Money } from '../../../gen/tollgate/v1/payment_pb.js';
import { DrawBy } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import type { ControlGroup, ControlInfo } from '../../../rules/exceptions/control-group.js';
import { readScope } from '../../../rules/publish/scope.js';
import { fromMs, toOptionalMs } from './time.js';
import { LET_GO_TO } from './vocabulary.js';

/** How long a lot lasts where nothing is said, ms. */
const LOT_MS = 30 * 86_400_000;

/** A checked control group. */
export function fromControlGroup(group: WireGroup, cap: Money): Omit<ControlGroup, 'at'> {
  const { ruleSet, rule, share, period, reason, actor } = group;
  return {
    ruleSet,
    rule,
    scope: readScope(group.scope) ?? 'all',
    share,
    letGoTo: group.letGoTo === LetGoTo.ACCEPT ? 'accept' : 'three-ds',
    by: group.by === DrawBy.CUSTOMER ? 'customer' : 'card',
    periodMs: period === undefined ? LOT_MS : Number(period.seconds) * 1000,
    maxCount: group.maxCountPerDay,
    maxAmount: { minor: Number(cap.minor), currency: cap.currency },
    until: toOptionalMs(group.until) ?? 0,
    reason,
    actor,
  };
}

/** A control group. */
export function toControlGroup(info: ControlInfo): WireGroup {
  const { ruleSet, rule, scope, share, letGoTo, by, periodMs, maxCount, maxAmount, reason, actor } = info;
  const { until, at, ended } = info;
  return create(ControlGroupSchema, {
    ruleSet,
    rule,
    scope,
    share,
    letGoTo: LET_GO_TO[letGoTo],
    by: by === 'customer' ? DrawBy.CUSTOMER : DrawBy.CARD,
    period: durationFromMs(periodMs),
    maxCountPerDay: maxCount,
    maxAmountPerDay: { minor: BigInt(maxAmount.minor), currency: maxAmount.currency },
    until: fromMs(until),
    reason,
    actor,
    setAt: fromMs(at),
    ...(ended === undefined
      ? {}
      : { endedAt: fromMs(ended.at), endedBy: ended.actor, endReason: ended.reason }),
  });
}

/** How precise a rule is. */
export function toPrecision(report: PrecisionReport): GetRulePrecisionResponse {
  const { precision, low, high, effectiveCases, cutAt } = report;
  return create(GetRulePrecisionResponseSchema, {
    hits: BigInt(report.hits),
    stopped: BigInt(report.stopped),
    eligible: BigInt(report.eligible),
    drawn: BigInt(report.drawn),
    capFull: BigInt(report.capFull),
    letGo: BigInt(report.letGo),
    bad: BigInt(report.bad),
    good: BigInt(report.good),
    open: BigInt(report.open),
    unmade: BigInt(report.unmade),
    unread: BigInt(report.unread),
    ...(precision === undefined ? {} : { precision }),
    low,
    high,
    effectiveCases,
    ...(cutAt === undefined ? {} : { cutAt: fromMs(cutAt) }),
  });
}
