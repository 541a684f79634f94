import { betaQuantile } from './beta.js';
import type { Trials } from './interval.js';
import { twoSidedZ } from './normal.js';

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
  const trials = groups.reduce((sum, group) => sum + group.trials, 0);
  if (groups.length < 2 || trials === 0) return 1;
  const share = groups.reduce((sum, group) => sum + group.successes, 0) / trials;
  const mean = trials / groups.length;
  const freedom = groups.length - 1;
  const variance = (of: (group: Trials) => number): number =>
    groups.reduce((sum, group) => sum + of(group) ** 2, 0) / freedom;
  const effect =
    share > 0 && share < 1
      ? variance((group) => group.successes - group.trials * share) / (mean * share * (1 - share))
      : variance((group) => group.trials - mean) / mean;
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
