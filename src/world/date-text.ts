/** Epoch ms of what Date.parse reads; NaN also for a day that there is not, which it takes for one of the next month. */
export function dateOf(iso: string): number {
  const day = iso.slice(0, 10);
  const midnight = Date.parse(day);
  const there = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
  return there ? Date.parse(iso) : NaN;
}
