import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import {
  DecisionFlag,
  LimitState,
  Outcome,
  RuleState,
  ScaExemption,
  ThreeDsDemand,
  type CanaryLot,
  type ControlDraw,
  type Decision,
  type LimitUse,
} from '../gen/tollgate/v1/decision_service_pb.js';
import type { Money } from '../gen/tollgate/v1/payment_pb.js';
import { currencyExponent } from '../money/currencies.js';
import { formatMinor } from '../money/decimal.js';
import type { Output, Style } from './output.js';

const OUTCOME_STYLES: Readonly<Partial<Record<Outcome, Style>>> = {
  [Outcome.ACCEPT]: 'green',
  [Outcome.ALLOW]: 'green',
  [Outcome.REVIEW]: 'yellow',
  [Outcome.REJECT]: 'red',
  [Outcome.BLOCK]: 'red',
};

/** The name of an enum value as people write it: `no hit`, `card check`. */
export function enumText(names: Readonly<Record<number, string>>, value: number): string {
  return (names[value] ?? String(value)).toLowerCase().replaceAll('_', ' ');
}

/** The outcome, coloured by how bad it is. */
export function outcomeText(out: Output, outcome: Outcome): string {
  const style = OUTCOME_STYLES[outcome];
  const text = enumText(Outcome, outcome);
  return style === undefined ? text : out.paint(style, text);
}

/** An amount with its currency: `12.50 EUR`; empty when there is none. */
export function moneyText(money: Money | undefined): string {
  if (money === undefined) return '';
  return `${formatMinor(Number(money.minor), currencyExponent(money.currency) ?? 0)} ${money.currency}`;
}

/** A moment in UTC to the second; empty when there is none. */
export function timeText(time: Timestamp | undefined): string {
  return time === undefined ? '' : new Date(timestampMs(time)).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `velocity v5 decided (drawn with a share of 5 %)`. */
function canaryText({ ruleSet, version, share, drawn }: CanaryLot): string {
  const name = `${ruleSet} v${version}`;
  if (share === 0) return `${name} was not asked: another canary decided`;
  const shareText = `a share of ${Number((share * 100).toFixed(4))} %`;
  return drawn ? `${name} decided (drawn for ${shareText})` : `${name} not drawn (${shareText})`;
}

/** What a control group made of it; empty where none took part. */
function controlText(control: ControlDraw | undefined): string {
  if (control === undefined) return '';
  const { ruleSet, rule, share, drawn, letGo, capFull } = control;
  const fate = letGo
    ? 'let go'
    : capFull
      ? "drawn, but the day's caps are full"
      : drawn
        ? 'drawn'
        : 'not drawn';
  return `${ruleSet}/${rule}, share ${share}: ${fate}`;
}

/** Prints a decision for people. */
export function printDecision(out: Output, decision: Decision, repeated: boolean): void {
  const { binding } = decision;
  const exemption = decision.exemption > ScaExemption.NONE ? enumText(ScaExemption, decision.exemption) : '';
  out.fields([
    ['outcome', outcomeText(out, decision.outcome)],
    ['reasons', decision.reasons.join(', ')],
    ['3-D Secure', enumText(ThreeDsDemand, decision.threeDs)],
    ['exemption', exemption],
    ['control group', controlText(decision.control)],
    ['flags', decision.flags.map((flag) => enumText(DecisionFlag, flag)).join(', ')],
    ['decision', `${decision.id}${repeated ? ' (decided before)' : ''}`],
    ['request', `${binding?.site ?? ''} ${decision.requestId}`],
    ['amount', moneyText(binding?.amount)],
    [
      'in base currency',
      decision.baseAmount === undefined ? '' : `${moneyText(decision.baseAmount)} (rates ${decision.rateId})`,
    ],
    ['event time', timeText(decision.eventTime)],
    ['decided at', timeText(decision.decidedAt)],
    ['lapses at', timeText(decision.lapsesAt)],
    [
      'rules',
      decision.ruleSets.map((set) => `${set.ruleSet} v${set.version} (${set.hash.slice(0, 12)})`).join(', '),
    ],
    ['canaries', decision.canaries.map(canaryText).join(', ')],
  ]);
  if (decision.hits.length > 0) {
    out.line();
    out.table(
      ['rule', 'state', 'asks for', 'reason', 'score'],
      decision.hits.map((hit) => [
        `${hit.ruleSet}/${hit.rule}`,
        enumText(RuleState, hit.state),
        hit.outcome === Outcome.UNSPECIFIED ? '' : enumText(Outcome, hit.outcome),
        hit.reason,
        hit.score === 0 ? '' : String(hit.score),
      ]),
      [4],
    );
  }
  if (decision.snoozed.length > 0) {
    out.line();
    out.table(
      ['snoozed', 'state', 'would ask for', 'until', 'by', 'because'],
      decision.snoozed.map((one) => [
        `${one.ruleSet}/${one.rule}`,
        enumText(RuleState, one.state),
        enumText(Outcome, one.outcome),
        timeText(one.until),
        one.actor,
        one.reason,
      ]),
    );
  }
  if (decision.limits.length === 0) return;
  out.line();
  const base = decision.baseAmount?.currency ?? '';
  const minor = ({ reserved, state }: LimitUse, value: bigint): string =>
    reserved || state === LimitState.REFUSED ? formatMinor(Number(value), currencyExponent(base) ?? 0) : '';
  out.table(
    ['limit', 'period from', `cap ${base}`, 'used before', 'state'],
    decision.limits.map((limit) => [
      `${limit.ruleSet}/${limit.limit}`,
      timeText(limit.periodStart),
      minor(limit, limit.capMinor),
      minor(limit, limit.usedMinor),
      limit.lacks === ''
        ? enumText(LimitState, limit.state)
        : `${enumText(LimitState, limit.state)}: ${limit.lacks}`,
    ]),
    [2, 3],
  );
}
