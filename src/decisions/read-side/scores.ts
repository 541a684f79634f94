import type { Threshold } from '../../rules/document/document.js';
import type { RuleSetVersion } from '../../rules/program.js';
import type { ScoreExplanation } from '../explanation.js';
import type { DecisionRecord } from '../record.js';

/** The points of every rule set with thresholds to which a rule gave any, or could not be ruled out to give some. */
export function scoresOf({ hits }: DecisionRecord, versions: readonly RuleSetVersion[]): ScoreExplanation[] {
  return versions.flatMap(({ ruleSet, document }) => {
    const thresholds = (document.thresholds ?? []).toSorted((a, b) => a.score - b.score);
    const own = hits.filter((hit) => hit.ruleSet === ruleSet);
    const score = own.reduce((sum, hit) => sum + hit.score, 0);
    const unknown = document.rules
      .filter(({ name }) => own.some(({ rule, state }) => rule === name && state === 'unknown'))
      .reduce((sum, { event }) => sum + Math.max(0, event.params.score ?? 0), 0);
    const scored = own.some((hit) => hit.score !== 0);
    if (thresholds.length === 0 || (!scored && unknown === 0)) return [];
    const told = thresholds.map((one) => ({ ...one, reached: one.score <= score }));
    return [{ ruleSet, score, unknown, thresholds: told, text: scoreText(ruleSet, score, unknown, told) }];
  });
}

function scoreText(
  ruleSet: string,
  score: number,
  unknown: number,
  thresholds: ScoreExplanation['thresholds'],
): string {
  const reached = thresholds.findLast((one) => one.reached);
  const next = thresholds.find((one) => !one.reached);
  const parts = [
    reached === undefined ? '' : `${reached.score} for ${asks(reached)} was reached`,
    next === undefined ? '' : `${next.score - score} short of ${next.score} for ${asks(next)}`,
    unknown === 0 ? '' : `up to ${unknown} more could not be decided`,
  ];
  return `score of ${ruleSet}: ${score}; ${parts.filter((part) => part !== '').join('; ')}`;
}

function asks({ outcome, threeDs = 'none' }: Threshold): string {
  return threeDs === 'none' ? outcome : `${outcome} with 3DS ${threeDs}`;
}
