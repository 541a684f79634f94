import type { FactCatalogue } from '../catalogue.js';
import { intersect, isEmpty, type Domain } from '../check/domains.js';
import { isWhole, rememberedSets, type TestSets } from '../check/test-sets.js';
import {
  isGroup,
  type ConditionNode,
  type MissingPolicy,
  type Read,
  type TestNode,
} from '../document/resolve.js';
import { flippedBy } from './flip.js';
import { exampleOf, holds, nearestNumber } from './nearest.js';

/** A test and the truth it must have. */
export interface WantedTest {
  readonly test: TestNode;
  readonly wanted: boolean;
  /** What it compares with. */
  readonly expected: unknown;
}

/** How a value would have to be otherwise. */
export interface Gap {
  /** `number`: larger or smaller; `missing`: known; `value`: another one. */
  readonly kind: 'number' | 'value' | 'missing';
  readonly from: unknown;
  /** The nearest number that will do, else an example. */
  readonly to: unknown;
  /** For a number: how far it is. */
  readonly by: number;
  /** For a number: how far as a share of the threshold, or by itself where that is 0. */
  readonly share: number;
  /** For a number: it is too far to be called near. */
  readonly far: boolean;
}

/** All that one way to a hit asks of one value. */
export interface Want {
  readonly read: Read;
  /** What the value must be; of a test about which nothing is known: what its truth must be. */
  readonly set: Domain;
  readonly tests: readonly WantedTest[];
  /** undefined: it is so already. */
  readonly gap: Gap | undefined;
}

/** One way in which a condition comes to a truth: what it asks of each value, by what is read. */
export interface Way {
  readonly wants: ReadonlyMap<string, Want>;
  readonly weight: Weight;
}

/** How much a way takes. */
export interface Weight {
  /** Numbers that are far off. */
  readonly far: number;
  /** Values that would have to be otherwise. */
  readonly changes: number;
  /** Those of them that are no numbers. */
  readonly others: number;
  /** How far the numbers are by what they are: from 0, as near as can be, to 1 for each. */
  readonly distance: number;
  /** How far they are, added up. */
  readonly sum: number;
}

/** What the ways of conditions are looked for with; shared by the rules of one document. */
export interface WaySearch {
  readonly catalogue: FactCatalogue;
  readonly policy: MissingPolicy;
  readonly valueOf: (read: Read) => unknown;
  /** Ways with more changes are given up. */
  readonly maxChanges: number;
  readonly sets: Map<TestNode, TestSets>;
  readonly known: Map<ConditionNode, Map<boolean, readonly Way[]>>;
  /** Steps left; when none are, nothing more is found. */
  budget: number;
}

/** Ways that are looked at beside each other: a condition with more of them is not searched to its end. */
const WIDTH = 32;
const NOTHING: Way = { wants: new Map(), weight: weightOf([]) };
/** A number is near when it is off by at most this share of the threshold. */
const NEAR_SHARE = 0.25;
/** A count is near when it is off by this much, however small the threshold; but nothing at all is near to nothing. */
const NEAR_COUNT = 1;

/** The ways in which a condition has the wanted truth, those with the least change first. */
export function waysTo(node: ConditionNode, wanted: boolean, search: WaySearch): readonly Way[] {
  const ready = search.known.get(node)?.get(wanted);
  if (ready !== undefined) return ready;
  const ways = find(node, wanted, search);
  const both = search.known.get(node) ?? new Map<boolean, readonly Way[]>();
  search.known.set(node, both.set(wanted, ways));
  return ways;
}

function find(node: ConditionNode, wanted: boolean, search: WaySearch): readonly Way[] {
  if (node.kind === 'test') return testWays(node, wanted, search);
  if (node.kind === 'not') return waysTo(node.child, !wanted, search);
  if (node.kind === 'condition') return waysTo(node.child, wanted, search);
  const { children } = node;
  if (children.length === 0) return wanted ? [NOTHING] : [];
  if (!isGroup(node) || (node.kind === 'any') === wanted)
    return least(children.flatMap((child) => waysTo(child, wanted, search)));
  let ways: readonly Way[] = [NOTHING];
  for (const child of children) {
    const more = waysTo(child, wanted, search);
    ways = least(ways.flatMap((way) => more.flatMap((other) => together(way, other, search) ?? [])));
    if (ways.length === 0) return ways;
  }
  return ways;
}

function least(ways: readonly Way[]): readonly Way[] {
  return ways.toSorted(byWeight).slice(0, WIDTH);
}

function byWeight(a: Way, b: Way): number {
  return lighter(a.weight, b.weight);
}

/** What is near first, then fewer values, then numbers before others, then the nearer numbers. */
export function lighter(a: Weight, b: Weight): number {
  return (
    a.far - b.far || a.changes - b.changes || a.others - b.others || a.distance - b.distance || a.sum - b.sum
  );
}

/** What some changes come to. Of one number a smaller change never weighs more. */
export function weightOf(gaps: readonly Pick<Gap, 'kind' | 'from' | 'by' | 'far'>[]): Weight {
  const numbers = gaps.filter(({ kind }) => kind === 'number');
  const sumOf = (of: (gap: (typeof gaps)[number]) => number): number =>
    numbers.reduce((sum, gap) => sum + of(gap), 0);
  return {
    far: sumOf(({ far }) => Number(far)),
    changes: gaps.length,
    others: gaps.length - numbers.length,
    distance: sumOf(({ from, by }) => by / (Math.abs(Number(from)) + by)),
    sum: sumOf(({ by }) => by),
  };
}

/** Both at once; undefined: they contradict each other, or it is too much. */
function together(a: Way, b: Way, search: WaySearch): Way | undefined {
  if ((search.budget -= 1 + b.wants.size) < 0) return undefined;
  const wants = new Map(a.wants);
  for (const [key, want] of b.wants) {
    const before = wants.get(key);
    if (before === undefined) {
      wants.set(key, want);
      continue;
    }
    const set = intersect(before.set, want.set);
    if (isEmpty(set)) return undefined;
    const { read } = want;
    const tests = [...before.tests, ...want.tests.filter((one) => !before.tests.includes(one))];
    const gap = key.startsWith('read:') ? gapTo(read, set, search) : (before.gap ?? want.gap);
    if (gap === 'none') return undefined;
    wants.set(key, { read, set, tests, gap });
  }
  return wayOf(wants, search);
}

function wayOf(wants: ReadonlyMap<string, Want>, { maxChanges }: WaySearch): Way | undefined {
  const weight = weightOf([...wants.values()].flatMap(({ gap }) => gap ?? []));
  return weight.changes > maxChanges ? undefined : { wants, weight };
}

function testWays(test: TestNode, wanted: boolean, search: WaySearch): readonly Way[] {
  if (--search.budget < 0) return [];
  const { read, right } = test;
  const literal = 'read' in right ? search.valueOf(right.read) : right.literal;
  if (literal === undefined) return [];
  const { key, yes, no } = rememberedSets(settled(test, literal), search);
  const set = wanted ? yes : no;
  if (isEmpty(set)) return [];
  const gap = key.startsWith('read:')
    ? gapTo(read, set, search)
    : flip(test, wanted, literal, search.valueOf(read), search.policy);
  if (gap === 'none') return [];
  const way = wayOf(
    new Map([[key, { read, set, tests: [{ test, wanted, expected: literal }], gap }]]),
    search,
  );
  return way === undefined ? [] : [way];
}

/** What it is compared with stays what it was: compared with another fact it is as if that stood in the rule. */
function settled(test: TestNode, literal: unknown): TestNode {
  const { right, read, condition } = test;
  if (!('read' in right) || !isPlain(literal)) return test;
  if (right.read.key === read.key && right.read.path === read.path) return test;
  const value = literal as TestNode['condition']['value'];
  return { ...test, condition: { ...condition, value }, right: { literal: value } as TestNode['right'] };
}

/** A text, number, truth or null, or a list of such. */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => !Array.isArray(item) && isPlain(item));
  return typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object' || value === null;
}

/** How far a value is from a set; 'none': nothing in it will do. */
function gapTo(read: Read, set: Domain, { valueOf, catalogue }: WaySearch): Gap | undefined | 'none' {
  const from = valueOf(read);
  if (holds(set, from)) return undefined;
  if (typeof from === 'number') {
    const nearest = nearestNumber(set, from);
    if (nearest !== undefined) {
      const { value: to, bound } = nearest;
      const by = Math.abs(to - from);
      const share = by / (Math.abs(bound) || 1);
      const counted = by <= NEAR_COUNT && from !== 0 && to !== 0 && isWhole(read, catalogue);
      const far = share > NEAR_SHARE && !counted;
      return { kind: 'number', from, to, by, share, far };
    }
  }
  const to = exampleOf(set);
  return to === undefined ? 'none' : otherwise(from, to);
}

/** For a test about whose values nothing is known: whether it has the wanted truth, or what would give it. */
function flip(
  test: TestNode,
  wanted: boolean,
  expected: unknown,
  from: unknown,
  policy: MissingPolicy,
): Gap | undefined | 'none' {
  if (from !== undefined || policy === 'as-undefined') {
    try {
      if (test.compare(from, expected) === wanted) return undefined;
    } catch {
      return 'none';
    }
  }
  const to = flippedBy(test, wanted, from, expected);
  return to === undefined ? 'none' : otherwise(from, to);
}

function otherwise(from: unknown, to: unknown): Gap {
  return { kind: from === undefined ? 'missing' : 'value', from, to, by: 0, share: 0, far: false };
}
