import type { Lot } from '../../../decisions/evaluate/canary-lot.js';
import type { DecisionRecord, LimitUse as CoreLimitUse } from '../../../decisions/record.js';
import type { ScreenOutput } from '../../../decisions/decisions.js';
import type {
  CanaryLot,
  ControlDraw,
  Decision,
  LimitUse,
  RuleHit,
  RuleSetRef,
  ScreenResponse,
  SnoozedRule,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Money } from '../../../gen/tollgate/v1/payment_pb.js';
import type { ControlLot } from '../../../decisions/control/control-lot.js';
import type { SnoozedRule as CoreSnoozed } from '../../../rules/exceptions/snooze.js';
import type { Hit } from '../../../rules/program.js';
import { fromMs } from './time.js';
import {
  DECISION_FLAG,
  LET_GO_TO,
  LIMIT_STATE,
  OUTCOME,
  RULE_STATE,
  SCA_EXEMPTION,
  THREE_DS_DEMAND,
} from './vocabulary.js';

/** The answer to a payment. */
export function toScreenResponse(output: ScreenOutput): ScreenResponse {
  return {
    $typeName: 'tollgate.v1.ScreenResponse',
    decision: toDecision(output.record),
    repeated: output.repeated,
  };
}

/** A decision record as it is answered. Written as one literal: this runs for every payment, and spreading costs much. */
export function toDecision(record: DecisionRecord): Decision {
  const { binding, base } = record;
  const decision: Decision = {
    $typeName: 'tollgate.v1.Decision',
    id: record.id,
    requestId: record.requestId,
    outcome: OUTCOME[record.outcome],
    threeDs: THREE_DS_DEMAND[record.threeDs],
    exemption: SCA_EXEMPTION[record.exemption],
    reasons: record.reasons as string[],
    hits: record.hits.map(toRuleHit),
    flags: record.flags.map((flag) => DECISION_FLAG[flag]),
    binding: {
      $typeName: 'tollgate.v1.Binding',
      site: record.site,
      amount: toMoney(binding.minor, binding.currency),
      instrument: binding.instrument,
    },
    lapsesAt: fromMs(record.lapsesAt),
    eventTime: fromMs(record.eventTime),
    decidedAt: fromMs(record.decidedAt),
    ruleSets: record.ruleSets.map(toRuleSetRef),
    limits: record.limits.map(toLimitUse),
    rateId: record.rateId,
    sequence: BigInt(record.seq),
    log: record.log,
    canaries: record.lots === undefined ? NO_CANARIES : record.lots.map(toCanaryLot),
    snoozed: record.snoozed?.map(toSnoozedRule) ?? [],
  };
  if (record.control !== undefined) decision.control = toControlDraw(record.control);
  if (base !== null) decision.baseAmount = toMoney(base.minor, base.currency);
  return decision;
}

/** Nobody adds to the lists of an answer. */
const NO_CANARIES: CanaryLot[] = [];

function toCanaryLot(lot: Lot): CanaryLot {
  return {
    $typeName: 'tollgate.v1.CanaryLot',
    ruleSet: lot.ruleSet,
    version: lot.version,
    share: lot.share,
    draw: lot.draw,
    drawn: lot.drawn,
    revision: BigInt(lot.since),
  };
}

/** An amount. */
export function toMoney(minor: number, currency: string): Money {
  return { $typeName: 'tollgate.v1.Money', minor: BigInt(minor), currency };
}

function toRuleHit(hit: Hit): RuleHit {
  return {
    $typeName: 'tollgate.v1.RuleHit',
    ruleSet: hit.ruleSet,
    rule: hit.rule,
    state: RULE_STATE[hit.state],
    outcome: OUTCOME[hit.outcome],
    reason: hit.reason,
    score: hit.score,
  };
}

function toControlDraw(lot: ControlLot): ControlDraw {
  return {
    $typeName: 'tollgate.v1.ControlDraw',
    ruleSet: lot.ruleSet,
    rule: lot.rule,
    share: lot.share,
    draw: lot.draw,
    drawn: lot.drawn,
    letGo: lot.letGo,
    letGoTo: LET_GO_TO[lot.letGoTo],
    capFull: lot.cap === 'full',
  };
}

function toSnoozedRule(one: CoreSnoozed): SnoozedRule {
  return {
    $typeName: 'tollgate.v1.SnoozedRule',
    ruleSet: one.ruleSet,
    rule: one.rule,
    state: RULE_STATE[one.state],
    outcome: OUTCOME[one.outcome],
    snooze: one.snooze,
    until: fromMs(one.until),
    actor: one.actor,
    reason: one.reason,
  };
}

/** A version that took part. */
export function toRuleSetRef(ref: DecisionRecord['ruleSets'][number]): RuleSetRef {
  return {
    $typeName: 'tollgate.v1.RuleSetRef',
    ruleSet: ref.ruleSet,
    version: ref.version,
    hash: ref.hash,
  };
}

/** What became of a limit. */
export function toLimitUse(use: CoreLimitUse): LimitUse {
  return {
    $typeName: 'tollgate.v1.LimitUse',
    ruleSet: use.ruleSet,
    limit: use.limit,
    periodStart: fromMs(use.periodStart),
    capMinor: use.state === 'unheld' ? 0n : BigInt(use.capMinor),
    usedMinor: use.state === 'unheld' ? 0n : BigInt(use.usedMinor),
    reserved: use.state === 'held',
    state: LIMIT_STATE[use.state === 'unheld' ? use.why : use.state],
    lacks: use.state === 'unheld' ? use.lacks : '',
  };
}
