const UNITS: readonly (readonly [ms: number, one: string, many: string])[] = [
  [86_400_000, 'day', 'days'],
  [3_600_000, 'hour', 'hours'],
  [60_000, 'minute', 'minutes'],
  [1000, 'second', 'seconds'],
];

/** How old something is, ms, for people: `3 hours`, `2 days`, `312 ms`; of less than two of a unit the smaller one. */
export function ageText(ms: number): string {
  const size = Math.abs(ms);
  const [unit, , many] = UNITS.find(([length]) => size >= 2 * length) ??
    UNITS.find(([length]) => size === length) ?? [1, '', 'ms'];
  const count = Math.floor(size / unit);
  const one = UNITS.find(([length]) => length === unit)?.[1] ?? 'ms';
  return `${count} ${count === 1 ? one : many}`;
}

/** A moment in UTC to the second, to the day where it is a midnight. */
export function momentText(ms: number): string {
  const iso = new Date(ms).toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso.replace(/\.\d+Z$/, 'Z');
}
