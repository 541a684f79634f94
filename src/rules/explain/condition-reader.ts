import type { Condition, RuleSetDocument } from '../document/document.js';
import { conditionResolver, type ConditionNode } from '../document/resolve.js';

/** Makes a condition of a rule set ready. */
export type ConditionReader = (
  set: Pick<RuleSetDocument, 'conditions'>,
  condition: Condition,
) => ConditionNode;

/** A reader that makes each condition ready once, for as long as it is kept. */
export function conditionReader(): ConditionReader {
  const sets = new Map<object, (condition: Condition) => ConditionNode>();
  return (set, condition) => {
    let read = sets.get(set);
    if (read === undefined) sets.set(set, (read = remembering(conditionResolver(set.conditions))));
    return read(condition);
  };
}

function remembering(
  resolve: (condition: Condition) => ConditionNode,
): (condition: Condition) => ConditionNode {
  const nodes = new Map<Condition, ConditionNode>();
  return (condition) => {
    let node = nodes.get(condition);
    if (node === undefined) nodes.set(condition, (node = resolve(condition)));
    return node;
  };
}
