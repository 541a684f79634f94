import type { Json } from './document.js';
import { comparisonOf, type OperatorName } from './operators.js';
import { readPath } from './path.js';
import type { FactValue } from './program.js';
import {
  isGroup,
  readsOf,
  testsOf,
  type ConditionNode,
  type MissingPolicy,
  type Read,
  type TestNode,
} from './resolve.js';
import { numberSign, testMayThrow } from './throwing.js';

/** One rule to be put into a chunk. */
export interface ChunkRule {
  /** Its place in the vector of states. */
  readonly index: number;
  readonly node: ConditionNode;
  readonly policy: MissingPolicy;
  /** The same rule as a closure: called for what is not worth generating, or cannot be generated exactly. */
  readonly closure: (values: readonly FactValue[]) => number;
}

/** Sets the states of a chunk's rules that hit or are undecided. True: nothing was done, values are odd: use closures. */
export type ChunkFunction = (values: readonly FactValue[], states: Uint8Array) => boolean;

/** Lists up to this length become comparisons, longer ones a Set. */
const SHORT_LIST = 6;
/** Larger rules are left to their closures: a generated function must stay small enough to be optimised. */
const MAX_TESTS = 300;

/** A value that a chunk reads into a variable. */
interface ScopeRead {
  readonly source: string;
  readonly whole: boolean;
  /** Compared as a number: its type must be checked up front. */
  numeric: boolean;
  /** Whether it is missing must be known. */
  masked: boolean;
}

/** What a chunk reads, and the constants that its code refers to. */
interface Scope {
  readonly reads: ScopeRead[];
  readonly places: Map<string, number>;
  readonly constants: unknown[];
  readonly slotOf: (read: Read) => number;
}

/**
 * Generates one function for a chunk of rules. The source holds nothing of a document but JSON literals and numbers:
 * names, paths and long lists are handed in as constants. Each value is read once. Where nothing can throw, evaluation
 * order cannot be seen, so that `&&` and `||` may stop early; values for which a number comparison could throw, or
 * would need coercion, send the whole chunk to the closures.
 */
export function chunkFunction(rules: readonly ChunkRule[], slotOf: (read: Read) => number): ChunkFunction {
  const scope: Scope = { reads: [], places: new Map(), constants: [], slotOf };
  const body = rules.map((rule) => ruleSource(rule, scope));
  const words = Math.ceil(scope.reads.length / 31);
  const source = [
    "'use strict';",
    ...scope.constants.map((_, at) => `const k${at}=K[${at}];`),
    'return function(v,s){',
    ...scope.reads.map(readSource),
    ...Array.from({ length: words }, (_, word) => `let m${word}=0;`),
    ...scope.reads.map((read, at) =>
      read.masked ? `if(r${at}===undefined)m${Math.floor(at / 31)}|=${2 ** (at % 31)};` : '',
    ),
    ...body,
    'return false;};',
  ].join('\n');
  // The one place that generates code; see above for what may enter the source.
  // oxlint-disable-next-line no-implied-eval, no-new-func, typescript/no-implied-eval
  const factory = new Function('K', source) as (constants: readonly unknown[]) => ChunkFunction;
  return factory(scope.constants);
}

function readSource({ source, whole, numeric }: ScopeRead, at: number): string {
  const read = `const r${at}=${source};`;
  if (!numeric) return read;
  return whole
    ? `${read}if(typeof r${at}!=='number'&&r${at}!==undefined)return true;`
    : `${read}if(typeof r${at}==='object'&&r${at}!==null)return true;`;
}

function ruleSource(rule: ChunkRule, scope: Scope): string {
  const { index, node, policy } = rule;
  const tests = [...testsOf(node)];
  if (
    tests.length > MAX_TESTS ||
    size(node, new Map()) > MAX_TESTS ||
    tests.some((test) => testMayThrow(test, false))
  ) {
    return `s[${index}]=${constant(scope, rule.closure)}(v);`;
  }
  if (policy === 'as-undefined') return `if(${expression(node, 'plain', scope)})s[${index}]=1;`;
  const certain = expression(node, 'certain', scope);
  const masks = new Map<number, number>();
  for (const test of tests) {
    for (const read of readsOf(test)) {
      const at = place(read, scope, 'masked');
      masks.set(Math.floor(at / 31), (masks.get(Math.floor(at / 31)) ?? 0) | (2 ** (at % 31)));
    }
  }
  const missing = [...masks].map(([word, mask]) => `(m${word}&${mask})!==0`).join('||') || 'false';
  return `if(${certain})s[${index}]=1;else if((${missing})&&${expression(node, 'possible', scope)})s[${index}]=2;`;
}

/** How many tests there are when shared named conditions are written out. */
function size(node: ConditionNode, known: Map<ConditionNode, number>): number {
  const ready = known.get(node);
  if (ready !== undefined) return ready;
  let sum = 1;
  if (isGroup(node)) for (const child of node.children) sum += size(child, known);
  else if (node.kind !== 'test') sum += size(node.child, known);
  known.set(node, sum);
  return sum;
}

/** `plain`: two-valued. `certain`: true whatever is missing. `possible`: not false. */
type Mode = 'plain' | 'certain' | 'possible';

function expression(node: ConditionNode, mode: Mode, scope: Scope): string {
  switch (node.kind) {
    case 'test':
      return testSource(node, mode, scope);
    case 'condition':
      return expression(node.child, mode, scope);
    case 'not': {
      const inner = mode === 'certain' ? 'possible' : mode === 'possible' ? 'certain' : 'plain';
      return `!${expression(node.child, inner, scope)}`;
    }
    default: {
      if (node.children.length === 0) return 'true';
      // Calls last: a comparison is cheaper and may settle it.
      const parts = node.children.toSorted((a, b) => cost(a) - cost(b));
      const operator = node.kind === 'all' ? '&&' : '||';
      return `(${parts.map((child) => expression(child, mode, scope)).join(operator)})`;
    }
  }
}

function cost(node: ConditionNode): number {
  if (isGroup(node)) {
    return node.children.reduce((most, child) => Math.max(most, cost(child)), 0);
  }
  if (node.kind !== 'test') return cost(node.child);
  const { decorators } = node.operator;
  if (decorators.length > 1 || (decorators.length === 1 && decorators[0] !== 'not')) return 2;
  const literal = 'literal' in node.right ? node.right.literal : undefined;
  return Array.isArray(literal) && literal.length > SHORT_LIST ? 1 : 0;
}

function testSource(test: TestNode, mode: Mode, scope: Scope): string {
  const left = `r${place(test.read, scope)}`;
  const right = 'read' in test.right ? `r${place(test.right.read, scope)}` : undefined;
  const compared = compareSource(test, left, right, scope);
  if (mode === 'plain') return compared;
  const variables = right === undefined || right === left ? [left] : [left, right];
  if (mode === 'possible') {
    return `(${variables.map((name) => `${name}===undefined||`).join('')}${compared})`;
  }
  if (right === undefined && falseWhenMissing(test)) return compared;
  return `(${variables.map((name) => `${name}!==undefined&&`).join('')}${compared})`;
}

function compareSource(test: TestNode, left: string, right: string | undefined, scope: Scope): string {
  const { base, decorators } = test.operator;
  const negated = decorators.length === 1 && decorators[0] === 'not';
  if (decorators.length > 0 && !negated) return callSource(test, left, right, scope);
  const positive = baseSource(test, base, left, right, scope);
  return negated ? `!${positive}` : positive;
}

function baseSource(
  test: TestNode,
  base: OperatorName,
  left: string,
  right: string | undefined,
  scope: Scope,
): string {
  const literal = 'literal' in test.right ? test.right.literal : undefined;
  const other = right ?? literalSource(literal, scope);
  const sign = numberSign(base);
  if (sign !== undefined) {
    for (const read of readsOf(test)) place(read, scope, 'numeric');
    if (test.read.steps === undefined && (right === undefined || readIsWhole(test))) {
      return `(${left}${sign}${other})`;
    }
    const compare = constant(scope, comparisonOf({ decorators: [], base: test.operator.base }));
    return `${compare}(${left},${other})`;
  }
  switch (base) {
    case 'equal':
      return `(${left}===${other})`;
    case 'notEqual':
      return `(${left}!==${other})`;
    case 'in':
      return membership(literal as readonly Json[], left, scope);
    case 'notIn':
      return `!${membership(literal as readonly Json[], left, scope)}`;
    case 'contains':
      return `(Array.isArray(${left})&&${left}.indexOf(${other})>-1)`;
    default:
      return `(Array.isArray(${left})&&${left}.indexOf(${other})===-1)`;
  }
}

function membership(list: readonly Json[], left: string, scope: Scope): string {
  // Objects are never found by indexOf: their identity is the document's own.
  const scalars = list.filter((item) => typeof item !== 'object' || item === null);
  if (scalars.length === 0) return 'false';
  if (scalars.length > SHORT_LIST) return `${constant(scope, new Set(scalars))}.has(${left})`;
  return `(${scalars.map((item) => `${left}===${literalSource(item, scope)}`).join('||')})`;
}

function callSource(test: TestNode, left: string, right: string | undefined, scope: Scope): string {
  const { compare } = test;
  if (right !== undefined) return `${constant(scope, compare)}(${left},${right})`;
  const literal = 'literal' in test.right ? test.right.literal : undefined;
  return `${constant(scope, (value: unknown): boolean => compare(value, literal))}(${left})`;
}

function literalSource(literal: Json | undefined, scope: Scope): string {
  if (typeof literal === 'object' && literal !== null) return constant(scope, literal);
  return typeof literal === 'number' ? `(${JSON.stringify(literal)})` : JSON.stringify(literal);
}

/** A missing value makes the bare comparison false, so that no guard is needed. */
function falseWhenMissing({ operator: { base, decorators } }: TestNode): boolean {
  return decorators.length === 0 && base !== 'notEqual' && base !== 'notIn';
}

function readIsWhole({ right }: TestNode): boolean {
  return 'read' in right && right.read.steps === undefined;
}

/** The place of a read among the chunk's variables; `mark` notes what it is used for. */
function place(read: Read, scope: Scope, mark?: 'numeric' | 'masked'): number {
  const id = `${read.path}\n${read.key}`;
  const at = scope.places.get(id) ?? addRead(id, read, scope);
  const entry = scope.reads[at];
  if (mark !== undefined && entry !== undefined) entry[mark] = true;
  return at;
}

function addRead(id: string, read: Read, scope: Scope): number {
  const { steps } = read;
  const value = `v[${scope.slotOf(read)}]`;
  const source =
    steps === undefined ? value : `${constant(scope, (fact: unknown) => readPath(fact, steps))}(${value})`;
  scope.places.set(id, scope.reads.length);
  return scope.reads.push({ source, whole: steps === undefined, numeric: false, masked: false }) - 1;
}

function constant(scope: Scope, value: unknown): string {
  const at = scope.constants.indexOf(value);
  if (at >= 0) return `k${at}`;
  scope.constants.push(value);
  return `k${scope.constants.length - 1}`;
}
