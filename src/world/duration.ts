const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `24h` or `30d` in ms; undefined when the text is none of these. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** A duration as `durationMs` reads it, in the largest unit that fits. */
export function durationText(ms: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, length]) => ms > 0 && ms % length === 0) ?? [
    's',
    1000,
  ];
  return `${ms / size}${unit}`;
}
