import type { DecisionFilter } from '../ports.js';
import type { DecisionRecord, LimitUse } from '../record.js';

/** Of more rules than this, mentions are not looked for: to read a record is faster then. */
const MENTIONED = 16;

/** Rules of which one must have hit; undefined: all decisions fit. */
export function wantedRules({
  rule,
  rules,
}: Pick<DecisionFilter, 'rule' | 'rules'>): readonly string[] | undefined {
  return rule === undefined ? rules : [rule];
}

/** What a limit is looked for by, where rules are: no rule is named like it. */
export function limitMark(ruleSet: string, limit: string): string {
  return `${ruleSet}#${limit}`;
}

/** Whether a limit counted a payment, or would have: its condition held. */
export function counted(use: LimitUse): boolean {
  return use.state !== 'unheld' || use.why === 'no-key' || use.why === 'no-rate';
}

/** What one at least of must stand in a record's JSON; undefined: there is no telling. */
export function mentionsOf(rules: readonly string[]): readonly string[] | undefined {
  const mentions = new Set(rules.map(mentionOf));
  return mentions.size > MENTIONED ? undefined : [...mentions];
}

/** What stands in the JSON of every record in which a rule (`RULE_SET/RULE`) hit or a limit counted, and of few others. */
export function mentionOf(rule: string): string {
  const [, mark = '', name = ''] = /^[^/#]*([/#]?)(.*)$/s.exec(rule) ?? [];
  return `"${mark === '#' ? 'limit' : 'rule'}":${JSON.stringify(name)}`;
}

/**
 * Whether one of these rules (`RULE_SET/RULE`) hit in a decision, or one of these limits (`limitMark`) counted, by the JSON
 * of its record. For stores, which filter by it.
 */
export function ruleHit(record: string, ...rules: readonly string[]): boolean {
  const mentions = mentionsOf(rules);
  if (mentions && !mentions.some((mention) => record.includes(mention))) return false;
  const { hits, limits } = JSON.parse(record) as DecisionRecord;
  return (
    hits.some((hit) => hit.state === 'hit' && rules.includes(`${hit.ruleSet}/${hit.rule}`)) ||
    limits.some((use) => counted(use) && rules.includes(limitMark(use.ruleSet, use.limit)))
  );
}
