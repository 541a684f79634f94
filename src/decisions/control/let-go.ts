import { verdictWithout, rulesOf } from '../../rules/exceptions/excepted.js';
import type { LetGoTo } from '../../rules/exceptions/control-group.js';
import type { SnoozedRule } from '../../rules/exceptions/snooze.js';
import { strongerDemand, type Authentication } from '../../rules/outcome.js';
import type { Program, Verdict } from '../../rules/program.js';
import { goesOn } from '../limits/holds.js';

/** The reason of a payment that was let go. */
export const LET_GO = 'control.let-go';

/** What is asked about a payment that a rule stops. */
export interface Stopped {
  readonly program: Program;
  readonly states: Uint8Array;
  readonly authentication: Authentication;
  /** What all rules say, but for those that were snoozed. */
  readonly verdict: Verdict;
  readonly snoozed: readonly SnoozedRule[];
}

/** The verdict when a rule that stops a payment is heard as skipped; undefined unless that rule alone stops it. */
export function stoppedAlone(stopped: Stopped, ruleSet: string, rule: string): Verdict | undefined {
  const { program, states, authentication, verdict, snoozed } = stopped;
  const { placeOf } = rulesOf(program);
  const place = placeOf(ruleSet, rule);
  if (place === undefined || goesOn(verdict.outcome)) return undefined;
  const others = snoozed.map((one) => placeOf(one.ruleSet, one.rule)).filter((one) => one !== undefined);
  const without = verdictWithout(program, states, authentication, [...others, place]);
  return goesOn(without.outcome) ? without : undefined;
}

/**
 * The verdict on a payment that is let go: what the other rules say of it, and for 3-D Secure a review and a challenge at
 * least. What hit stays told, as does what was missing. Nobody is allowed by it.
 */
export function letGoVerdict(full: Verdict, without: Verdict, to: LetGoTo): Verdict {
  const reasons = [...new Set([LET_GO, ...without.reasons])];
  const { hits, scores, degraded } = full;
  if (to === 'accept')
    return {
      ...without,
      outcome: without.outcome === 'allow' ? 'accept' : without.outcome,
      reasons,
      hits,
      scores,
      degraded,
    };
  const threeDs = strongerDemand(without.threeDs, 'challenge');
  return { outcome: 'review', threeDs, exemption: 'none', reasons, hits, scores, degraded };
}
