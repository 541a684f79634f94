import type { FactCatalogue, FactType } from '../catalogue.js';
import { canonicalJson } from '../document/canonical.js';
import { typeOf } from './conditions.js';
import {
  complement,
  domain,
  ELSE_BIT,
  EVERYTHING,
  FALSE_BIT,
  intersect,
  interval,
  isEmpty,
  MISSING_BIT,
  TRUE_BIT,
  valuesOf,
  wholeOnly,
  type Domain,
} from './domains.js';
import {
  isGroup,
  type ConditionNode,
  type MissingPolicy,
  type Read,
  type TestNode,
} from '../document/resolve.js';

/** What can become of a condition, as far as can be told without running it. */
export interface Reach {
  /** It can be true for some values. */
  readonly canHit: boolean;
  /** It can be false for some values (under `missing: unknown`: when nothing is missing). */
  readonly canMiss: boolean;
  /** JSON Pointers, below the condition, of branches of an `any` that can never be true where they stand. */
  readonly dead: readonly string[];
  /** The fact about which a condition that cannot be true contradicts itself. */
  readonly about: string;
  /** Steps it took. */
  readonly steps: number;
}

/** What is known to hold: a domain for each value that is read. */
type Known = Map<string, Domain>;

interface Analysis {
  readonly catalogue: FactCatalogue;
  readonly policy: MissingPolicy;
  readonly sets: Map<TestNode, TestSets>;
  /** Steps left; when none are, everything is called possible. */
  budget: number;
  about: string;
}

/**
 * Whether a condition can be true, and can be false, by what its tests say about each fact within `all` and `any`
 * (intervals of numbers, sets of texts, the catalogue's ranges and values). Sound: what it calls impossible is
 * impossible for values of the catalogue's types; what it cannot see within `budget` steps is called possible.
 */
export function reachOf(
  node: ConditionNode,
  policy: MissingPolicy,
  catalogue: FactCatalogue,
  budget: number,
): Reach {
  const analysis: Analysis = { catalogue, policy, sets: new Map(), budget, about: '' };
  const canMiss = possible(node, false, new Map(), analysis) !== undefined;
  analysis.about = '';
  const known = possible(node, true, new Map(), analysis);
  const { about } = analysis;
  const dead: string[] = [];
  if (known !== undefined) deadBranches(node, new Map(), '', analysis, dead);
  return { canHit: known !== undefined, canMiss, dead, about, steps: budget - analysis.budget };
}

/** What holds when the node has the wanted truth, on top of what is known; undefined: it cannot have it. */
function possible(node: ConditionNode, wanted: boolean, known: Known, analysis: Analysis): Known | undefined {
  if (--analysis.budget < 0) return known;
  if (node.kind === 'test') return testPossible(node, wanted, known, analysis);
  if (node.kind === 'not') return possible(node.child, !wanted, known, analysis);
  if (node.kind === 'condition') return possible(node.child, wanted, known, analysis);
  const { children } = node;
  if (children.length === 0) return wanted ? known : undefined;
  if ((node.kind === 'all') === wanted) return allPossible(children, wanted, known, analysis);
  const open: Known[] = [];
  for (const child of children) {
    analysis.budget -= known.size;
    if (analysis.budget < 0) return known;
    const then = possible(child, wanted, new Map(known), analysis);
    if (then !== undefined) open.push(then);
    // Two ways are as good as many: nothing more is learnt.
    if (open.length > 1) return known;
  }
  return open[0];
}

function allPossible(
  children: readonly ConditionNode[],
  wanted: boolean,
  known: Known,
  analysis: Analysis,
): Known | undefined {
  // Tests first: what they say settles branches.
  const ordered = children.toSorted((a, b) => Number(isBranch(a)) - Number(isBranch(b)));
  let current = known;
  for (const child of ordered) {
    const then = possible(child, wanted, current, analysis);
    if (then === undefined) return undefined;
    current = then;
  }
  return current;
}

function isBranch(node: ConditionNode): boolean {
  return node.kind === 'test' ? false : isGroup(node) ? true : isBranch(node.child);
}

function testPossible(test: TestNode, wanted: boolean, known: Known, analysis: Analysis): Known | undefined {
  const { key, yes, no } = setsOf(test, analysis);
  const before = known.get(key);
  const set = wanted ? yes : no;
  analysis.budget -= set.numbers.length + set.texts.values.size;
  const after = before === undefined ? set : intersect(before, set);
  if (isEmpty(after)) {
    analysis.about = test.read.fact + test.read.path.slice(1);
    return undefined;
  }
  known.set(key, after);
  return known;
}

/** The values for which a test is true and those for which it is false, as supersets, by what is read. */
export interface TestSets {
  /** `read:` and what is read; of a test about which nothing is known `test:`, and the sets are `true` and `false`. */
  readonly key: string;
  readonly yes: Domain;
  readonly no: Domain;
}

/** The sets of a test; those made before are in `sets`. */
export function setsOf(test: TestNode, analysis: Pick<Analysis, 'catalogue' | 'policy' | 'sets'>): TestSets {
  const ready = analysis.sets.get(test);
  if (ready !== undefined) return ready;
  const plain = selfSet(test, analysis.catalogue) ?? plainSet(test);
  let sets;
  if (plain === undefined) {
    // Nothing is known but that the same test has the same truth everywhere.
    const { operator, value } = test.condition;
    const key = `test:${canonicalJson([test.read.key, test.read.path, operator, value])}`;
    sets = { key, yes: domain({ others: TRUE_BIT }), no: domain({ others: FALSE_BIT }) };
  } else {
    const present = analysis.policy === 'unknown' ? complement(domain({ others: MISSING_BIT })) : EVERYTHING;
    const all = intersect(universe(test.read, analysis.catalogue), present);
    const narrow = isWhole(test.read, analysis.catalogue) ? wholeOnly : (set: Domain): Domain => set;
    const inside = narrow(intersect(all, plain.yes));
    const outside = narrow(intersect(all, plain.no));
    const negated = test.operator.decorators.length % 2 === 1;
    const key = `read:${canonicalJson([test.read.key, test.read.path])}`;
    sets = negated ? { key, yes: outside, no: inside } : { key, yes: inside, no: outside };
  }
  analysis.sets.set(test, sets);
  return sets;
}

/** For a base operator with nothing but `not` before it and a literal: its true and false values. */
function plainSet(test: TestNode): { readonly yes: Domain; readonly no: Domain } | undefined {
  const { base, decorators } = test.operator;
  if (!('literal' in test.right) || decorators.some((name) => name !== 'not')) return undefined;
  const { literal } = test.right;
  const found = (list: readonly unknown[]): { readonly yes: Domain; readonly no: Domain } => {
    const yes = valuesOf(list);
    return { yes, no: complement(yes) };
  };
  switch (base) {
    case 'equal':
      return found([literal]);
    case 'notEqual':
      return swapped(found([literal]));
    case 'in':
      return Array.isArray(literal) ? found(literal) : undefined;
    case 'notIn':
      return Array.isArray(literal) ? swapped(found(literal)) : undefined;
    case 'contains':
    case 'doesNotContain':
      return undefined;
    default: {
      if (typeof literal !== 'number') return undefined;
      const below = base === 'lessThan' || base === 'lessThanInclusive';
      const open = base === 'lessThan' || base === 'greaterThan';
      const range = below
        ? interval(-Infinity, literal, false, open)
        : interval(literal, Infinity, open, false);
      // Texts and lists may be read as numbers: they can be on either side.
      const yes = domain({ numbers: [range], texts: 'all', others: ELSE_BIT });
      return { yes, no: { ...complement(domain({ numbers: [range] })), others: 31 } };
    }
  }
}

/** For a number, text or boolean that is compared with itself. */
function selfSet(
  { read, right, operator }: TestNode,
  catalogue: FactCatalogue,
): { readonly yes: Domain; readonly no: Domain } | undefined {
  if (!('read' in right) || right.read.key !== read.key || right.read.path !== read.path) return undefined;
  const type = singleType(read, catalogue);
  if (type === undefined || operator.decorators.some((name) => name !== 'not')) return undefined;
  const always = { yes: EVERYTHING, no: domain({}) };
  if (operator.base === 'equal') return always;
  if (operator.base === 'notEqual') return swapped(always);
  if (type !== 'number') return undefined;
  if (operator.base === 'lessThan' || operator.base === 'greaterThan') return swapped(always);
  if (operator.base !== 'lessThanInclusive' && operator.base !== 'greaterThanInclusive') return undefined;
  const missing = domain({ others: MISSING_BIT });
  return { yes: complement(missing), no: missing };
}

/** The type of a read whose value is one thing that can be compared. */
function singleType({ fact, steps, params }: Read, catalogue: FactCatalogue): FactType | undefined {
  const definition = catalogue.get(fact);
  if (definition === undefined || steps !== undefined) return undefined;
  const type = typeOf(definition, params ?? {});
  return type === 'number' || type === 'string' || type === 'boolean' ? type : undefined;
}

/** Whether all numbers that can be read are whole. */
export function isWhole(read: Read, catalogue: FactCatalogue): boolean {
  if (singleType(read, catalogue) !== 'number') return false;
  const whole = catalogue.get(read.fact)?.whole ?? false;
  return typeof whole === 'boolean' ? whole : whole(read.params ?? {});
}

function swapped({ yes, no }: { readonly yes: Domain; readonly no: Domain }): {
  readonly yes: Domain;
  readonly no: Domain;
} {
  return { yes: no, no: yes };
}

/** All values a read can have, by the catalogue. */
function universe(read: Read, catalogue: FactCatalogue): Domain {
  const definition = catalogue.get(read.fact);
  if (definition === undefined || read.steps !== undefined) return EVERYTHING;
  switch (typeOf(definition, read.params ?? {})) {
    case 'number': {
      const [low, high] = definition.range ?? [-Infinity, Infinity];
      return domain({ numbers: [interval(low, high)], others: MISSING_BIT });
    }
    case 'string':
      return domain({ texts: definition.values ?? 'all', others: MISSING_BIT });
    case 'boolean':
      return domain({ others: FALSE_BIT | TRUE_BIT | MISSING_BIT });
    default:
      return domain({ others: ELSE_BIT | MISSING_BIT });
  }
}

/** Walks what must hold and looks at each `any` in the light of what stands beside it. */
function deadBranches(
  node: ConditionNode,
  known: Known,
  path: string,
  analysis: Analysis,
  dead: string[],
): void {
  if (!isGroup(node) || analysis.budget < 0) return;
  if (node.kind === 'all') {
    node.children.forEach((child, at) => {
      if (!isGroup(child)) return;
      const beside = node.children.filter((_, other) => other !== at);
      analysis.budget -= known.size + beside.length;
      const then = allPossible(beside, true, new Map(known), analysis);
      if (then !== undefined) deadBranches(child, then, `${path}/all/${at}`, analysis, dead);
    });
    return;
  }
  node.children.forEach((child, at) => {
    analysis.budget -= known.size;
    if (analysis.budget < 0) return;
    const then = possible(child, true, new Map(known), analysis);
    if (then === undefined) dead.push(`${path}/any/${at}`);
    else deadBranches(child, known, `${path}/any/${at}`, analysis, dead);
  });
}
