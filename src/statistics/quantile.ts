import { binomialAtMost } from './beta.js';
import { durationAt, histogramCount, type Histogram } from './histogram.js';
import type { Interval } from './interval.js';

/** Ranks among sorted observations, 1 the smallest, between which a quantile lies. 0, n + 1: no bound on that side. */
export interface RankBounds {
  readonly low: number;
  readonly high: number;
}

/**
 * Between which order statistics of `n` observations the `share` quantile lies (0.99: what 99 % do not exceed),
 * missing at most `alpha` / 2 of the time on either side. Exact for every distribution, with ties too: how many
 * observations stay below the quantile is binomial. Source: David and Nagaraja, "Order Statistics", 3rd edition
 * (2003), 7.1; it goes back to Thompson, "On confidence ranges for the median and other expectation distributions",
 * Ann. Math. Statist. 7 (1936).
 */
export function quantileRanks(n: number, share: number, alpha: number): RankBounds {
  // The largest rank that more than the quantile's share stays below rarely enough, and its mirror from above.
  return { low: lowRank(n, share, alpha / 2), high: n + 1 - lowRank(n, 1 - share, alpha / 2) };
}

/**
 * Bounds of the `share` quantile of what a histogram counted, microseconds: those of its rank bounds, out to the
 * edges of their buckets. 0 and Infinity where the sample is too small to say. Durations that hang together tell
 * `effect` times less than as many independent ones (see design-effect.ts): their ranks are those of so many fewer.
 */
export function quantileInterval(histogram: Histogram, share: number, alpha: number, effect = 1): Interval {
  const count = histogramCount(histogram);
  const worth = Math.floor(count / effect);
  const { low, high } = quantileRanks(worth, share, alpha);
  return {
    low: durationAt(histogram, Math.floor(low * effect))?.low ?? 0,
    high: high > worth ? Infinity : (durationAt(histogram, Math.ceil(high * effect))?.high ?? Infinity),
  };
}

/** The `share` quantile of what was counted, in the middle of its bucket, microseconds; 0 of nothing. */
export function quantileOf(histogram: Histogram, share: number): number {
  const bucket = durationAt(histogram, Math.max(1, Math.ceil(share * histogramCount(histogram))));
  if (bucket === undefined) return 0;
  return bucket.high === Infinity ? bucket.low : (bucket.low + bucket.high - 1) / 2;
}

/** The largest rank from 0 to `n` with P(Binomial(n, share) < rank) at most `tail`. */
function lowRank(n: number, share: number, tail: number): number {
  let low = 0;
  let high = n + 1;
  while (high - low > 1) {
    const rank = Math.floor((low + high) / 2);
    if (binomialAtMost(rank - 1, n, share) <= tail) low = rank;
    else high = rank;
  }
  return low;
}
