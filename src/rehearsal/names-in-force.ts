import type { RuleSetDocument } from '../rules/document/document.js';
import { CANNOT_RUN_REASONS } from '../rules/compile/verdict.js';

/** All reasons that a decision by these documents may give. */
export function reasonsOf(documents: Iterable<RuleSetDocument>): ReadonlySet<string> {
  const reasons = new Set<string>(CANNOT_RUN_REASONS);
  for (const { rules, thresholds = [], limits = [] } of documents) {
    for (const { event } of rules) reasons.add(event.params.reason);
    for (const { reason } of [...thresholds, ...limits]) reasons.add(reason);
  }
  return reasons;
}

/** Whether a name, `NAME` or `SET/NAME`, is that of a limit of these documents. */
export function hasLimit(documents: Iterable<RuleSetDocument>, name: string): boolean {
  for (const { id, limits = [] } of documents)
    if (limits.some((limit) => limit.name === name || `${id}/${limit.name}` === name)) return true;
  return false;
}

/** Likewise of a rule or a limit of one document. */
export function hasOwn(document: RuleSetDocument, name: string): boolean {
  const { id, rules } = document;
  return (
    rules.some((rule) => rule.name === name || `${id}/${rule.name}` === name) || hasLimit([document], name)
  );
}
