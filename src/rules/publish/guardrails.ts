import { designEffect, effectiveTrials } from '../../statistics/design-effect.js';
import { differenceInterval } from '../../statistics/difference.js';
import type { Interval, Trials } from '../../statistics/interval.js';
import { lookAlpha, lookDue, plannedLooks, type LookPlan } from '../../statistics/looks.js';
import { exactInterval } from '../../statistics/proportion.js';
import { quantileInterval, quantileOf } from '../../statistics/quantile.js';
import { GUARDED_RATES, totalOf, type ArmCounts, type GuardedRate, type RateCounts } from './arm-counts.js';
import { judgedMeasures, type CanaryLimits, type LatencyLimit, type RateLimit } from './canary-limits.js';
import { latencyText, rateText } from './guardrail-text.js';

/** When a canary is judged, and how often in all of its life it may be condemned though it is within its limits. */
export interface CanaryPlan extends LookPlan {
  readonly alpha: number;
}

/** First at 100 decisions of either version: what stops everything is found at once. Wrong at most once in 100. */
export const DEFAULT_PLAN: CanaryPlan = { first: 100, growth: 1.3, alpha: 0.01 };

/** What is judged. */
export interface CanaryTrial {
  /** What was decided since the canary began, by the version that stays and by the new one. */
  readonly stable: ArmCounts;
  readonly canary: ArmCounts;
  readonly limits: CanaryLimits;
  /** The number of this look, from `dueLook`; 0: not yet. */
  readonly look: number;
  readonly plan?: CanaryPlan;
}

/** `breached`: surely beyond a limit. `within`: surely not. `open`: cannot be told yet. */
export type FindingState = 'breached' | 'within' | 'open';

/** How the canary compares in one measure. */
export interface CanaryFinding {
  readonly measure: GuardedRate | 'latency';
  readonly state: FindingState;
  /** Shares in [0, 1]; for latency microseconds. */
  readonly stable: number;
  readonly canary: number;
  /** Canary minus stable as shares, in [-1, 1]; for latency canary over stable. Misses `alpha` of the time at most. */
  readonly interval: Interval;
  readonly alpha: number;
  /** For people: `reject rate 14.2 % against 9.8 %: 2.9 to 5.9 points more (99.9 % interval), limit 2.0 more`. */
  readonly text: string;
}

/** `gathering`: too few decisions to look. `holding`: nothing is surely beyond its limit. */
export interface CanaryJudgement {
  readonly state: 'gathering' | 'holding' | 'breached';
  /** In the order of the measures; none while gathering. */
  readonly findings: readonly CanaryFinding[];
}

/** The decisions of the smaller arm at which the first `count` looks are due. */
export function canaryLooks(count: number, plan: CanaryPlan = DEFAULT_PLAN): readonly number[] {
  return plannedLooks(plan, count);
}

/**
 * The number of the look that is due, undefined while none is after `lastLook` (0: none yet). May be asked every
 * second: only the looks count, not the questions. `lastLook` must outlive a restart, else a look is taken twice.
 */
export function dueLook(
  stable: ArmCounts,
  canary: ArmCounts,
  lastLook: number,
  plan: CanaryPlan = DEFAULT_PLAN,
): number | undefined {
  return lookDue(plan, smallerArm(stable, canary), lastLook);
}

/**
 * Judges a canary at a look. It has breached when the interval of some measure lies beyond its limit, so that chance
 * alone does not roll a version back: over all looks and measures at most `plan.alpha` of the canaries that are
 * within their limits are condemned. For that the look's share of alpha (looks.ts) is divided among the measures
 * (Bonferroni); rates are compared by Newcombe's interval over exact ones, for Wilson's miss up to a hundred times
 * too often for rare events at such an alpha; latencies by exact bounds of their quantile. Decisions that hang
 * together count for fewer, by an estimate from the groups: so far the bound is as good as that is. Of latencies the
 * groups say nothing: there payments of one payer count as if all took the same, as in a burst of them they nearly do.
 */
export function judgeCanary(trial: CanaryTrial): CanaryJudgement {
  const { stable, canary, limits, look, plan = DEFAULT_PLAN } = trial;
  if (look < 1 || smallerArm(stable, canary) < plan.first) return { state: 'gathering', findings: [] };
  const alpha = lookAlpha(plan.alpha, look) / judgedMeasures(limits);
  const findings: CanaryFinding[] = [];
  for (const rate of GUARDED_RATES) {
    const limit = limits[rate];
    if (limit !== undefined) findings.push(judgeRate(trial, rate, limit, alpha));
  }
  if (limits.latency !== undefined) findings.push(judgeLatency(trial, limits.latency, alpha));
  return { state: findings.some(({ state }) => state === 'breached') ? 'breached' : 'holding', findings };
}

function judgeRate(trial: CanaryTrial, measure: GuardedRate, limit: RateLimit, alpha: number): CanaryFinding {
  const { canary, stable } = trial;
  // The larger for both: the arm that no attacker has come to yet does not show what the other does.
  const effect = Math.max(effectOf(canary, measure, alpha), effectOf(stable, measure, alpha));
  const [a, b] = [trialsOf(totalOf(canary), measure), trialsOf(totalOf(stable), measure)];
  const interval = differenceInterval(
    effectiveTrials(a, effect),
    effectiveTrials(b, effect),
    alpha,
    exactInterval,
  );
  const most = (limit.maxRise ?? Infinity) / 100;
  const least = -(limit.maxDrop ?? Infinity) / 100;
  const state = stateOf(interval, least, most);
  const found = {
    stable: b.successes / b.trials,
    canary: a.successes / a.trials,
    interval,
    alpha,
  };
  return { measure, state, ...found, text: rateText(measure, found, limit) };
}

function judgeLatency(trial: CanaryTrial, limit: LatencyLimit, alpha: number): CanaryFinding {
  // Half of it may be spent on either version: the quotient of the bounds then misses no more often than alpha.
  const effect = Math.max(sizeEffectOf(trial.canary, alpha / 2), sizeEffectOf(trial.stable, alpha / 2));
  const a = quantileInterval(trial.canary.latencyUs, limit.quantile, alpha / 2, effect);
  const b = quantileInterval(trial.stable.latencyUs, limit.quantile, alpha / 2, effect);
  const interval = { low: a.low / b.high, high: b.low === 0 ? Infinity : a.high / b.low };
  const found = {
    stable: quantileOf(trial.stable.latencyUs, limit.quantile),
    canary: quantileOf(trial.canary.latencyUs, limit.quantile),
    interval,
    alpha,
  };
  const state = stateOf(interval, 0, limit.maxFactor);
  return { measure: 'latency', state, ...found, text: latencyText(found, limit) };
}

function stateOf({ low, high }: Interval, least: number, most: number): FindingState {
  if (low > most || high < least) return 'breached';
  return low >= least && high <= most ? 'within' : 'open';
}

function effectOf({ groups }: ArmCounts, rate: GuardedRate, alpha: number): number {
  return designEffect(
    groups.map((group) => trialsOf(group, rate)),
    alpha,
  );
}

/** The effect where all that is decided for one payer takes equally long. */
function sizeEffectOf({ groups }: ArmCounts, alpha: number): number {
  return designEffect(
    groups.map(({ decisions }) => ({ successes: 0, trials: decisions })),
    alpha,
  );
}

function trialsOf(counts: RateCounts, rate: GuardedRate): Trials {
  return { successes: counts[rate], trials: counts.decisions };
}

function smallerArm(stable: ArmCounts, canary: ArmCounts): number {
  return Math.min(totalOf(stable).decisions, totalOf(canary).decisions);
}
