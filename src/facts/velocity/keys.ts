import type { StreamEvent } from '../stream.js';
import type { KeyDefinition } from './plan.js';

/** What the entry of a definition for a value of its load attribute is kept under. */
export function keyOf(definition: KeyDefinition, load: number): number {
  return mix(definition.index + 1, load);
}

/** Whether an event has all attributes of a key. */
export function hasKey(definition: KeyDefinition, event: StreamEvent): boolean {
  for (const attribute of definition.by) if (event.attributes[attribute] === 0) return false;
  return true;
}

/** What tells the combinations of a composite key apart; never 0. */
export function combinationOf(definition: KeyDefinition, event: StreamEvent): number {
  let key = 0;
  for (const attribute of definition.by) key = mix(key, event.attributes[attribute] ?? 0);
  return key;
}

/** Mixes two values into one of 53 bits, never 0. */
function mix(one: number, other: number): number {
  let low = Math.imul((one | 0) ^ 0x7f4a7c15, 0x9e3779b1);
  let high = Math.imul(((one / 2 ** 32) | 0) ^ low, 0x85ebca6b);
  low ^= high >>> 15;
  low = Math.imul(low ^ (other | 0), 0xc2b2ae35);
  high = Math.imul(high ^ ((other / 2 ** 32) | 0) ^ (low >>> 13), 0x27d4eb2f);
  low = Math.imul(low ^ (low >>> 16) ^ high, 0x165667b1);
  high ^= high >>> 14;
  high = Math.imul(high ^ low, 0x85ebca6b);
  return ((high >>> 11) & 0x1fffff) * 2 ** 32 + ((low ^ (low >>> 15)) >>> 0) || 1;
}
