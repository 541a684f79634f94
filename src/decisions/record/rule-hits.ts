import type { DecisionFilter } from '../ports.js';
import type { DecisionRecord } from '../record.js';

/** Of more rules than this, mentions are not looked for: to read a record is faster then. */
const MENTIONED = 16;

/** Rules of which one must have hit; undefined: all decisions fit. */
export function wantedRules({
  rule,
  rules,
}: Pick<DecisionFilter, 'rule' | 'rules'>): readonly string[] | undefined {
  return rule === undefined ? rules : [rule];
}

/** What one at least of must stand in a record's JSON; undefined: there is no telling. */
export function mentionsOf(rules: readonly string[]): readonly string[] | undefined {
  const mentions = new Set(rules.map(mentionOf));
  return mentions.size > MENTIONED ? undefined : [...mentions];
}

/** What stands in the JSON of every record in which a rule (`RULE_SET/RULE`) hit, and of few others. */
export function mentionOf(rule: string): string {
  return `"rule":${JSON.stringify(rule.slice(rule.indexOf('/') + 1))}`;
}

/** Whether one of these rules (`RULE_SET/RULE`) hit in a decision, by the JSON of its record. For stores, which filter by it. */
export function ruleHit(record: string, ...rules: readonly string[]): boolean {
  const mentions = mentionsOf(rules);
  if (mentions && !mentions.some((mention) => record.includes(mention))) return false;
  const { hits } = JSON.parse(record) as DecisionRecord;
  return hits.some((hit) => hit.state === 'hit' && rules.includes(`${hit.ruleSet}/${hit.rule}`));
}
