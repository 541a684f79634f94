import { GUARDED_RATES, type GuardedRate } from './arm-counts.js';

/** How far a canary's rate may be from the stable version's, percentage points from 0 to 100; at least one of both. */
export interface RateLimit {
  /** Above. */
  readonly maxRise?: number;
  /** Below: who stops far less than before is as suspicious as who stops far more. */
  readonly maxDrop?: number;
}

/** How slow a canary's decisions may be. */
export interface LatencyLimit {
  /** Which of them: 0.95 for what 95 % do not exceed; from 0.5, below 1. */
  readonly quantile: number;
  /** How many times the stable version's, from 1 on. */
  readonly maxFactor: number;
}

/** What a canary is held to; what is absent is not judged. */
export interface CanaryLimits extends Readonly<Partial<Record<GuardedRate, RateLimit>>> {
  readonly latency?: LatencyLimit;
}

/** What a canary is held to unless it is said otherwise. */
export const DEFAULT_LIMITS: CanaryLimits = {
  stopped: { maxRise: 2, maxDrop: 5 },
  reviewed: { maxRise: 3 },
  threeDs: { maxRise: 5 },
  challenged: { maxRise: 3 },
  latency: { quantile: 0.99, maxFactor: 2 },
};

/** What is wrong with limits, each in a line that begins with its place; none: they can be judged. */
export function limitProblems(limits: CanaryLimits): readonly string[] {
  const problems: string[] = [];
  for (const rate of GUARDED_RATES) {
    const limit = limits[rate];
    if (limit === undefined) continue;
    if (limit.maxRise === undefined && limit.maxDrop === undefined)
      problems.push(`${rate}: needs maxRise, maxDrop or both`);
    for (const side of ['maxRise', 'maxDrop'] as const) {
      const points = limit[side];
      if (points !== undefined && !(points >= 0 && points <= 100))
        problems.push(`${rate}.${side}: percentage points from 0 to 100`);
    }
  }
  if (limits.latency !== undefined) {
    const { quantile, maxFactor } = limits.latency;
    if (!(quantile >= 0.5 && quantile < 1)) problems.push('latency.quantile: from 0.5, below 1');
    if (!(maxFactor >= 1 && maxFactor < Infinity)) problems.push('latency.maxFactor: 1 or more');
  }
  if (judgedMeasures(limits) === 0)
    problems.push(`a canary needs at least one limit: ${GUARDED_RATES.join(', ')} or latency`);
  return problems;
}

/** How many measures limits are set on. */
export function judgedMeasures(limits: CanaryLimits): number {
  return [...GUARDED_RATES, 'latency' as const].filter((measure) => limits[measure] !== undefined).length;
}
