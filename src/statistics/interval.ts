/** From `low` to `high`, both included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Successes among trials. Need not be whole: where trials depend on each other, fewer count (see design-effect.ts). */
export interface Trials {
  readonly successes: number;
  readonly trials: number;
}

/**
 * An interval for a value of which trials tell something. `alpha` is how often it may miss: half of that on either
 * side, so 0.05 for a 95 % interval.
 */
export type IntervalOf<T> = (observed: T, alpha: number) => Interval;
