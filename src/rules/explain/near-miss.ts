import type { FactCatalogue } from '../catalogue.js';
import { typeOf } from '../check/conditions.js';
import { closureOf } from '../compile/closures.js';
import type { FactParams } from '../document/document.js';
import { readPath } from '../document/path.js';
import type { ConditionNode, MissingPolicy, Read } from '../document/resolve.js';
import { HIT } from '../outcome.js';
import type { FactValue } from '../program.js';
import { changeText } from './change-text.js';
import { withValueAt } from './with-value-at.js';
import { lighter, waysTo, type Gap, type Want, type Way, type WaySearch, type Weight } from './ways.js';

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
  /** The facts as they would have had to be, by `Read.key`. */
  readonly changed: ReadonlyMap<string, FactValue>;
}

/** A fact by `Read.key`, with its parameters; undefined: missing. */
export type FactOf = (key: string) => FactValue;

/** Tells what a rule of one document lacked, by its conditions. */
export type ChangeFinder = (conditions: ConditionNode) => LeastChange | undefined;

/** More values than this at once are no near miss. */
const MAX_CHANGES = 2;
/** Steps for the rules of one document: some ten milliseconds. */
const BUDGET = 20_000;
/** So many answers of yes and no, or of few words, that were right say something together. */
const TELLING_CHOICES = 4;
/** Ways that are tried before a rule is given up. */
const TRIES = 4;

/**
 * Finds the least change of at most two values that makes a rule hit, as `lighter` orders them. What it tells has been
 * tried: with these values the rule hits. What a test compares with, where that is another fact, is left as it was.
 * undefined: the rule hits, or no such change is known.
 */
export function changeFinder(policy: MissingPolicy, factOf: FactOf, catalogue: FactCatalogue): ChangeFinder {
  const search: WaySearch = {
    catalogue,
    policy,
    valueOf: (read) => valueRead(read, factOf),
    maxChanges: MAX_CHANGES,
    sets: new Map(),
    known: new Map(),
    budget: BUDGET,
  };
  return (node) => {
    const hits = hitTest(node, policy);
    if (hits(factOf)) return undefined;
    for (const way of waysTo(node, true, search).slice(0, TRIES)) {
      const changed = changedBy(way, factOf);
      if (hits((key) => (changed.has(key) ? changed.get(key) : factOf(key))))
        return leastChange(way, changed, catalogue);
    }
    return undefined;
  };
}

/** Whether conditions are true for some facts. */
function hitTest(node: ConditionNode, policy: MissingPolicy): (factOf: FactOf) => boolean {
  const slots = new Map<string, number>();
  const slotOf = ({ key }: Read): number => {
    const slot = slots.get(key) ?? slots.size;
    slots.set(key, slot);
    return slot;
  };
  const state = closureOf(node, policy, slotOf);
  return (factOf) => state([...slots.keys()].map(factOf)) === HIT;
}

/** What is near first, then fewer values, numbers before others, the nearer ones; then that of which more was right. */
export function nearestFirst(a: LeastChange, b: LeastChange): number {
  return lighter(a.weight, b.weight) || b.held - a.held;
}

function leastChange(
  { wants: all, weight }: Way,
  changed: LeastChange['changed'],
  catalogue: FactCatalogue,
): LeastChange {
  const wants = [...all.values()];
  const held = wants.length - weight.changes;
  return { changes: wants.flatMap(changeOf), held, near: isNear(wants, catalogue), weight, changed };
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
  return right.length >= TELLING_CHOICES || right.some(({ read }) => !isChoice(read, catalogue));
}

/** Whether a fact is yes or no, or one of few words: most payments have the usual one. */
function isChoice({ fact, params }: Read, catalogue: FactCatalogue): boolean {
  const definition = catalogue.get(fact);
  if (definition === undefined) return false;
  return definition.values !== undefined || typeOf(definition, params ?? {}) === 'boolean';
}

function changedBy({ wants }: Way, factOf: FactOf): ReadonlyMap<string, FactValue> {
  const changed = new Map<string, FactValue>();
  for (const { read, gap } of wants.values()) {
    if (gap === undefined) continue;
    const before = changed.has(read.key) ? changed.get(read.key) : factOf(read.key);
    const present = read.steps === undefined ? before : readPath(before, read.steps);
    changed.set(read.key, withValueAt(before, read.steps ?? [], after(present, gap)) as FactValue);
  }
  return changed;
}

/** What a value becomes by a change; of a list that another change has changed already, both. */
function after(present: unknown, { from, to }: Gap): unknown {
  if (!Array.isArray(present) || !Array.isArray(to) || (from !== undefined && !Array.isArray(from)))
    return to;
  const then: readonly unknown[] = to;
  const before: readonly unknown[] = from ?? [];
  return [
    ...present.filter((item) => then.includes(item) || !before.includes(item)),
    ...then.filter((item) => !before.includes(item) && !present.includes(item)),
  ];
}

function valueRead({ key, steps }: Read, factOf: FactOf): unknown {
  const value = factOf(key);
  return steps === undefined ? value : readPath(value, steps);
}
