import { betaQuantile } from './beta.js';
import type { Trials } from './interval.js';
import { twoSidedZ } from './normal.js';
import { mergeOutcomes, NO_OUTCOMES, spreadOf } from './weighted-proportion.js';
import type { WeightedOutcomes } from './weighted-proportion.js';

/**
 * By how many times trials that hang together tell less than as many independent ones: the variance of the share as
 * groups show it, over what independence would give; at least 1. Trials of one subject must be in one group, subjects
 * be spread over the groups by chance. Source: Rao and Scott, "A simple method for the analysis of clustered binary
 * data", Biometrics 48 (1992), 577. Enlarged for an interval that may miss `alpha` of the time, by what few groups
 * leave open of the variance: the square of Student's quantile over the normal one (Korn and Graubard, Survey
 * Methodology 24 (1998), 193).
 *
 * Where all trials end alike nothing can be seen of that; then by how much more the groups' sizes vary than they
 * would if each subject had one trial, which is the effect if trials of one subject always end alike. 1 for fewer
 * than two groups.
 */
export function designEffect(groups: readonly Trials[], alpha: number): number {
  return weightedDesignEffect(
    groups.map(({ successes, trials }) => ({
      cases: trials,
      events: successes,
      weight: trials,
      weightSquared: trials,
      eventWeight: successes,
      eventWeightSquared: successes,
    })),
    alpha,
  );
}

/** The same for the share of cases that count by weight: of those of a subject the weights may differ. */
export function weightedDesignEffect(groups: readonly WeightedOutcomes[], alpha: number): number {
  const all = groups.reduce(mergeOutcomes, NO_OUTCOMES);
  if (groups.length < 2 || all.cases === 0) return 1;
  const share = all.eventWeight / all.weight;
  const mean = all.weight / groups.length;
  const mixed = all.events > 0 && all.events < all.cases;
  const seen = groups.reduce(
    (sum, { weight, eventWeight }) => sum + (mixed ? eventWeight - weight * share : weight - mean) ** 2,
    0,
  );
  const freedom = groups.length - 1;
  const independent = mixed ? spreadOf(all, share) : all.weightSquared;
  const effect = (seen * groups.length) / freedom / independent;
  return Math.max(1, effect * (studentQuantile(alpha, freedom) / twoSidedZ(alpha)) ** 2);
}

/** As many independent trials as tell as much as these: the same share, fewer of them. */
export function effectiveTrials({ successes, trials }: Trials, effect: number): Trials {
  return { successes: successes / effect, trials: trials / effect };
}

/** What Student's t exceeds on either side with probability `alpha` in all (Abramowitz and Stegun 26.5.27). */
export function studentQuantile(alpha: number, freedom: number): number {
  const x = betaQuantile(alpha, freedom / 2, 0.5);
  return Math.sqrt((freedom * (1 - x)) / x);
}
