import type { MessageInitShape } from '@bufbuild/protobuf';
import { InvalidArgumentError } from 'commander';
import type { CanaryLimitsSchema } from '../gen/tollgate/v1/rule_publishing_pb.js';
import { DEFAULT_LIMITS, type RateLimit } from '../rules/publish/canary-limits.js';

/** What a limit may be set to. */
export type LimitValue = number | 'off';

/** Limits as they are given on the command line; percentage points and times. */
export interface LimitOptions {
  readonly maxStoppedRise?: LimitValue;
  readonly maxStoppedDrop?: LimitValue;
  readonly maxReviewedRise?: LimitValue;
  readonly maxThreeDsRise?: LimitValue;
  readonly maxChallengedRise?: LimitValue;
  readonly maxLatency?: LimitValue;
  readonly latencyQuantile?: number;
}

/** Parses a limit, for commander. */
export function limitOption(text: string): LimitValue {
  if (text === 'off') return text;
  const value = Number(text);
  if (text === '' || !(value >= 0 && value < Infinity))
    throw new InvalidArgumentError("It must be a number of 0 or more, or 'off'.");
  return value;
}

/** The usual limits with those that are given in their place; undefined where none is given: the service knows them. */
export function canaryLimits(options: LimitOptions): MessageInitShape<typeof CanaryLimitsSchema> | undefined {
  const given = [
    options.maxStoppedRise,
    options.maxStoppedDrop,
    options.maxReviewedRise,
    options.maxThreeDsRise,
    options.maxChallengedRise,
    options.maxLatency,
    options.latencyQuantile,
  ];
  if (given.every((value) => value === undefined)) return undefined;
  const { stopped, reviewed, threeDs, challenged, latency } = DEFAULT_LIMITS;
  const maxFactor = limitOr(options.maxLatency, latency?.maxFactor);
  const quantile = options.latencyQuantile ?? latency?.quantile ?? 0.99;
  return {
    ...rate('stopped', stopped, options.maxStoppedRise, options.maxStoppedDrop),
    ...rate('reviewed', reviewed, options.maxReviewedRise),
    ...rate('threeDs', threeDs, options.maxThreeDsRise),
    ...rate('challenged', challenged, options.maxChallengedRise),
    ...(maxFactor === undefined ? {} : { latency: { quantile, maxFactor } }),
  };
}

/** Nothing where both sides are off. */
function rate(name: string, usual: RateLimit | undefined, rise?: LimitValue, drop?: LimitValue): object {
  const maxRise = limitOr(rise, usual?.maxRise);
  const maxDrop = limitOr(drop, usual?.maxDrop);
  const limit = {
    ...(maxRise === undefined ? {} : { maxRise }),
    ...(maxDrop === undefined ? {} : { maxDrop }),
  };
  return Object.keys(limit).length === 0 ? {} : { [name]: limit };
}

function limitOr(given: LimitValue | undefined, usual: number | undefined): number | undefined {
  return given === 'off' ? undefined : (given ?? usual);
}
