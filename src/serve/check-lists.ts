import { ConfigProblem } from '../config/config.js';
import type { ListType } from '../facts/lists/list-store.js';
import type { ListValue } from '../facts/lists/normalise-value.js';
import type { ShippedRules } from './assets.js';

/**
 * Throws ConfigProblem when a list to start with has an entry that cannot be taken: an import would leave it out, and
 * nobody would know that a payer to block is not blocked.
 */
export function checkLists(
  shipped: ShippedRules,
  readValue: (type: ListType, value: string) => ListValue,
): ShippedRules {
  for (const { id, type, entries } of shipped.lists)
    for (const entry of entries) {
      const value = readValue(type, entry);
      if ('problem' in value)
        throw new ConfigProblem(`lists.json: list '${id}': '${entry}' ${value.problem}`);
    }
  return shipped;
}
