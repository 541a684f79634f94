import { Engine } from 'json-rules-engine';
import type { Condition, FactReference, RuleSetDocument } from '../../src/rules/document/document.js';
import { slotKey } from '../../src/rules/document/resolve.js';
import type { Facts } from './arbitraries.js';

interface EngineOperators {
  readonly operators: {
    get(name: string): { evaluate(left: unknown, right: unknown): boolean };
  };
}

/** Its operators and decorators themselves, not ours. */
const { operators } = new Engine() as unknown as EngineOperators;

/**
 * Three-valued logic as one would write it down: undefined is unknown, `not` keeps it, a false member settles `all`, a
 * true one settles `any`. Throws what an operator throws; members of a lower priority are looked at only while open.
 */
export function threeValued(
  condition: Condition,
  document: RuleSetDocument,
  facts: Facts,
): boolean | undefined {
  const again = (inner: Condition): boolean | undefined => threeValued(inner, document, facts);
  if ('all' in condition) return group(condition.all, false, again);
  if ('any' in condition) return condition.any.length === 0 ? true : group(condition.any, true, again);
  if ('not' in condition) {
    const inner = again(condition.not);
    return inner === undefined ? undefined : !inner;
  }
  if ('condition' in condition) {
    const named = new Map(Object.entries(document.conditions ?? {})).get(condition.condition);
    return again(named as Condition);
  }
  const left = valueOf(condition, facts);
  const { value } = condition;
  const isReference = typeof value === 'object' && value !== null && 'fact' in value;
  const right = isReference ? valueOf(value as FactReference, facts) : value;
  if (left === undefined || right === undefined) return undefined;
  return operators.get(condition.operator).evaluate(left, right);
}

function group(
  members: readonly Condition[],
  settling: boolean,
  evaluate: (condition: Condition) => boolean | undefined,
): boolean | undefined {
  const priorities = [...new Set(members.map(priorityOf))].sort((a, b) => b - a);
  const results: (boolean | undefined)[] = [];
  for (const priority of priorities) {
    results.push(...members.filter((member) => priorityOf(member) === priority).map(evaluate));
    if (results.includes(settling)) return settling;
  }
  return results.includes(undefined) ? undefined : !settling;
}

function priorityOf(condition: Condition): number {
  return condition.priority === undefined || condition.priority === 0 ? 1 : condition.priority;
}

function valueOf({ fact, params, path }: FactReference, facts: Facts): unknown {
  let value: unknown = facts.get(slotKey(fact, params));
  if (path === undefined || typeof value !== 'object' || value === null) return value;
  for (const step of path.match(/[\w-]+/g) ?? []) {
    if (value === undefined || value === null || !Object.hasOwn(value as object, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
