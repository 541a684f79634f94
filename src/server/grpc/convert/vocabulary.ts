import type { DecisionFlag as CoreFlag, HeldLimit, UnheldLimit } from '../../../decisions/record.js';
import {
  DecisionFlag,
  LetGoTo,
  LimitState,
  Outcome,
  RuleState,
  ScaExemption,
  ThreeDsDemand,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { LetGoTo as CoreLetGoTo } from '../../../rules/exceptions/control-group.js';
import type {
  Outcome as CoreOutcome,
  RuleState as CoreState,
  ScaExemption as CoreExemption,
  ThreeDsDemand as CoreDemand,
} from '../../../rules/outcome.js';

/** The core's words as the enums of the API. */
export const OUTCOME: Readonly<Record<CoreOutcome, Outcome>> = {
  accept: Outcome.ACCEPT,
  review: Outcome.REVIEW,
  reject: Outcome.REJECT,
  allow: Outcome.ALLOW,
  block: Outcome.BLOCK,
};

export const THREE_DS_DEMAND: Readonly<Record<CoreDemand, ThreeDsDemand>> = {
  none: ThreeDsDemand.NONE,
  request: ThreeDsDemand.REQUEST,
  challenge: ThreeDsDemand.CHALLENGE,
  mandate: ThreeDsDemand.MANDATE,
};

export const SCA_EXEMPTION: Readonly<Record<CoreExemption, ScaExemption>> = {
  none: ScaExemption.NONE,
  'low-value': ScaExemption.LOW_VALUE,
  tra: ScaExemption.TRA,
  trusted: ScaExemption.TRUSTED,
  corporate: ScaExemption.CORPORATE,
};

export const RULE_STATE: Readonly<Record<CoreState, RuleState>> = {
  'no-hit': RuleState.NO_HIT,
  hit: RuleState.HIT,
  unknown: RuleState.UNKNOWN,
  error: RuleState.ERROR,
  skipped: RuleState.SKIPPED,
};

export const DECISION_FLAG: Readonly<Record<CoreFlag, DecisionFlag>> = {
  'unknown-site': DecisionFlag.UNKNOWN_SITE,
  'event-time-skew': DecisionFlag.EVENT_TIME_SKEW,
  degraded: DecisionFlag.DEGRADED,
};

export const LET_GO_TO: Readonly<Record<CoreLetGoTo, LetGoTo>> = {
  'three-ds': LetGoTo.THREE_DS,
  accept: LetGoTo.ACCEPT,
};

export const LIMIT_STATE: Readonly<Record<HeldLimit['state'] | UnheldLimit['why'], LimitState>> = {
  held: LimitState.HELD,
  refused: LimitState.REFUSED,
  'input-missing': LimitState.INPUT_MISSING,
  'condition-failed': LimitState.CONDITION_FAILED,
  'no-key': LimitState.NO_KEY,
  'no-rate': LimitState.NO_RATE,
};

const OUTCOMES_BY_NUMBER = new Map<Outcome, CoreOutcome>(
  (Object.entries(OUTCOME) as [CoreOutcome, Outcome][]).map(([name, number]) => [number, name]),
);

/** The core's word for a checked outcome; undefined for UNSPECIFIED. */
export function toOutcome(outcome: Outcome): CoreOutcome | undefined {
  return OUTCOMES_BY_NUMBER.get(outcome);
}
