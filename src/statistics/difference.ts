import type { Interval, IntervalOf, Trials } from './interval.js';
import { wilsonInterval } from './proportion.js';

/**
 * An interval of the difference `of` minus `from` of two independent proportions, in [-1, 1]: Newcombe's hybrid score
 * interval, method 10 of "Interval estimation for the difference between independent proportions", Statistics in
 * Medicine 17 (1998), 873. It joins the intervals of the two by the root of the sum of squares; with exact intervals
 * in place of Wilson's it does not miss more often for rare events either. Without trials on one side, the widest
 * there can be.
 */
export function differenceInterval(
  of: Trials,
  from: Trials,
  alpha: number,
  single: IntervalOf<Trials> = wilsonInterval,
): Interval {
  const [a, b] = [single(of, alpha), single(from, alpha)];
  if (!(of.trials > 0 && from.trials > 0)) return { low: a.low - b.high, high: a.high - b.low };
  const [p, q] = [of.successes / of.trials, from.successes / from.trials];
  return {
    low: p - q - Math.hypot(p - a.low, b.high - q),
    high: p - q + Math.hypot(a.high - p, q - b.low),
  };
}
