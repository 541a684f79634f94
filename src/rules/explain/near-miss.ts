import type { FactCatalogue } from '../catalogue.js';
import { typeOf } from '../check/conditions.js';
import type { Condition, FactParams, RuleSetDocument } from '../document/document.js';
import { readPath } from '../document/path.js';
import { conditionResolver, slotKey, type Read } from '../document/resolve.js';
import { explainRule, type ValueOf } from './explain.js';
import { changeText } from './change-text.js';
import { withValueAt } from './with-value-at.js';
import { lighter, waysTo, type Want, type Way, type WaySearch, type Weight } from './ways.js';

/** One value that would have had to be otherwise for a rule to hit. */
export interface FactChange {
  readonly fact: string;
  readonly params: FactParams | undefined;
  readonly path: string;
  /** `number`: larger or smaller; `missing`: known; `value`: another one. */
  readonly kind: 'number' | 'value' | 'missing';
  /** undefined: missing. */
  readonly actual: unknown;
  /** The nearest number that would have done; for the other kinds an example. */
  readonly needed: unknown;
  /** For a number how far it was, else 0. */
  readonly gap: number;
  /** The gap as a share of the threshold; by itself where the threshold is 0. */
  readonly share: number;
  /** For people: `velocity count of payments by card in 1h was 4, needs at least 5: 1 more`. */
  readonly text: string;
}

/** The least change of facts with which a rule would have hit. */
export interface LeastChange {
  /** In the order of the conditions; never none. */
  readonly changes: readonly FactChange[];
  /** Values that this way to a hit asks about and that were right. */
  readonly held: number;
  /** Whether that counts as a near miss, see `isNear`. */
  readonly near: boolean;
  readonly weight: Weight;
  /** A fact as it would have had to be, others as they were. */
  readonly valueOf: ValueOf;
}

/** Tells what the rules of one document lacked. */
export type ChangeFinder = (conditions: Condition) => LeastChange | undefined;

/** More values than this at once are no near miss. */
const MAX_CHANGES = 2;
/** Steps for the rules of one document: some ten milliseconds. */
const BUDGET = 20_000;
/** So many answers of yes and no that were right say something together. */
const TELLING_TRUTHS = 4;
/** Ways that are tried before a rule is given up. */
const TRIES = 4;

/**
 * Finds the least change of at most two values that makes a rule hit, as `lighter` orders them. What it tells has been tried: with these values the rule hits. What a test
 * compares with, where that is another fact, is left as it was. undefined: the rule hits, or no such change is known.
 */
export function changeFinder(
  set: Pick<RuleSetDocument, 'conditions' | 'policy'>,
  valueOf: ValueOf,
  catalogue: FactCatalogue,
): ChangeFinder {
  const resolve = conditionResolver(set.conditions);
  const search: WaySearch = {
    catalogue,
    policy: set.policy?.missing ?? 'unknown',
    valueOf: (read) => valueRead(read, valueOf),
    maxChanges: MAX_CHANGES,
    sets: new Map(),
    known: new Map(),
    budget: BUDGET,
  };
  return (conditions) => {
    if (explainRule(conditions, set, valueOf).result === 'true') return undefined;
    const ways = waysTo(resolve(conditions), true, search);
    for (const way of ways.slice(0, TRIES)) {
      const changed = changedBy(way, valueOf);
      if (explainRule(conditions, set, changed).result === 'true')
        return leastChange(way, changed, catalogue);
    }
    return undefined;
  };
}

/** What is near first, then fewer values, numbers before others, the nearer ones; then that of which more was right. */
export function nearestFirst(a: LeastChange, b: LeastChange): number {
  return lighter(a.weight, b.weight) || b.held - a.held;
}

function leastChange({ wants: all, weight }: Way, valueOf: ValueOf, catalogue: FactCatalogue): LeastChange {
  const wants = [...all.values()];
  const held = wants.length - weight.changes;
  return { changes: wants.flatMap(changeOf), held, near: isNear(wants, catalogue), weight, valueOf };
}

function changeOf({ read, tests, gap }: Want): readonly FactChange[] {
  if (gap === undefined) return [];
  return [
    {
      fact: read.fact,
      params: read.params,
      path: read.path,
      kind: gap.kind,
      actual: gap.from,
      needed: gap.to,
      gap: gap.by,
      share: gap.share,
      text: changeText(read, gap, tests),
    },
  ];
}

/**
 * Every number within a quarter of its threshold, or a count by one; at most one value that had to be another or known.
 * Another value counts only where what else was right says something: of a rule that asks whether there is an address and
 * whether that is on a list, the list is all there is.
 */
function isNear(wants: readonly Want[], catalogue: FactCatalogue): boolean {
  const gaps = wants.flatMap(({ gap }) => gap ?? []);
  const others = gaps.filter(({ kind }) => kind !== 'number');
  if (others.length > 1 || gaps.some(({ far }) => far)) return false;
  if (others.every(({ kind }) => kind === 'missing')) return true;
  const right = wants.filter(({ gap }) => gap === undefined);
  return right.length >= TELLING_TRUTHS || right.some(({ read }) => !isTruth(read, catalogue));
}

function isTruth({ fact, params }: Read, catalogue: FactCatalogue): boolean {
  const definition = catalogue.get(fact);
  return definition !== undefined && typeOf(definition, params ?? {}) === 'boolean';
}

function changedBy({ wants }: Way, valueOf: ValueOf): ValueOf {
  const changed = new Map<string, unknown>();
  for (const { read, gap } of wants.values()) {
    if (gap === undefined) continue;
    const before = changed.has(read.key) ? changed.get(read.key) : valueOf(read.fact, read.params);
    changed.set(read.key, withValueAt(before, read.steps ?? [], gap.to));
  }
  return (fact, params) => {
    const key = slotKey(fact, params);
    return (changed.has(key) ? changed.get(key) : valueOf(fact, params)) as ReturnType<ValueOf>;
  };
}

function valueRead({ fact, params, steps }: Read, valueOf: ValueOf): unknown {
  const value = valueOf(fact, params);
  return steps === undefined ? value : readPath(value, steps);
}
