import type { Condition, FactParams, RuleSetDocument } from '../document/document.js';
import { groupText, namedText, notText, testText } from './text.js';
import type { ConditionExplanation } from './explanation.js';
import { readPath } from '../document/path.js';
import type { FactValue } from '../program.js';
import {
  conditionResolver,
  type ConditionNode,
  type GroupNode,
  type MissingPolicy,
  type Read,
  type TestNode,
} from '../document/resolve.js';

/** The value of a fact; `params` are undefined where the rule gives none, or empty ones. */
export type ValueOf = (fact: string, params: FactParams | undefined) => FactValue;

type Result = ConditionExplanation['result'];

/**
 * Evaluates a rule's or limit's conditions step by step and says what became of each. Slow and plain where the compiled
 * program is fast; both give the same state. Members of one priority are all evaluated, lower priorities only while the
 * group is open, as json-rules-engine does.
 */
export function explainRule(
  condition: Condition,
  set: Pick<RuleSetDocument, 'conditions' | 'policy'>,
  valueOf: ValueOf,
): ConditionExplanation {
  const node = conditionResolver(set.conditions)(condition);
  return explainNode(node, set.policy?.missing ?? 'unknown', ({ fact, params }) => valueOf(fact, params));
}

/** The same for conditions that were made ready; `factOf` gives the whole value of a fact. */
export function explainNode(
  node: ConditionNode,
  policy: MissingPolicy,
  factOf: (read: Read) => FactValue,
): ConditionExplanation {
  return explain(node, { policy, factOf, skip: false });
}

interface Context {
  readonly policy: MissingPolicy;
  readonly factOf: (read: Read) => FactValue;
  /** Another branch has settled it: nothing is evaluated. */
  readonly skip: boolean;
}

function explain(node: ConditionNode, context: Context): ConditionExplanation {
  switch (node.kind) {
    case 'test':
      return explainTest(node, context);
    case 'not': {
      const child = explain(node.child, context);
      const result = negated(child.result);
      return { ...NO_TEST, kind: 'not', result, text: notText(result, child), children: [child] };
    }
    case 'condition': {
      const child = explain(node.child, context);
      const { name } = node;
      const text = namedText(name, child);
      return { ...NO_TEST, kind: 'condition', name, result: child.result, text, children: [child] };
    }
    default:
      return explainGroup(node, context);
  }
}

const NO_TEST = {
  name: '',
  fact: '',
  params: undefined,
  path: '',
  operator: '',
  expected: undefined,
  actual: undefined,
} as const;

function explainGroup(node: GroupNode, context: Context): ConditionExplanation {
  const { kind } = node;
  const settled: Result = kind === 'all' ? 'false' : 'true';
  const children: ConditionExplanation[] = [];
  let result: Result = node.children.length === 0 ? 'true' : kind === 'all' ? 'true' : 'false';
  for (const rank of node.ranks) {
    const skip = context.skip || result === settled || result === 'error';
    for (const place of rank) {
      children[place] = explain(node.children[place] as ConditionNode, { ...context, skip });
    }
    if (!skip)
      result = joined(
        result,
        settled,
        rank.map((place) => children[place]?.result ?? 'skipped'),
      );
  }
  if (context.skip) result = 'skipped';
  return { ...NO_TEST, kind, result, text: groupText(kind, result, children), children };
}

/** A failure fails the group; else what settles it settles it; else what is unknown leaves it unknown. */
function joined(before: Result, settled: Result, rank: readonly Result[]): Result {
  if (rank.includes('error')) return 'error';
  if (rank.includes(settled)) return settled;
  return rank.includes('unknown') ? 'unknown' : before;
}

function negated(result: Result): Result {
  if (result === 'true') return 'false';
  return result === 'false' ? 'true' : result;
}

function explainTest(test: TestNode, { policy, factOf, skip }: Context): ConditionExplanation {
  const actual = read(test.read, factOf);
  const expected = 'read' in test.right ? read(test.right.read, factOf) : test.right.literal;
  let result: Result = 'skipped';
  let failure = '';
  if (!skip && policy === 'unknown' && (actual === undefined || expected === undefined)) result = 'unknown';
  else if (!skip) {
    try {
      result = test.compare(actual, expected) ? 'true' : 'false';
    } catch {
      // The only thing that operators ask of a value before they throw.
      result = 'error';
      failure = `${test.condition.operator} needs a list`;
    }
  }
  return {
    kind: 'test',
    name: test.condition.name ?? '',
    result,
    fact: test.read.fact,
    params: test.read.params,
    path: test.read.path,
    operator: test.condition.operator,
    expected,
    actual,
    text: testText(test, result, actual, expected, failure),
    children: [],
  };
}

function read(from: Read, factOf: Context['factOf']): unknown {
  const value = factOf(from);
  return from.steps === undefined ? value : readPath(value, from.steps);
}
