import type { Interval } from './interval.js';
import { wilsonInterval } from './proportion.js';

/** What was seen of cases each of which was let in with a known probability: sums that merge by addition. */
export interface WeightedOutcomes {
  /** How many, and how many of them were what is asked for. */
  readonly cases: number;
  readonly events: number;
  /** Sums of 1 / propensity and of its square, over all and over the events. */
  readonly weight: number;
  readonly weightSquared: number;
  readonly eventWeight: number;
  readonly eventWeightSquared: number;
}

/** A share with its interval. */
export interface WeightedProportion extends Interval {
  /** Undefined without any case. */
  readonly share: number | undefined;
  /** How many cases of equal propensity would tell as much. */
  readonly effectiveCases: number;
}

/** Of no case at all. */
export const NO_OUTCOMES: WeightedOutcomes = {
  cases: 0,
  events: 0,
  weight: 0,
  weightSquared: 0,
  eventWeight: 0,
  eventWeightSquared: 0,
};

/** One case. RangeError when the propensity is not in (0, 1]: what can never be seen has no weight. */
export function weightedOutcome(propensity: number, event: boolean): WeightedOutcomes {
  if (!(propensity > 0 && propensity <= 1)) throw new RangeError(`${propensity} is no propensity`);
  const weight = 1 / propensity;
  const squared = weight * weight;
  return {
    cases: 1,
    events: event ? 1 : 0,
    weight,
    weightSquared: squared,
    eventWeight: event ? weight : 0,
    eventWeightSquared: event ? squared : 0,
  };
}

/** Both together. */
export function mergeOutcomes(a: WeightedOutcomes, b: WeightedOutcomes): WeightedOutcomes {
  return {
    cases: a.cases + b.cases,
    events: a.events + b.events,
    weight: a.weight + b.weight,
    weightSquared: a.weightSquared + b.weightSquared,
    eventWeight: a.eventWeight + b.eventWeight,
    eventWeightSquared: a.eventWeightSquared + b.eventWeightSquared,
  };
}

/**
 * The share of events among all cases, those let in and those not, from those let in: for a rule with a control
 * group, its precision. Weights by inverse propensity, normalised by their own sum (Hájek, "Comment on a paper by D.
 * Basu", 1971): the share is in [0, 1], and a control group that by luck came out large or small does not move it, as
 * it moves the plain inverse-weighted sum.
 *
 * The interval is Wilson's for as many cases of equal weight as would tell as much: the fewer of Kish's (Σw)² / Σw²
 * ("Survey Sampling", 1965) and share · (1 − share) / variance, with the linearised variance Σw²(y − share)² / (Σw)².
 * The latter is what the estimate is worth when events are among the heavy; alone it would be without meaning where
 * no case, or every case, is an event, and far too sure after one light event. So the interval stays in [0, 1], is
 * not a point after zero events, and with equal propensities both are the plain count: then share and interval are
 * the plain ones.
 *
 * It says nothing about cases with propensity zero (over a cap, on a list that is never let through), and counts a
 * case only once it is known how it ended.
 */
export function weightedProportion(seen: WeightedOutcomes, alpha: number): WeightedProportion {
  const { weight, weightSquared, eventWeight } = seen;
  if (seen.cases === 0) return { share: undefined, low: 0, high: 1, effectiveCases: 0 };
  // Sums that leave out nothing or everything may differ in their last digit.
  const mixed = seen.events > 0 && seen.events < seen.cases;
  const share = mixed ? Math.min(1, eventWeight / weight) : seen.events / seen.cases;
  const kish = weight ** 2 / weightSquared;
  const worth = mixed ? (share * (1 - share) * weight ** 2) / spreadOf(seen, share) : kish;
  const effectiveCases = Math.min(seen.cases, kish, worth);
  const plain = { successes: share * effectiveCases, trials: effectiveCases };
  return { share, ...wilsonInterval(plain, alpha), effectiveCases };
}

/** Σw²(y − share)²: the variance of Σw(y − share) where cases have nothing to do with each other. */
export function spreadOf({ weightSquared, eventWeightSquared }: WeightedOutcomes, share: number): number {
  return eventWeightSquared * (1 - share) ** 2 + (weightSquared - eventWeightSquared) * share ** 2;
}
