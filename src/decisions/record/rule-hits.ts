import type { DecisionRecord } from '../record.js';

/** What stands in the JSON of every record in which a rule (`RULE_SET/RULE`) hit, and of few others. */
export function mentionOf(rule: string): string {
  return `"rule":${JSON.stringify(rule.slice(rule.indexOf('/') + 1))}`;
}

/** Whether a rule (`RULE_SET/RULE`) hit in a decision, by the JSON of its record. For stores, which filter by it. */
export function ruleHit(record: string, rule: string): boolean {
  if (!record.includes(mentionOf(rule))) return false;
  const { hits } = JSON.parse(record) as DecisionRecord;
  return hits.some((hit) => hit.state === 'hit' && `${hit.ruleSet}/${hit.rule}` === rule);
}
