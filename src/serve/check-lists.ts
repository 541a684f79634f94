import { ConfigProblem } from '../config/config.js';
import { LIST_TYPES, type ListType } from '../facts/list-store.js';
import type { ListValue } from '../facts/normalise-list-value.js';
import type { ShippedRules } from './assets.js';

/**
 * Throws ConfigProblem when a list to start with has an entry that cannot be taken: an import would leave it out, and
 * nobody would know that a payer to block is not blocked.
 */
export function checkLists(
  shipped: ShippedRules,
  readValue: (type: ListType, value: string) => ListValue,
): ShippedRules {
  for (const { id, type: name, kind, entries } of shipped.lists) {
    const problem = (what: string): ConfigProblem => new ConfigProblem(`lists.json: list '${id}': ${what}`);
    const type = LIST_TYPES.find((known) => known === name);
    if (type === undefined) throw problem(`there is no type '${name}'`);
    if (kind === 'allow' && entries.length > 0)
      throw problem('entries of an allow list need an end, which this file cannot tell');
    for (const entry of entries) {
      const value = readValue(type, entry);
      if ('problem' in value) throw problem(`'${entry}' ${value.problem}`);
    }
  }
  return shipped;
}
