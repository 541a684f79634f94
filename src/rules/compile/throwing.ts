import type { Json } from '../document/document.js';
import type { OperatorName } from '../document/operators.js';
import { isGroup, type ConditionNode, type TestNode } from '../document/resolve.js';

/** The comparison sign of a number operator; undefined for the others. */
export function numberSign(base: OperatorName): string | undefined {
  return SIGNS.get(base);
}

const SIGNS: ReadonlyMap<string, string> = new Map([
  ['lessThan', '<'],
  ['lessThanInclusive', '<='],
  ['greaterThan', '>'],
  ['greaterThanInclusive', '>='],
]);

/**
 * Whether a test throws for some value, or needs coercion to be exact. A number comparison of a fact itself does
 * neither unless the fact is an object: `numbers` says whether that is counted.
 */
export function testMayThrow(test: TestNode, numbers: boolean): boolean {
  const { base, decorators } = test.operator;
  const numeric = SIGNS.has(base);
  if (numeric && numbers) return true;
  const list = base === 'in' || base === 'notIn';
  const plain = decorators.every((name) => name === 'not');
  if ('read' in test.right) {
    return list || !plain || (numeric && decorators.length > 1);
  }
  const { literal } = test.right;
  if (plain && decorators.length <= 1) {
    if (numeric) return typeof literal !== 'number';
    return list && !Array.isArray(literal);
  }
  if (numeric || decorators.includes('swap')) return true;
  // Peel the value decorators: what they walk over must be an array, at each level.
  let levels: readonly Json[] = [literal];
  for (const name of decorators) {
    if (name !== 'someValue' && name !== 'everyValue') continue;
    if (!levels.every((level) => Array.isArray(level))) return true;
    levels = (levels as readonly (readonly Json[])[]).flat();
  }
  return list && !levels.every((level) => Array.isArray(level));
}

/** Whether evaluating a condition can throw for some value of its facts, objects included. */
export function mayThrow(node: ConditionNode, known: Map<ConditionNode, boolean>): boolean {
  const ready = known.get(node);
  if (ready !== undefined) return ready;
  const result =
    node.kind === 'test'
      ? testMayThrow(node, true)
      : isGroup(node)
        ? node.children.some((child) => mayThrow(child, known))
        : mayThrow(node.child, known);
  known.set(node, result);
  return result;
}
