import { canonicalJson } from './canonical.js';
import type { Condition, FactParams, FactReference, Json, RuleSetPolicy, TestCondition } from './document.js';
import { comparisonOf, parseOperator, type Comparison, type Operator } from './operators.js';
import { parsePath } from './path.js';

/** One value that conditions read: a fact with its parameters, and a path into it. */
export interface Read {
  readonly fact: string;
  readonly params: FactParams | undefined;
  /** Unique per fact and params: the key of the slot. */
  readonly key: string;
  readonly path: string;
  /** Undefined: the whole value. */
  readonly steps: readonly string[] | undefined;
}

/** A test made ready: operator taken apart, paths parsed. */
export interface TestNode {
  readonly kind: 'test';
  readonly condition: TestCondition;
  readonly read: Read;
  readonly operator: Operator;
  readonly compare: Comparison;
  readonly right: { readonly literal: Json } | { readonly read: Read };
}

/** A group of conditions; `ranks` holds the children's places by falling priority, one array per priority. */
export interface GroupNode {
  readonly kind: 'all' | 'any';
  readonly children: readonly ConditionNode[];
  readonly ranks: readonly (readonly number[])[];
}

/** A condition made ready for evaluation. Named conditions are followed: the same one is the same node everywhere. */
export type ConditionNode =
  | TestNode
  | GroupNode
  | { readonly kind: 'not'; readonly child: ConditionNode }
  | { readonly kind: 'condition'; readonly name: string; readonly child: ConditionNode };

/** Whether a node is `all` or `any`. */
export function isGroup(node: ConditionNode): node is GroupNode {
  return node.kind === 'all' || node.kind === 'any';
}

/** How missing inputs are taken. */
export type MissingPolicy = NonNullable<RuleSetPolicy['missing']>;

/** The named conditions of a rule set. */
export type NamedConditions = { readonly [name: string]: Condition };

/** The key of a fact with its parameters: `fact`, or `fact` and the canonical JSON of the parameters. */
export function slotKey(fact: string, params: FactParams | undefined): string {
  return hasParams(params) ? fact + canonicalJson(params) : fact;
}

/** Turns the conditions of one rule set into nodes. Throws for what `checkRuleSet` refuses. */
export function conditionResolver(
  named: NamedConditions | undefined,
): (condition: Condition) => ConditionNode {
  const known = new Map<string, ConditionNode>();
  const open = new Set<string>();

  const follow = (name: string): ConditionNode => {
    const ready = known.get(name);
    if (ready !== undefined) return ready;
    const condition = named !== undefined && Object.hasOwn(named, name) ? named[name] : undefined;
    if (condition === undefined) throw new TypeError(`unknown condition ${JSON.stringify(name)}`);
    if (open.has(name)) throw new TypeError(`condition ${JSON.stringify(name)} refers to itself`);
    open.add(name);
    const node = resolve(condition);
    open.delete(name);
    known.set(name, node);
    return node;
  };

  const resolve = (condition: Condition): ConditionNode => {
    if ('any' in condition) return groupOf('any', condition.any, resolve);
    if ('all' in condition) return groupOf('all', condition.all, resolve);
    if ('not' in condition) return { kind: 'not', child: resolve(condition.not) };
    if ('condition' in condition) {
      return { kind: 'condition', name: condition.condition, child: follow(condition.condition) };
    }
    return testOf(condition);
  };
  return resolve;
}

/** All tests below a node, named conditions included, each node once. */
export function* testsOf(
  node: ConditionNode,
  seen: Set<ConditionNode> = new Set<ConditionNode>(),
): Generator<TestNode> {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'test') yield node;
  else if (isGroup(node)) {
    for (const child of node.children) yield* testsOf(child, seen);
  } else yield* testsOf(node.child, seen);
}

/** The reads of a test: its fact, and the fact it is compared with. */
export function readsOf(test: TestNode): readonly Read[] {
  return 'read' in test.right ? [test.read, test.right.read] : [test.read];
}

/** Whether a rule's value is taken from another fact. */
export function isFactReference(value: unknown): value is FactReference {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'fact');
}

function groupOf(
  kind: 'all' | 'any',
  conditions: readonly Condition[],
  resolve: (condition: Condition) => ConditionNode,
): GroupNode {
  const byPriority = new Map<number, number[]>();
  conditions.forEach((condition, place) => {
    // As json-rules-engine: 0 and nonsense count as 1.
    const priority = Math.trunc(condition.priority ?? 1) || 1;
    const rank = byPriority.get(priority);
    if (rank === undefined) byPriority.set(priority, [place]);
    else rank.push(place);
  });
  const ranks = [...byPriority].sort(([a], [b]) => b - a).map(([, rank]) => rank);
  return { kind, children: conditions.map(resolve), ranks };
}

function testOf(condition: TestCondition): TestNode {
  const parsed = parseOperator(condition.operator);
  if (!('operator' in parsed))
    throw new TypeError(`unknown ${parsed.kind} ${JSON.stringify(parsed.unknown)}`);
  const { value } = condition;
  return {
    kind: 'test',
    condition,
    read: readOf(condition),
    operator: parsed.operator,
    compare: comparisonOf(parsed.operator),
    right: isFactReference(value) ? { read: readOf(value) } : { literal: value },
  };
}

function readOf({ fact, params, path }: FactReference): Read {
  const steps = path === undefined ? undefined : parsePath(path);
  if (path !== undefined && steps === undefined) throw new TypeError(`bad path ${JSON.stringify(path)}`);
  return {
    fact,
    params: hasParams(params) ? params : undefined,
    key: slotKey(fact, params),
    path: path ?? '',
    steps: steps?.length === 0 ? undefined : steps,
  };
}

function hasParams(params: FactParams | undefined): params is FactParams {
  return params !== undefined && Object.keys(params).length > 0;
}
