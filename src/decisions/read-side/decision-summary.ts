import type { Authentication } from '../../rules/outcome.js';
import { snoozedText } from '../../rules/exceptions/snoozing.js';
import type { RuleSetVersion } from '../../rules/program.js';
import type { Explanation } from '../explanation.js';
import { controlText } from '../control/text.js';
import type { DecisionRecord } from '../record.js';

const CANNOT_RUN: Readonly<Record<Authentication, string | undefined>> = {
  possible: undefined,
  'no-card': 'paid with no card',
  'merchant-initiated': 'the payment is merchant-initiated',
};

/** What was decided in words, a line each: outcome, 3-D Secure, reviews that became something else, flags. */
export function headlineOf(record: DecisionRecord, versions: readonly RuleSetVersion[]): string[] {
  const reasons = record.reasons.length === 0 ? 'no rule asked for more' : record.reasons.join(', ');
  const lines = [`${record.outcome}: ${reasons}`];
  if (record.threeDs !== 'none') lines.push(`3-D Secure: ${record.threeDs}`);
  const cannot = CANNOT_RUN[record.authentication];
  if (cannot !== undefined) lines.push(`3-D Secure cannot run: ${cannot}`);
  lines.push(...replacedReviews(record, versions));
  for (const snoozed of record.snoozed ?? []) lines.push(snoozedText(snoozed));
  if (record.control !== undefined) lines.push(controlText(record.control));
  if (record.flags.length > 0) lines.push(`marked ${record.flags.join(', ')}`);
  return lines;
}

/** A decision in words, a line each: what was decided, rules, scores, limits, near misses, versions. */
export function decisionSummary(told: Omit<Explanation, 'summary' | 'record'>): string[] {
  const { headline, rules, scores, limits, nearMisses, versions } = told;
  return [
    ...headline,
    ...[rules, scores, limits, nearMisses, versions].flatMap((part) => part.map(({ text }) => text)),
  ];
}

/** Says of which rules the review became something else: see `withoutThreeDs`. */
function replacedReviews({ hits }: DecisionRecord, versions: readonly RuleSetVersion[]): string[] {
  return hits.flatMap(({ ruleSet, rule: name, state, outcome }) => {
    const set = versions.find((one) => one.ruleSet === ruleSet);
    const rule = set?.document.rules.find((one) => one.name === name);
    if (state !== 'hit' || outcome === 'review' || rule?.event.type !== 'review') return [];
    return `${ruleSet}/${name} would ask for a review; where 3-D Secure cannot run its set has ${outcome} instead`;
  });
}
