import { dateOf } from '../world/date-text.js';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `90s`, `10m`, `24h` or `7d`, without sign. */
export const DURATION_PATTERN = '^[0-9]{1,9}[smhd]$';
/** A moment: a signed duration from the case's `now`, or ISO 8601 with seconds and zone. */
export const MOMENT_PATTERN =
  '^([+-][0-9]{1,9}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,3})?(Z|[+-][0-9]{2}:[0-9]{2}))$';

/** Milliseconds of a duration that fits DURATION_PATTERN. */
export function durationOf(text: string): number {
  return Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0);
}

/** Epoch ms of a moment that fits MOMENT_PATTERN; NaN for a date that does not exist. `now` is epoch ms. */
export function momentOf(text: string, now: number): number {
  if (text.startsWith('+')) return now + durationOf(text.slice(1));
  if (text.startsWith('-')) return now - durationOf(text.slice(1));
  return dateOf(text);
}
