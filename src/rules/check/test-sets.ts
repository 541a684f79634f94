import type { FactCatalogue, FactDefinition, FactType, Growth } from '../catalogue.js';
import { canonicalJson } from '../document/canonical.js';
import type { OperatorName } from '../document/operators.js';
import type { MissingPolicy, Read, TestNode } from '../document/resolve.js';
import { typeOf } from './conditions.js';
import {
  complement,
  domain,
  ELSE_BIT,
  EVERYTHING,
  FALSE_BIT,
  intersect,
  interval,
  MISSING_BIT,
  TRUE_BIT,
  valuesOf,
  wholeOnly,
  type Domain,
} from './domains.js';
import { unswapped } from './unswapped.js';

/** What a test says of the value it reads. */
export interface TestSets {
  /** Of tests with one key the sets can be compared. */
  readonly key: string;
  /** The values for which it is true, and those for which it is false: supersets, where not `exact`. */
  readonly yes: Domain;
  readonly no: Domain;
  /** Whether the sets are no more than that, for values of the catalogue's types. */
  readonly exact: boolean;
  /** How far back what is read looks, where it can only grow with that. */
  readonly growth?: Growth | undefined;
}

/** What a test says of the value it reads. With `missing: unknown` a missing value is in neither set. */
export function testSets(written: TestNode, policy: MissingPolicy, catalogue: FactCatalogue): TestSets {
  const test = unswapped(written, catalogue);
  const told = entrySets(test, policy, catalogue) ?? pairSets(test, policy, catalogue);
  if (told !== undefined) return isNegated(test) ? { ...told, yes: told.no, no: told.yes } : told;
  const own = selfSet(test, catalogue);
  const plain = own ?? plainSet(test);
  if (plain === undefined) {
    // Nothing is known but that the same test has the same truth everywhere, and with a `not` before it the other one.
    const { operator, value } = test.condition;
    const [nots = ''] = /^(?:not:)*/.exec(operator) ?? [];
    const key = `test:${canonicalJson([test.read.key, test.read.path, operator.slice(nots.length), value])}`;
    const sets = [domain({ others: TRUE_BIT }), domain({ others: FALSE_BIT })] as const;
    const [yes, no] = (nots.length / 'not:'.length) % 2 === 0 ? sets : [sets[1], sets[0]];
    return { key, yes, no, exact: true };
  }
  const present = policy === 'unknown' ? complement(domain({ others: MISSING_BIT })) : EVERYTHING;
  const all = intersect(universe(test.read, catalogue), present);
  const narrow = isWhole(test.read, catalogue) ? wholeOnly : (set: Domain): Domain => set;
  const inside = narrow(intersect(all, plain.yes));
  const outside = narrow(intersect(all, plain.no));
  const negated = isNegated(test);
  const key = `read:${canonicalJson([test.read.key, test.read.path])}`;
  const exact = singleType(test.read, catalogue) !== undefined;
  const growth = exact ? catalogue.get(test.read.fact)?.growth?.(test.read.params ?? {}) : undefined;
  const [yes, no] = negated ? [outside, inside] : [inside, outside];
  return { key, yes, no, exact, growth };
}

function isNegated({ operator }: TestNode): boolean {
  return operator.decorators.length % 2 === 1;
}

function isPlain({ operator }: TestNode): boolean {
  return operator.decorators.every((name) => name === 'not');
}

/** Bits for a list that is asked for one entry: it has it, it has not, it is missing, it is no list. */
const HAS = TRUE_BIT;
const LACKS = FALSE_BIT;

/** `contains` and `doesNotContain` of one entry: of a list one of them is true, of what is no list neither. */
function entrySets(test: TestNode, policy: MissingPolicy, catalogue: FactCatalogue): TestSets | undefined {
  const { read, right, operator } = test;
  const { base } = operator;
  if (!isPlain(test) || !('literal' in right)) return undefined;
  if (base !== 'contains' && base !== 'doesNotContain') return undefined;
  const definition = catalogue.get(read.fact);
  const isList =
    read.steps === undefined &&
    definition !== undefined &&
    typeOf(definition, read.params ?? {}) === 'string-list';
  const neither = (policy === 'unknown' ? 0 : MISSING_BIT) | (isList ? 0 : ELSE_BIT);
  const [yes, no] = base === 'contains' ? [HAS, LACKS] : [LACKS, HAS];
  const key = `entry:${canonicalJson([read.key, read.path, right.literal])}`;
  return { key, yes: domain({ others: yes }), no: domain({ others: no | neither }), exact: true };
}

/**
 * Two facts of one type held against each other, by the sign of their difference: 0 is the same, and texts and truths
 * that are not are 1. What a missing fact is to operators depends on both, so that nothing is known where it is no unknown.
 */
function pairSets(test: TestNode, policy: MissingPolicy, catalogue: FactCatalogue): TestSets | undefined {
  const { read, right, operator } = test;
  if (policy !== 'unknown' || !isPlain(test) || !('read' in right) || right.read.key === read.key)
    return undefined;
  const type = singleType(read, catalogue);
  if (type === undefined || type !== singleType(right.read, catalogue)) return undefined;
  const signs = SIGNS[operator.base];
  const ordered = operator.base !== 'equal' && operator.base !== 'notEqual';
  if (signs === undefined || (ordered && type !== 'number')) return undefined;
  const turned = type === 'number' && read.key > right.read.key;
  const all = type === 'number' ? [-1, 0, 1] : [0, 1];
  const among = (wanted: boolean): Domain =>
    valuesOf(all.filter((sign) => signs.includes(sign) === wanted).map((sign) => (turned ? -sign : sign)));
  const key = `pair:${canonicalJson([read.key, right.read.key].toSorted())}`;
  return { key, yes: among(true), no: among(false), exact: true };
}

/** The differences for which an operator is true. */
const SIGNS: Readonly<Partial<Record<OperatorName, readonly number[]>>> = {
  equal: [0],
  notEqual: [-1, 1],
  lessThan: [-1],
  lessThanInclusive: [-1, 0],
  greaterThan: [1],
  greaterThanInclusive: [0, 1],
};

/** The same, worked out once for those who remember it. */
export function rememberedSets(
  test: TestNode,
  {
    catalogue,
    policy,
    sets,
  }: {
    readonly catalogue: FactCatalogue;
    readonly policy: MissingPolicy;
    readonly sets: Map<TestNode, TestSets>;
  },
): TestSets {
  let found = sets.get(test);
  if (found === undefined) sets.set(test, (found = testSets(test, policy, catalogue)));
  return found;
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

/** Smallest and largest number that a read can have. */
export function rangeOf({ fact, params = {} }: Read, catalogue: FactCatalogue): FactDefinition['range'] {
  const definition = catalogue.get(fact);
  return definition?.rangeFor?.(params) ?? definition?.range;
}

/** All values a read can have, by the catalogue. */
function universe(read: Read, catalogue: FactCatalogue): Domain {
  const definition = catalogue.get(read.fact);
  if (definition === undefined || read.steps !== undefined) return EVERYTHING;
  switch (typeOf(definition, read.params ?? {})) {
    case 'number': {
      const [low, high] = rangeOf(read, catalogue) ?? [-Infinity, Infinity];
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
