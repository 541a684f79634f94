import type { Interval } from '../../statistics/interval.js';
import type { GuardedRate } from './arm-counts.js';
import type { LatencyLimit, RateLimit } from './canary-limits.js';

/** What was found of a measure, as it is told. */
interface Found {
  readonly stable: number;
  readonly canary: number;
  readonly interval: Interval;
  readonly alpha: number;
}

const NAMES: Readonly<Record<GuardedRate, string>> = {
  stopped: 'reject rate',
  reviewed: 'review rate',
  threeDs: '3-D Secure rate',
  challenged: 'challenge rate',
};
const MOST_DECIMALS = 4;

/** `reject rate 14.2 % against 9.8 %: 2.9 to 5.9 points more (99.9 % interval), limit 2.0 more`. */
export function rateText(rate: GuardedRate, found: Found, { maxRise, maxDrop }: RateLimit): string {
  const low = found.interval.low * 100;
  const high = found.interval.high * 100;
  const points = decimalsBetween([low, high], [maxRise ?? Infinity, -(maxDrop ?? Infinity)]);
  const limits = [
    ...(maxRise === undefined ? [] : [`${points(maxRise)} more`]),
    ...(maxDrop === undefined ? [] : [`${points(maxDrop)} less`]),
  ];
  const range =
    low >= 0
      ? `${points(low)} to ${points(high)} points more`
      : high <= 0
        ? `${points(-high)} to ${points(-low)} points less`
        : `${points(-low)} points less to ${points(high)} more`;
  const rates = `${(found.canary * 100).toFixed(1)} % against ${(found.stable * 100).toFixed(1)} %`;
  return `${NAMES[rate]} ${rates}: ${range} (${confidenceText(found.alpha)}), limit ${limits.join(', ')}`;
}

/** `p99 latency 9.20 ms against 6.10 ms: 1.32 to 1.71 times (99.9 % interval), limit 1.25 times`. */
export function latencyText(found: Found, { quantile, maxFactor }: LatencyLimit): string {
  const { low, high } = found.interval;
  const times = decimalsBetween([low, high], [maxFactor], 2);
  const range = high === Infinity ? `at least ${times(low)} times` : `${times(low)} to ${times(high)} times`;
  const name = `p${Number((quantile * 100).toFixed(4))} latency`;
  const values = `${msText(found.canary)} against ${msText(found.stable)}`;
  return `${name} ${values}: ${range} (${confidenceText(found.alpha)}), limit ${times(maxFactor)} times`;
}

/** `99.9 % interval`: with as many digits as tell it from 100 %. */
function confidenceText(alpha: number): string {
  const missed = alpha * 100;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(missed)));
  return `${Number((100 - missed).toFixed(Math.min(decimals, 12)))} % interval`;
}

function msText(us: number): string {
  const ms = us / 1000;
  return `${ms.toFixed(ms >= 100 ? 0 : ms >= 10 ? 1 : 2)} ms`;
}

/** Writes numbers with so many decimals that none that is not equal to a limit looks as if it were. */
function decimalsBetween(
  values: readonly number[],
  limits: readonly number[],
  fewest = 1,
): (value: number) => string {
  let decimals = fewest;
  const alike = (value: number, limit: number): boolean =>
    value !== limit && value.toFixed(decimals) === limit.toFixed(decimals);
  while (decimals < MOST_DECIMALS && values.some((value) => limits.some((limit) => alike(value, limit))))
    decimals++;
  return (value) => value.toFixed(decimals);
}
