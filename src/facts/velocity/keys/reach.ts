import type { KeyDefinition } from '../definitions.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What has a clock up to this is not needed for payments at `t` and a while before: they do not come in exact order. */
export function keptFrom({ horizon }: Pick<KeyDefinition, 'horizon'>, t: number): number {
  return t - horizon - Math.min(Math.max(horizon / 8, 15 * MINUTE), 7 * DAY);
}

/** From where to read for a payment at `t`: rounded, so that the payments of one round ask for the same range. */
export function readFrom(definition: Pick<KeyDefinition, 'horizon'>, t: number): number {
  return Math.floor(keptFrom(definition, t) / MINUTE) * MINUTE;
}
