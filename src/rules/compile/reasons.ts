import { OUTCOMES, type Outcome, type ScaExemption, type ThreeDsDemand } from '../outcome.js';

/** What a rule or threshold said, and why. */
export interface Said {
  readonly outcome: Outcome;
  readonly threeDs: ThreeDsDemand;
  readonly exemption: ScaExemption;
  readonly reason: string;
}

/**
 * The reasons of what made the verdict: of those who asked for its outcome, and, where the payment goes on, of those who
 * asked for its demand or its exemption. Who only wanted one of these and was overruled gives no reason. Each once, by the
 * strength of the outcome that was asked for, then in the order in which it was said.
 */
export function reasonsOf(said: readonly Said[], verdict: Omit<Said, 'reason'>): string[] {
  const making = said.filter((one) => made(one, verdict));
  if (making.length < 2) return making.map(({ reason }) => reason);
  making.sort((a, b) => OUTCOMES.indexOf(b.outcome) - OUTCOMES.indexOf(a.outcome));
  return [...new Set(making.map(({ reason }) => reason))];
}

function made(one: Said, { outcome, threeDs, exemption }: Omit<Said, 'reason'>): boolean {
  const onlyAccepts = one.outcome === 'accept' && (one.threeDs !== 'none' || one.exemption !== 'none');
  if (one.outcome === outcome && !onlyAccepts) return true;
  if (outcome === 'reject' || outcome === 'block') return false;
  return (
    (threeDs !== 'none' && one.threeDs === threeDs) || (exemption !== 'none' && one.exemption === exemption)
  );
}
