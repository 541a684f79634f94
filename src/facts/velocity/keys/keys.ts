import type { StreamEvent } from '../../stream.js';
import { mix } from '../tables/mix.js';
import type { KeyDefinition } from '../plan.js';

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
