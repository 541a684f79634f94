import { betaQuantile } from './beta.js';
import type { Interval, Trials } from './interval.js';
import { twoSidedZ } from './normal.js';

/** What without any trials is known of a proportion. */
const ANYTHING: Interval = { low: 0, high: 1 };

/**
 * Wilson's score interval of a proportion: those values that the observed share does not reject. Misses `alpha` of
 * the time on average; in [0, 1], and says something after no success at all. Source: Wilson, "Probable inference,
 * the law of succession, and statistical inference", JASA 22 (1927); method 3 of Newcombe, Statistics in Medicine 17
 * (1998), 857.
 */
export function wilsonInterval({ successes, trials }: Trials, alpha: number): Interval {
  if (!(trials > 0)) return ANYTHING;
  const z = twoSidedZ(alpha);
  const failures = trials - successes;
  const centre = successes + (z * z) / 2;
  const width = z * Math.sqrt((successes * failures) / trials + (z * z) / 4);
  // Said outright at the ends, where rounding would leave a trace.
  return {
    low: successes <= 0 ? 0 : Math.max(0, (centre - width) / (trials + z * z)),
    high: failures <= 0 ? 1 : Math.min(1, (centre + width) / (trials + z * z)),
  };
}

/**
 * The exact interval of a proportion: misses at most `alpha` of the time whatever the proportion is, also for rare
 * events and a tiny alpha, where Wilson's misses many times more often. Wider for it. Source: Clopper and Pearson,
 * "The use of confidence or fiducial limits", Biometrika 26 (1934).
 */
export function exactInterval({ successes, trials }: Trials, alpha: number): Interval {
  if (!(trials > 0)) return ANYTHING;
  const failures = trials - successes;
  return {
    low: lowerBound(successes, failures, alpha / 2),
    high: 1 - lowerBound(failures, successes, alpha / 2),
  };
}

function lowerBound(successes: number, failures: number, tail: number): number {
  return successes <= 0 ? 0 : betaQuantile(tail, successes, Math.max(failures, 0) + 1);
}
