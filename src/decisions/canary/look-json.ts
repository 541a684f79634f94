import type { CanaryLook } from './canary-store.js';

/** JSON knows no infinity, which is how far an interval of latencies reaches that has no bound yet. */
const NO_BOUND = 'Infinity';

/** A look as JSON text. */
export function lookJson(look: CanaryLook): string {
  return JSON.stringify(look, (_, value: unknown) => (value === Infinity ? NO_BOUND : value));
}

/** A look from its JSON text. */
export function lookOf(json: string): CanaryLook {
  return JSON.parse(json, (key, value: unknown) =>
    key === 'high' && value === NO_BOUND ? Infinity : value,
  ) as CanaryLook;
}
