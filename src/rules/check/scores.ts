import type { RuleSetDocument } from '../document/document.js';
import { warning, type Report } from './findings.js';

/** Warns of points that no threshold looks at, and of thresholds that all points together do not reach. */
export function checkScores(report: Report, { rules, thresholds = [] }: RuleSetDocument): void {
  let most = 0;
  for (const [at, { name, enabled, event }] of rules.entries()) {
    const score = event.params.score ?? 0;
    if (score === 0 || enabled === false) continue;
    most += Math.max(0, score);
    if (thresholds.length > 0) continue;
    report.rule = name;
    const path = `/rules/${at}/event/params/score`;
    warning(report, 'score-without-threshold', path, 'has no effect: the set has no thresholds');
  }
  report.rule = '';
  for (const [at, { score }] of thresholds.entries())
    if (score > 0 && score > most)
      warning(
        report,
        'unreachable-threshold',
        `/thresholds/${at}/score`,
        `can never be reached: the scores of all rules come to ${most}`,
      );
}
