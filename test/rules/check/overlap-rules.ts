import type { Condition, Rule, RuleSetDocument } from '../../../src/rules/document/document.js';

/** A rule that asks for review, for the reason `x`, unless its event says otherwise. */
export function rule(
  name: string,
  conditions: Condition,
  event: Partial<Rule['event']['params']> & { type?: string } = {},
): Rule {
  const { type = 'review', ...params } = event;
  return { name, conditions, event: { type, params: { reason: 'x', ...params } } } as Rule;
}

/** A rule set of these. */
export function set(rules: readonly Rule[], more: Partial<RuleSetDocument> = {}): RuleSetDocument {
  return { id: 'a', description: 'd', owner: 'o', rules, ...more };
}
