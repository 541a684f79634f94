import type { Condition, FactParams, RuleSetDocument } from '../document/document.js';
import { conditionResolver, readsOf, testsOf } from '../document/resolve.js';

/** A rule or a limit that reads a fact, and with which parameters. */
export interface FactReader {
  readonly kind: 'rule' | 'limit';
  readonly name: string;
  readonly params: FactParams;
}

/**
 * Every rule and limit of a checked document that reads a fact with parameters, by itself or through named conditions; one
 * line for each parameters, in document order. Rules and limits that are switched off are among them.
 */
export function factReaders(document: RuleSetDocument, fact: string): readonly FactReader[] {
  const resolve = conditionResolver(document.conditions);
  const found: FactReader[] = [];
  const look = (kind: FactReader['kind'], name: string, condition: Condition): void => {
    const seen = new Set<string>();
    for (const test of testsOf(resolve(condition)))
      for (const { fact: read, params, key } of readsOf(test)) {
        if (read !== fact || params === undefined || seen.has(key)) continue;
        seen.add(key);
        found.push({ kind, name, params });
      }
  };
  for (const { name, conditions } of document.rules) look('rule', name, conditions);
  for (const { name, when } of document.limits ?? []) look('limit', name, when);
  return found;
}
