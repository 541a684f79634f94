import { ERROR } from './outcome.js';
import { readPath } from './path.js';
import type { FactValue } from './program.js';
import type { ConditionNode, GroupNode, MissingPolicy, Read, TestNode } from './resolve.js';

/** The truth of a condition: false, true, unknown; the same numbers as the states no-hit, hit, unknown. */
export const FALSE = 0;
export const TRUE = 1;
export const UNDECIDED = 2;

/** The state of a rule for a fact vector. Never throws. */
export type RuleFunction = (values: readonly FactValue[]) => number;

type Truth = (values: readonly FactValue[]) => number;

/**
 * Compiles one rule's conditions to closures: the plain way, exact in every corner. Members of one priority are all
 * evaluated, a lower priority only while the group is not settled, so that what throws is what throws in
 * json-rules-engine.
 */
export function closureOf(
  node: ConditionNode,
  policy: MissingPolicy,
  slotOf: (read: Read) => number,
): RuleFunction {
  const truth = compile(node, policy, slotOf, new Map());
  return Object.freeze((values: readonly FactValue[]): number => {
    try {
      return truth(values);
    } catch {
      return ERROR;
    }
  });
}

function compile(
  node: ConditionNode,
  policy: MissingPolicy,
  slotOf: (read: Read) => number,
  known: Map<ConditionNode, Truth>,
): Truth {
  const ready = known.get(node);
  if (ready !== undefined) return ready;
  const inner = (child: ConditionNode): Truth => compile(child, policy, slotOf, known);
  const truth = Object.freeze(
    node.kind === 'test'
      ? testClosure(node, policy, slotOf)
      : node.kind === 'not'
        ? notClosure(inner(node.child))
        : node.kind === 'condition'
          ? inner(node.child)
          : groupClosure(node, node.children.map(inner)),
  );
  known.set(node, truth);
  return truth;
}

function notClosure(inner: Truth): Truth {
  return (values) => {
    const truth = inner(values);
    return truth === UNDECIDED ? UNDECIDED : 1 - truth;
  };
}

function groupClosure({ kind, ranks }: GroupNode, children: readonly Truth[]): Truth {
  if (children.length === 0) return () => TRUE;
  const settled = kind === 'all' ? FALSE : TRUE;
  const ranked = ranks.map((rank) => rank.map((place) => children[place] as Truth));
  return (values) => {
    let result = 1 - settled;
    for (const rank of ranked) {
      for (const child of rank) {
        const truth = child(values);
        if (truth === settled) result = settled;
        else if (truth === UNDECIDED && result !== settled) result = UNDECIDED;
      }
      if (result === settled) return settled;
    }
    return result;
  };
}

function testClosure(test: TestNode, policy: MissingPolicy, slotOf: (read: Read) => number): Truth {
  const { compare } = test;
  const left = readerOf(test.read, slotOf);
  const strict = policy === 'unknown';
  if ('read' in test.right) {
    const right = readerOf(test.right.read, slotOf);
    return (values) => {
      const a = left(values);
      const b = right(values);
      if (strict && (a === undefined || b === undefined)) return UNDECIDED;
      return compare(a, b) ? TRUE : FALSE;
    };
  }
  const { literal } = test.right;
  return (values) => {
    const a = left(values);
    if (strict && a === undefined) return UNDECIDED;
    return compare(a, literal) ? TRUE : FALSE;
  };
}

function readerOf(read: Read, slotOf: (read: Read) => number): (values: readonly FactValue[]) => unknown {
  const slot = slotOf(read);
  const { steps } = read;
  return steps === undefined ? (values) => values[slot] : (values) => readPath(values[slot], steps);
}
