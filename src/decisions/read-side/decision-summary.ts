import type { Authentication } from '../../rules/outcome.js';
import { snoozedText } from '../../rules/exceptions/snoozing.js';
import type { Program } from '../../rules/program.js';
import { controlText } from '../control/text.js';
import { limitText } from '../limits/text.js';
import type { DecisionRecord } from '../record.js';
import type { RuleExplanation } from '../decisions.js';

const CANNOT_RUN: Readonly<Record<Authentication, string | undefined>> = {
  possible: undefined,
  'no-card': 'paid with no card',
  'merchant-initiated': 'the payment is merchant-initiated',
};

/** A decision in words, a line each: outcome, 3-D Secure, the given rules, limits, flags. */
export function decisionSummary(
  record: DecisionRecord,
  rules: readonly RuleExplanation[],
  program: Program,
): string[] {
  const reasons = record.reasons.length === 0 ? 'no rule asked for more' : record.reasons.join(', ');
  const lines = [`${record.outcome}: ${reasons}`];
  if (record.threeDs !== 'none') lines.push(`3-D Secure: ${record.threeDs}`);
  const cannot = CANNOT_RUN[record.authentication];
  if (cannot !== undefined) lines.push(`3-D Secure cannot run: ${cannot}`);
  lines.push(...replacedReviews(record, program));
  for (const snoozed of record.snoozed ?? []) lines.push(snoozedText(snoozed));
  if (record.control !== undefined) lines.push(controlText(record.control));
  for (const rule of rules) lines.push(rule.text);
  for (const use of record.limits)
    lines.push(`limit ${use.ruleSet}/${use.limit}: ${limitText(use, record.base)}`);
  if (record.flags.length > 0) lines.push(`marked ${record.flags.join(', ')}`);
  return lines;
}

/** Says of which rules the review became something else: see `withoutThreeDs`. */
function replacedReviews({ hits }: DecisionRecord, { rules }: Program): string[] {
  return hits.flatMap(({ ruleSet, rule, state, outcome }) => {
    const found = rules.find((one) => one.ruleSet === ruleSet && one.rule.name === rule);
    if (state !== 'hit' || outcome === 'review' || found?.rule.event.type !== 'review') return [];
    return `${ruleSet}/${rule} would ask for a review; where 3-D Secure cannot run its set has ${outcome} instead`;
  });
}
