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
  readonly keys: Map<ConditionNode, ReadonlySet<string>>;
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
  const analysis: Analysis = {
    catalogue,
    policy,
    sets: new Map(),
    keys: new Map(),
    growths: new Map(),
    budget,
    about: '',
  };
  const canMiss = solve([{ node, wanted: false }], new Map(), analysis);
  analysis.about = '';
  const canHit = solve([{ node, wanted: true }], new Map(), analysis);
  const { about } = analysis;
  const dead: string[] = [];
  if (canHit) deadBranches(node, [], '', analysis, dead);
  return { canHit, canMiss, dead, about, steps: budget - analysis.budget };
}

/** A condition, and the truth that it is to have. */
interface Goal {
  readonly node: ConditionNode;
  readonly wanted: boolean;
}

/** Goals of which one is enough. */
type Ways = readonly Goal[];

/** What is known once all is settled that leaves no choice, and the choices that are left. */
interface Settled {
  readonly known: Known;
  readonly choices: readonly Ways[];
}

/**
 * Whether all goals can be met together, on top of what is known: tries one way after the other. Choices that ask of other
 * values than the rest are met by themselves.
 */
function solve(
  goals: readonly Goal[],
  known: Known,
  analysis: Analysis,
  choices: readonly Ways[] = [],
): boolean {
  const settled = settle(goals, known, analysis);
  if (settled === undefined) return false;
  const open: Ways[] = [];
  for (const ways of [...choices, ...settled.choices]) {
    const left = ways.filter(
      (goal) =>
        spend(settled.known.size, analysis) || settle([goal], new Map(settled.known), analysis) !== undefined,
    );
    if (left.length === 0) return false;
    open.push(left);
  }
  return [...tangles(open, analysis)].every(({ choices: some }) => {
    const fewest = some.reduce((a, b) => (b.length < a.length ? b : a));
    const others = some.filter((ways) => ways !== fewest);
    return fewest.some(
      (goal) =>
        spend(settled.known.size, analysis) || solve([goal], new Map(settled.known), analysis, others),
    );
  });
}

/** Takes steps off the budget; whether none are left. */
function spend(steps: number, analysis: Analysis): boolean {
  analysis.budget -= steps;
  return analysis.budget < 0;
}

/** Choices that ask of the same values, or of such as others of them ask of. */
interface Tangle {
  readonly choices: Ways[];
  readonly keys: Set<string>;
}

function tangles(choices: readonly Ways[], analysis: Analysis): ReadonlySet<Tangle> {
  const all = new Set<Tangle>();
  const byKey = new Map<string, Tangle>();
  for (const ways of choices) {
    const keys = new Set(ways.flatMap(({ node }) => [...keysIn(node, analysis)]));
    let own: Tangle = { choices: [ways], keys };
    all.add(own);
    for (const key of keys) {
      const other = byKey.get(key);
      if (other === undefined || other === own) continue;
      const [less, more] = own.keys.size < other.keys.size ? [own, other] : [other, own];
      spend(less.keys.size, analysis);
      more.choices.push(...less.choices);
      for (const one of less.keys) {
        more.keys.add(one);
        byKey.set(one, more);
      }
      all.delete(less);
      own = more;
    }
    spend(keys.size, analysis);
    for (const key of keys) byKey.set(key, own);
  }
  return all;
}

/** Values that look back at the past of a payer bound each other. */
const GROWING = 'growing';

/** What a condition asks of: keys of domains. */
function keysIn(node: ConditionNode, analysis: Analysis): ReadonlySet<string> {
  let keys = analysis.keys.get(node);
  if (keys === undefined) {
    if (node.kind === 'test') {
      const { key, growth } = rememberedSets(node, analysis);
      keys = new Set(growth === undefined ? [key] : [key, GROWING]);
    } else {
      const inner = isGroup(node) ? node.children : [node.child];
      keys = new Set(inner.flatMap((child) => [...keysIn(child, analysis)]));
    }
    analysis.keys.set(node, keys);
  }
  return keys;
}

/** Takes into `known` what the goals leave no choice of; undefined: they contradict each other or what is known. */
function settle(goals: readonly Goal[], known: Known, analysis: Analysis): Settled | undefined {
  const choices: Ways[] = [];
  const open = [...goals];
  for (let at = 0; at < open.length; at++) {
    if (spend(1, analysis)) break;
    const { node, wanted } = open[at] as Goal;
    if (node.kind === 'test') {
      if (!testPossible(node, wanted, known, analysis)) return undefined;
    } else if (node.kind === 'not') open.push({ node: node.child, wanted: !wanted });
    else if (node.kind === 'condition') open.push({ node: node.child, wanted });
    else {
      const inner = node.children.map((child) => ({ node: child, wanted }));
      // An empty group is true, whichever it is.
      if (inner.length === 0 && !wanted) return undefined;
      if ((node.kind === 'all') === wanted) open.push(...inner);
      else if (inner.length > 0) choices.push(inner);
    }
  }
  return { known, choices };
}

/** Takes into `known` what a test says; whether that can be. */
function testPossible(test: TestNode, wanted: boolean, known: Known, analysis: Analysis): boolean {
  const { key, yes, no, growth } = rememberedSets(test, analysis);
  const before = known.get(key);
  const set = wanted ? yes : no;
  analysis.budget -= set.numbers.length + set.texts.values.size;
  const own = before === undefined ? set : intersect(before, set);
  const after = growth === undefined ? own : withinOthers(own, growth, known, analysis);
  if (isEmpty(after)) {
    const hint = isEmpty(own) ? rangeText(test, analysis.catalogue) : ' (over a longer window never less)';
    analysis.about = test.read.fact + test.read.path.slice(1) + hint;
    return false;
  }
  if (growth !== undefined) analysis.growths.set(key, growth);
  known.set(key, after);
  return true;
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

function touches(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const one of others) if (some.has(one)) return true;
  return false;
}

/** Walks what must hold and looks at each branch of an `any` in the light of what stands `beside` it. */
function deadBranches(
  node: ConditionNode,
  beside: readonly Goal[],
  path: string,
  analysis: Analysis,
  dead: string[],
): void {
  if (!isGroup(node) || analysis.budget < 0) return;
  const goals = node.children.map((child) => ({ node: child, wanted: true }));
  if (node.kind === 'all') {
    for (const [at, goal] of goals.entries()) {
      if (!isGroup(goal.node)) continue;
      if (spend(beside.length + goals.length, analysis)) return;
      const others = [...beside, ...goals.filter((other) => other !== goal)];
      deadBranches(goal.node, others, `${path}/all/${at}`, analysis, dead);
    }
    return;
  }
  const settled = settle(beside, new Map(), analysis);
  if (settled === undefined) return;
  const around = tangles(settled.choices, analysis);
  for (const [at, goal] of goals.entries()) {
    if (spend(settled.known.size, analysis)) return;
    const own = `${path}/any/${at}`;
    // The others can be met as the whole can.
    const near = [...around].filter(({ keys }) => touches(keys, keysIn(goal.node, analysis)));
    const choices = near.flatMap((tangle) => tangle.choices);
    if (solve([goal], new Map(settled.known), analysis, choices))
      deadBranches(goal.node, beside, own, analysis, dead);
    else dead.push(own);
  }
}
