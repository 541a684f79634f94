import type { StreamEvent } from '../../stream.js';
import { mix } from '../tables/mix.js';
import type { KeyDefinition } from '../definitions.js';

/** What the entry of the definition at a place, for a value of its load attribute, is kept under. */
export function keyOf(place: number, load: number): number {
  return mix(place + 1, load);
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
