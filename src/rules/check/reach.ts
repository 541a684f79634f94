import type { FactCatalogue, Growth } from '../catalogue.js';
import { intersect, isEmpty, type Domain } from './domains.js';
import { besides } from './growing.js';
import { isGroup, type ConditionNode, type MissingPolicy, type TestNode } from '../document/resolve.js';
import { rangeOf, rememberedSets, testSets, type TestSets } from './test-sets.js';

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
  /** How far back values look that can only grow with that, by the key of their domain. */
  readonly growths: Map<string, Growth>;
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
  const analysis: Analysis = { catalogue, policy, sets: new Map(), growths: new Map(), budget, about: '' };
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
  const { key, yes, no, growth } = rememberedSets(test, analysis);
  const before = known.get(key);
  const set = wanted ? yes : no;
  analysis.budget -= set.numbers.length + set.texts.values.size;
  const own = before === undefined ? set : intersect(before, set);
  const after = growth === undefined ? own : withinOthers(own, growth, known, analysis);
  if (isEmpty(after)) {
    const hint = isEmpty(own) ? rangeText(test, analysis.catalogue) : ' (over a longer window never less)';
    analysis.about = test.read.fact + test.read.path.slice(1) + hint;
    return undefined;
  }
  if (growth !== undefined) analysis.growths.set(key, growth);
  known.set(key, after);
  return known;
}

/** What is left of a set by what is known of the same over other windows. */
function withinOthers(set: Domain, growth: Growth, known: Known, analysis: Analysis): Domain {
  analysis.budget -= known.size;
  let left = set;
  for (const [key, domain] of known) {
    const its = analysis.growths.get(key);
    const bounds = its === undefined ? undefined : besides(domain, its, growth);
    if (bounds !== undefined) left = intersect(left, bounds);
  }
  return left;
}

/** Ranges that a person knows by heart once told: hours, shares. */
const TELLING_RANGE = 1_000;

function rangeText({ read }: TestNode, catalogue: FactCatalogue): string {
  const range = read.steps === undefined ? rangeOf(read, catalogue) : undefined;
  return range === undefined || range[1] > TELLING_RANGE ? '' : ` (${range[0]} to ${range[1]})`;
}

/**
 * Paths, below the condition, of tests that are true whatever the value is, as long as it is not missing. Named conditions
 * are not followed.
 */
export function alwaysTrueTests(
  node: ConditionNode,
  policy: MissingPolicy,
  catalogue: FactCatalogue,
  path = '',
): readonly string[] {
  if (node.kind === 'condition') return [];
  if (node.kind === 'not') return alwaysTrueTests(node.child, policy, catalogue, `${path}/not`);
  if (isGroup(node))
    return node.children.flatMap((child, at) =>
      alwaysTrueTests(child, policy, catalogue, `${path}/${node.kind}/${at}`),
    );
  const { yes, no } = testSets(node, policy, catalogue);
  return isEmpty(no) && !isEmpty(yes) ? [path] : [];
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
