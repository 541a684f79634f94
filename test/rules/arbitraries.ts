import * as fc from 'fast-check';
import type { Condition, Json, Rule, RuleSetDocument } from '../../src/rules/document/document.js';
import type { FactValue, Program, RuleSetVersion } from '../../src/rules/program.js';
import { DECORATORS, OPERATORS } from '../../src/rules/document/operators.js';
import { slotKey } from '../../src/rules/document/resolve.js';

/** Few names, so that rules share facts and named conditions. */
const FACTS = ['a', 'b', 'c', 'constructor'];
const PARAMS: readonly ({ readonly [name: string]: Json } | undefined)[] = [
  undefined,
  undefined,
  undefined,
  {},
  { by: 'x' },
  { by: 'x', window: { calendar: 'day' } },
];
const PATHS = [
  undefined,
  undefined,
  undefined,
  '$',
  '$.x',
  '$.x.y',
  '$[0]',
  '$.x[1]',
  '$.length',
  '$.toString',
];
const NAMED = ['one', 'two', 'constructor'];

/** Values a rule may be compared with; the same small pool as the facts' so that they meet. */
const scalar: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(
  0,
  1,
  2,
  2.5,
  -1,
  10,
  '1',
  '2',
  '10abc',
  '',
  'x',
  '\u2028"\\',
  true,
  false,
  null,
);
const list: fc.Arbitrary<Json> = fc.array(scalar, { maxLength: 9 });
const ruleValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 4, arbitrary: list },
  { weight: 1, arbitrary: fc.array(list, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom<Json[]>({}, { x: 1 }) },
);

/** Values of facts, also such as no catalogue would allow. */
export const factValue: fc.Arbitrary<FactValue> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 10, arbitrary: scalar as fc.Arbitrary<FactValue> },
  { weight: 3, arbitrary: list as fc.Arbitrary<FactValue> },
  {
    weight: 3,
    arbitrary: fc.constantFrom<FactValue[]>(
      NaN,
      Infinity,
      -0,
      {},
      { x: 1 },
      { x: { y: 2 } },
      { x: ['1', 2] },
      { x: 'xyz' },
      { x: null },
      { x: { toString: 1 } },
      { toString: 1, valueOf: 2 },
      Object.create(null) as object,
      [{ toString: 3 }, 1],
      [undefined, NaN, [1]],
    ),
  },
);

/** Plain, number-heavy values: what generated code is made for. */
export const plainValue: fc.Arbitrary<FactValue> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 8, arbitrary: fc.constantFrom<FactValue[]>(0, 1, 2, 2.5, -1, 10, NaN) },
);

const decorated = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant([] as string[]) },
      { weight: 3, arbitrary: fc.array(fc.constantFrom<string[]>(...DECORATORS), { maxLength: 3 }) },
    ),
    fc.constantFrom<string[]>(...OPERATORS),
  )
  .map(([decorators, operator]) => [...decorators, operator].join(':'));

const reference = fc
  .tuple(fc.constantFrom(...FACTS), fc.constantFrom(...PARAMS), fc.constantFrom(...PATHS))
  .map(([fact, params, path]) => ({
    fact,
    ...(params === undefined ? {} : { params }),
    ...(path === undefined ? {} : { path }),
  }));

const priority = fc.constantFrom<(number | undefined)[]>(undefined, undefined, undefined, 1, 2, 5, 0);

function prioritised(condition: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  return fc
    .tuple(condition, priority)
    .map(([inner, rank]) => (rank === undefined ? inner : { ...inner, priority: rank }));
}

const test: fc.Arbitrary<Condition> = fc
  .tuple(
    reference,
    decorated,
    fc.oneof({ weight: 6, arbitrary: ruleValue }, { weight: 1, arbitrary: reference }),
  )
  .map(([read, operator, value]) => ({ ...read, operator, value }));

/** Tests that generated code evaluates itself. */
const plainTest: fc.Arbitrary<Condition> = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom(
      'equal',
      'notEqual',
      'not:equal',
      'lessThan',
      'lessThanInclusive',
      'greaterThan',
      'not:greaterThanInclusive',
    ),
    fc.constantFrom<(number | { fact: string })[]>(0, 1, 2, -1, { fact: 'b' }),
  )
  .map(([fact, operator, value]) => ({ fact, operator, value }));

function conditions(
  tests: fc.Arbitrary<Condition>,
  names: readonly string[],
): { readonly group: fc.Arbitrary<Condition>; readonly any: fc.Arbitrary<Condition> } {
  const { group } = fc.letrec<{ group: Condition; node: Condition }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true, maxDepth: 4 },
      prioritised(tests),
      prioritised(tests),
      tie('group'),
      ...(names.length > 0
        ? [prioritised(fc.constantFrom(...names).map((condition) => ({ condition })))]
        : []),
    ),
    group: prioritised(
      fc.oneof(
        fc.array(tie('node'), { maxLength: 4 }).map((all) => ({ all })),
        fc.array(tie('node'), { maxLength: 4 }).map((any) => ({ any })),
        tie('node').map((not) => ({ not })),
      ),
    ),
  }));
  const any =
    names.length > 0
      ? fc.oneof(
          group,
          fc.constantFrom(...names).map((condition) => ({ condition })),
        )
      : group;
  return { group, any };
}

function documentOf(tests: fc.Arbitrary<Condition>, missing: 'unknown' | 'as-undefined') {
  const [one, two, three] = NAMED as [string, string, string];
  return fc
    .record({
      [one]: conditions(tests, []).group,
      [two]: conditions(tests, [one]).group,
      [three]: conditions(tests, [one, two]).any,
    })
    .chain((named) =>
      fc
        .array(conditions(tests, NAMED).any, { minLength: 1, maxLength: 6 })
        .map((roots) => ruleSet(roots, named as Record<string, Condition>, missing)),
    );
}

/** Random rule sets: nested groups, named conditions, all operators and decorators, params, paths, references. */
export function anyRuleSet(missing: 'unknown' | 'as-undefined'): fc.Arbitrary<RuleSetDocument> {
  return fc.oneof(documentOf(test, missing), documentOf(plainTest, missing));
}

/** A rule set that holds one rule for each of the conditions. */
export function ruleSet(
  roots: readonly Condition[],
  named: Record<string, Condition> = {},
  missing: 'unknown' | 'as-undefined' = 'unknown',
): RuleSetDocument {
  return {
    id: 'drawn',
    description: 'drawn at random',
    owner: 'tests',
    policy: { missing },
    conditions: named,
    rules: roots.map((conditions, index): Rule => ({
      name: `rule-${index}`,
      conditions,
      event: { type: 'review', params: { reason: `reason-${index}` } },
    })),
  };
}

/** A version with made-up number and hash. */
export function versionOf(document: RuleSetDocument): RuleSetVersion {
  return { ruleSet: document.id, version: 1, hash: 'hash', document };
}

/** Facts by name and params. */
export type Facts = ReadonlyMap<string, FactValue>;

/** All facts that documents drawn here can ask for. */
const KEYS = FACTS.flatMap((fact) => PARAMS.map((params) => slotKey(fact, params)));

/** Facts for documents drawn here. */
export function facts(value: fc.Arbitrary<FactValue>): fc.Arbitrary<Facts> {
  const keys = [...new Set(KEYS)];
  return fc
    .array(value, { minLength: keys.length, maxLength: keys.length })
    .map((values) => new Map(keys.map((key, at) => [key, values[at]])));
}

/** Facts with and without oddities. */
export const anyFacts: fc.Arbitrary<Facts> = fc.oneof(facts(factValue), facts(plainValue));

/** The fact vector of a program. */
export function vectorOf(program: Program, given: Facts): FactValue[] {
  return program.slots.map(({ key }) => given.get(key));
}
