import { ERROR } from '../outcome.js';
import type { Comparison } from '../document/operators.js';
import { readPath } from '../document/path.js';
import type { FactValue } from '../program.js';
import type { ConditionNode, GroupNode, MissingPolicy, Read, TestNode } from '../document/resolve.js';
import { mayThrow } from './throwing.js';

/** The truth of a condition: false, true, unknown; the same numbers as the states no-hit, hit, unknown. */
const FALSE = 0;
const TRUE = 1;
const UNDECIDED = 2;

/** The state of a rule for a fact vector. Never throws. */
export type RuleFunction = (values: readonly FactValue[]) => number;

type Truth = (values: readonly FactValue[]) => number;

/**
 * Compiles one rule's conditions to closures: the plain way, exact in every corner. Of one priority all members that
 * could throw are evaluated, a lower priority only while the group is not settled, so that what throws is what throws
 * in json-rules-engine; what cannot throw is left out once the group is settled, since nobody can tell.
 */
export function closureOf(
  node: ConditionNode,
  policy: MissingPolicy,
  slotOf: (read: Read) => number,
): RuleFunction {
  const truth = compile(node, { policy, slotOf, known: new Map(), throwing: new Map() });
  return Object.freeze((values: readonly FactValue[]): number => {
    try {
      return truth(values);
    } catch {
      return ERROR;
    }
  });
}

interface Context {
  readonly policy: MissingPolicy;
  readonly slotOf: (read: Read) => number;
  readonly known: Map<ConditionNode, Truth>;
  readonly throwing: Map<ConditionNode, boolean>;
}

function compile(node: ConditionNode, context: Context): Truth {
  const ready = context.known.get(node);
  if (ready !== undefined) return ready;
  const truth = Object.freeze(closureFor(node, context));
  context.known.set(node, truth);
  return truth;
}

function closureFor(node: ConditionNode, context: Context): Truth {
  switch (node.kind) {
    case 'test':
      return testClosure(node, context);
    case 'not':
      return notClosure(compile(node.child, context));
    case 'condition':
      return compile(node.child, context);
    default:
      return groupClosure(node, context);
  }
}

function notClosure(inner: Truth): Truth {
  return (values) => {
    const truth = inner(values);
    return truth === UNDECIDED ? UNDECIDED : 1 - truth;
  };
}

function groupClosure({ kind, children, ranks }: GroupNode, context: Context): Truth {
  if (children.length === 0) return () => TRUE;
  const settled = kind === 'all' ? FALSE : TRUE;
  const ranked = ranks.map((rank) => {
    const members = rank.map((place) => children[place] as ConditionNode);
    const risky = members.filter((member) => mayThrow(member, context.throwing));
    const safe = members.filter((member) => !risky.includes(member));
    return {
      risky: risky.map((node) => compile(node, context)),
      safe: safe.map((node) => compile(node, context)),
    };
  });
  return (values) => {
    let result = 1 - settled;
    for (const { risky, safe } of ranked) {
      for (const child of risky) {
        const truth = child(values);
        if (truth === settled) result = settled;
        else if (truth === UNDECIDED && result !== settled) result = UNDECIDED;
      }
      if (result === settled) return settled;
      for (const child of safe) {
        const truth = child(values);
        if (truth === settled) return settled;
        if (truth === UNDECIDED) result = UNDECIDED;
      }
    }
    return result;
  };
}

function testClosure(test: TestNode, { policy, slotOf }: Context): Truth {
  const compare = quickComparison(test);
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

/** A long list is looked up in a set, which finds what indexOf finds in JSON values. */
function quickComparison({ operator, right, compare }: TestNode): Comparison {
  const literal = 'literal' in right ? right.literal : undefined;
  if (operator.decorators.length > 0 || !Array.isArray(literal) || literal.length < 8) return compare;
  if (operator.base !== 'in' && operator.base !== 'notIn') return compare;
  const wanted = operator.base === 'in';
  const set = new Set<unknown>(literal);
  return (value) => set.has(value) === wanted;
}

function readerOf(read: Read, slotOf: (read: Read) => number): (values: readonly FactValue[]) => unknown {
  const slot = slotOf(read);
  const { steps } = read;
  return steps === undefined ? (values) => values[slot] : (values) => readPath(values[slot], steps);
}
