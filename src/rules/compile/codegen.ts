import type { Json } from '../document/document.js';
import { comparisonOf } from '../document/operators.js';
import { readPath } from '../document/path.js';
import type { FactValue } from '../program.js';
import {
  isGroup,
  readsOf,
  testsOf,
  type ConditionNode,
  type MissingPolicy,
  type Read,
  type TestNode,
} from '../document/resolve.js';
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
 * would need coercion, and NaN send the whole chunk to the closures: what is left is a number or missing.
 */
export function chunkFunction(rules: readonly ChunkRule[], slotOf: (read: Read) => number): ChunkFunction {
  const scope: Scope = { reads: [], places: new Map(), constants: [], slotOf };
  const body = rules.map((rule) => ruleSource(rule, scope));
  const source = [
    "'use strict';",
    ...scope.constants.map((_, at) => `const k${at}=K[${at}];`),
    'return function(v,s){',
    ...scope.reads.map(readSource),
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
    ? `${read}if((typeof r${at}!=='number'&&r${at}!==undefined)||r${at}!==r${at})return true;`
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
  // Most rules cannot hit, and one look says so; whether what can hit does is asked of the few.
  const possible = expression(node, 'possible', scope);
  return `if(${possible})s[${index}]=${expression(node, 'certain', scope)}?1:2;`;
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
  const { base, decorators } = test.operator;
  const left = `r${place(test.read, scope)}`;
  const right = 'read' in test.right ? `r${place(test.right.read, scope)}` : undefined;
  const negated = decorators.length === 1 && decorators[0] === 'not';
  if (decorators.length > 0 && !negated)
    return guarded(callSource(test, left, right, scope), mode, left, right);
  if (numberSign(base) !== undefined) return numberSource(test, mode, negated, left, right, scope);
  const positive = base === 'notEqual' || base === 'notIn' || base === 'doesNotContain' ? negated : !negated;
  if (base === 'contains' || base === 'doesNotContain') {
    const has = `${left}.indexOf(${right ?? literalSource(test, scope)})`;
    const compared = `(Array.isArray(${left})&&${has}${base === 'contains' ? '>-1' : '===-1'})`;
    return guarded(negated ? `!${compared}` : compared, mode, left, right);
  }
  if (base === 'equal' || base === 'notEqual') {
    const compared = `(${left}${positive ? '===' : '!=='}${right ?? literalSource(test, scope)})`;
    // Without another fact, a missing value is unequal: that says it already.
    if (right === undefined && mode === (positive ? 'certain' : 'possible')) return compared;
    return guarded(compared, mode, left, right);
  }
  // A missing value is found where it could be, and only there.
  const found = membership(test, left, mode === (positive ? 'possible' : 'certain'), scope);
  return positive ? found : `!${found}`;
}

/** Puts the question whether anything is missing before a comparison. */
function guarded(compared: string, mode: Mode, left: string, right: string | undefined): string {
  if (mode === 'plain') return compared;
  const names = right === undefined || right === left ? [left] : [left, right];
  return mode === 'possible'
    ? `(${names.map((name) => `${name}===undefined||`).join('')}${compared})`
    : `(${names.map((name) => `${name}!==undefined&&`).join('')}${compared})`;
}

const OPPOSITE: ReadonlyMap<string, string> = new Map([
  ['<', '>='],
  ['<=', '>'],
  ['>', '<='],
  ['>=', '<'],
]);

function numberSource(
  test: TestNode,
  mode: Mode,
  negated: boolean,
  left: string,
  right: string | undefined,
  scope: Scope,
): string {
  for (const read of readsOf(test)) place(read, scope, 'numeric');
  const other = right ?? literalSource(test, scope);
  if (readsOf(test).some(({ steps }) => steps !== undefined)) {
    const compare = constant(scope, comparisonOf({ decorators: [], base: test.operator.base }));
    const compared = `${compare}(${left},${other})`;
    return guarded(negated ? `!${compared}` : compared, mode, left, right);
  }
  const sign = numberSign(test.operator.base) ?? '';
  if (mode === 'plain') return `${negated ? '!' : ''}(${left}${sign}${other})`;
  // A missing value makes every comparison false: the opposite, negated, holds for it.
  const opposite = OPPOSITE.get(sign) ?? '';
  if (mode === 'certain') return `(${left}${negated ? opposite : sign}${other})`;
  return `!(${left}${negated ? sign : opposite}${other})`;
}

function membership(test: TestNode, left: string, missing: boolean, scope: Scope): string {
  const list = 'literal' in test.right && Array.isArray(test.right.literal) ? test.right.literal : [];
  // Objects are never found by indexOf: their identity is the document's own.
  const scalars = (list as readonly Json[]).filter((item) => typeof item !== 'object' || item === null);
  if (scalars.length > SHORT_LIST) {
    return `${constant(scope, new Set(missing ? [...scalars, undefined] : scalars))}.has(${left})`;
  }
  const parts = scalars.map((item) => `${left}===${scalarSource(item)}`);
  if (missing) parts.push(`${left}===undefined`);
  return parts.length === 0 ? 'false' : `(${parts.join('||')})`;
}

function callSource(test: TestNode, left: string, right: string | undefined, scope: Scope): string {
  const { compare } = test;
  if (right !== undefined) return `${constant(scope, compare)}(${left},${right})`;
  const literal = 'literal' in test.right ? test.right.literal : undefined;
  return `${constant(scope, (value: unknown): boolean => compare(value, literal))}(${left})`;
}

function literalSource({ right }: TestNode, scope: Scope): string {
  const literal = 'literal' in right ? right.literal : null;
  return typeof literal === 'object' && literal !== null ? constant(scope, literal) : scalarSource(literal);
}

function scalarSource(literal: Json): string {
  return typeof literal === 'number' ? `(${JSON.stringify(literal)})` : JSON.stringify(literal);
}

/** The place of a read among the chunk's variables; `mark` notes that it is compared as a number. */
function place(read: Read, scope: Scope, mark?: 'numeric'): number {
  const id = `${read.path}\n${read.key}`;
  const at = scope.places.get(id) ?? addRead(id, read, scope);
  const entry = scope.reads[at];
  if (mark !== undefined && entry !== undefined) entry.numeric = true;
  return at;
}

function addRead(id: string, read: Read, scope: Scope): number {
  const { steps } = read;
  const value = `v[${scope.slotOf(read)}]`;
  const source =
    steps === undefined ? value : `${constant(scope, (fact: unknown) => readPath(fact, steps))}(${value})`;
  scope.places.set(id, scope.reads.length);
  return scope.reads.push({ source, whole: steps === undefined, numeric: false }) - 1;
}

function constant(scope: Scope, value: unknown): string {
  const at = scope.constants.indexOf(value);
  if (at >= 0) return `k${at}`;
  scope.constants.push(value);
  return `k${scope.constants.length - 1}`;
}
