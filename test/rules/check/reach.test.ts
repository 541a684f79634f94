import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { alwaysTrueTests, reachOf } from '../../../src/rules/check/reach.js';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type { Condition } from '../../../src/rules/document/document.js';
import { HIT, NO_HIT } from '../../../src/rules/outcome.js';
import type { FactValue } from '../../../src/rules/program.js';
import { conditionResolver } from '../../../src/rules/document/resolve.js';
import { ruleSet, versionOf } from '../arbitraries.js';
import { CATALOGUE } from '../small-catalogue.js';
import { conditionOf } from './drawn.js';

const KINDS = ['card', 'voucher', 'transfer'];
const VALUES: Readonly<Record<string, readonly FactValue[]>> = {
  amount: [undefined, 0, 0.5, 1, 2, 3],
  pieces: [undefined, 0, 1, 2, 3],
  kind: [undefined, ...KINDS],
  guest: [undefined, true, false],
  country: [undefined, 'FR', 'DE', 'card'],
  skus: [undefined, [], ['a'], ['b', 'a']],
};

const testCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    fact: fc.constant('amount'),
    operator: fc.constantFrom(
      'equal',
      'notEqual',
      'lessThan',
      'lessThanInclusive',
      'greaterThan',
      'greaterThanInclusive',
      'not:lessThan',
      'not:not:greaterThan',
      'not:equal',
    ),
    value: fc.constantFrom(-1, 0, 1, 2, 3),
  }),
  fc.record({
    fact: fc.constant('amount'),
    operator: fc.constantFrom('in', 'notIn', 'not:in'),
    value: fc.array(fc.constantFrom(0, 1, 2), { maxLength: 3 }),
  }),
  fc.record({
    fact: fc.constant('pieces'),
    operator: fc.constantFrom(
      'equal',
      'notEqual',
      'lessThan',
      'greaterThanInclusive',
      'not:greaterThan',
      'swap:greaterThan',
      'swap:not:lessThanInclusive',
      'swap:not:swap:lessThan',
    ),
    value: fc.constantFrom(-0.5, 0, 0.5, 1, 1.5),
  }),
  fc.constantFrom('amount', 'pieces').chain((fact) =>
    fc.record({
      fact: fc.constant(fact),
      operator: fc.constantFrom(
        'equal',
        'notEqual',
        'lessThan',
        'lessThanInclusive',
        'greaterThan',
        'greaterThanInclusive',
        'not:equal',
        'not:lessThan',
        'swap:lessThan',
      ),
      value: fc.constantFrom('amount', 'pieces').map((other) => ({ fact: other })),
    }),
  ),
  fc.constantFrom('kind', 'country').chain((fact) =>
    fc.record({
      fact: fc.constant(fact),
      operator: fc.constantFrom('equal', 'notEqual', 'not:equal'),
      value: fc.constantFrom('kind', 'country').map((other) => ({ fact: other })),
    }),
  ),
  fc.record({
    fact: fc.constant('skus'),
    operator: fc.constantFrom(
      'contains',
      'doesNotContain',
      'not:contains',
      'not:doesNotContain',
      'someFact:equal',
      'not:someFact:equal',
      'not:not:everyFact:equal',
      'not:everyFact:equal',
    ),
    value: fc.constantFrom('a', 'b'),
  }),
  fc.record({
    fact: fc.constant('kind'),
    operator: fc.constantFrom('equal', 'notEqual', 'swap:equal'),
    value: fc.constantFrom(...KINDS),
  }),
  fc.record({
    fact: fc.constant('kind'),
    operator: fc.constantFrom('in', 'notIn', 'someValue:equal'),
    value: fc.subarray(KINDS),
  }),
  fc.record({
    fact: fc.constantFrom('guest'),
    operator: fc.constantFrom('equal', 'notEqual'),
    value: fc.boolean(),
  }),
  fc.record({
    fact: fc.constant('country'),
    operator: fc.constantFrom('equal', 'notEqual'),
    value: fc.constantFrom('FR', 'DE', 'XX'),
  }),
);

const condition = conditionOf(testCondition, { maxDepth: 3, minLength: 0, maxLength: 4 });

/** All combinations of the values that these facts can have. */
function combinations(facts: readonly string[]): readonly FactValue[][] {
  return facts.reduce<FactValue[][]>(
    (rows, fact) => rows.flatMap((row) => (VALUES[fact] ?? []).map((value) => [...row, value])),
    [[]],
  );
}

test('never cries wolf: what it calls never or always true is so for every value', () => {
  const told = { never: 0, always: 0 };
  fc.assert(
    fc.property(condition, fc.constantFrom('unknown' as const, 'as-undefined' as const), (drawn, missing) => {
      const reach = reachOf(conditionResolver({})(drawn), missing, CATALOGUE, 1_000_000);
      if (reach.canHit && reach.canMiss) return;
      told.never += reach.canHit ? 0 : 1;
      told.always += reach.canMiss ? 0 : 1;
      const program = compileProgram([versionOf(ruleSet([drawn], {}, missing))]);
      const states = new Set<number | undefined>();
      for (const values of combinations(program.slots.map(({ fact }) => fact)))
        states.add(program.evaluate(values)[0]);
      if (!reach.canHit) expect(states).not.toContain(HIT);
      if (!reach.canMiss) expect(states).not.toContain(NO_HIT);
    }),
    { numRuns: 5000 },
  );
  expect(told.never).toBeGreaterThan(100);
  expect(told.always).toBeGreaterThan(100);
});

test('sees that whole numbers lie between', () => {
  const pieces = [0, 1, 2, 3, 4];
  const one = fc.record({
    fact: fc.constant('pieces'),
    operator: fc.constantFrom('equal', 'notEqual', 'lessThan', 'greaterThan', 'not:lessThanInclusive', 'in'),
    value: fc.constantFrom(0, 0.5, 1, 1.5, 2, 2.5),
  });
  const test = one.map((drawn) => (drawn.operator === 'in' ? { ...drawn, value: [drawn.value] } : drawn));
  fc.assert(
    fc.property(fc.array(test, { minLength: 1, maxLength: 4 }), (all) => {
      const program = compileProgram([versionOf(ruleSet([{ all }]))]);
      const states = pieces.map((number) => program.evaluate([number])[0]);
      const reach = reachOf(conditionResolver({})({ all }), 'unknown', CATALOGUE, 1_000_000);
      expect([reach.canHit, reach.canMiss]).toEqual([states.includes(HIT), states.includes(NO_HIT)]);
    }),
    { numRuns: 2000 },
  );
});

test('sees what can be seen: conjunctions of tests of one fact', () => {
  // Enough values that a test which can be true is true for one of them.
  const amounts = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5];
  const one = fc.record({
    fact: fc.constant('amount'),
    operator: fc.constantFrom(
      'equal',
      'notEqual',
      'lessThan',
      'lessThanInclusive',
      'greaterThan',
      'not:greaterThan',
    ),
    value: fc.constantFrom(0, 1, 2, 3),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (all) => {
      const program = compileProgram([versionOf(ruleSet([{ all }]))]);
      const states = amounts.map((amount) => program.evaluate([amount])[0]);
      const reach = reachOf(conditionResolver({})({ all }), 'unknown', CATALOGUE, 1_000_000);
      expect(reach.canHit).toBe(states.includes(HIT));
    }),
    { numRuns: 2000 },
  );
});

test('sees what can be seen: conditions of plain tests, however they are nested', () => {
  const values: Readonly<Record<string, readonly FactValue[]>> = {
    amount: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5],
    kind: KINDS,
    guest: [true, false],
  };
  const plain: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({
      fact: fc.constant('amount'),
      operator: fc.constantFrom('equal', 'notEqual', 'lessThan', 'lessThanInclusive', 'not:lessThan'),
      value: fc.constantFrom(0, 1, 2, 3),
    }),
    fc.record({
      fact: fc.constant('kind'),
      operator: fc.constantFrom('equal', 'notEqual'),
      value: fc.constantFrom(...KINDS),
    }),
    fc.record({ fact: fc.constant('guest'), operator: fc.constant('equal'), value: fc.boolean() }),
  );
  const nested = conditionOf(plain, { maxDepth: 4, minLength: 1, maxLength: 3 });
  const told = { never: 0, always: 0 };
  fc.assert(
    fc.property(nested, (drawn) => {
      const program = compileProgram([versionOf(ruleSet([drawn]))]);
      const rows = program.slots.reduce<FactValue[][]>(
        (all, { fact }) => all.flatMap((row) => (values[fact] ?? []).map((value) => [...row, value])),
        [[]],
      );
      const states = new Set(rows.map((row) => program.evaluate(row)[0]));
      const { canHit, canMiss } = reachOf(conditionResolver({})(drawn), 'unknown', CATALOGUE, 1_000_000);
      expect([canHit, canMiss]).toEqual([states.has(HIT), states.has(NO_HIT)]);
      told.never += canHit ? 0 : 1;
      told.always += canMiss ? 0 : 1;
    }),
    { numRuns: 4000 },
  );
  expect(told.never).toBeGreaterThan(50);
  expect(told.always).toBeGreaterThan(50);
});

test('sees that no branches of two groups go together', () => {
  const is = (country: string): Condition => ({ fact: 'country', operator: 'equal', value: country });
  const small: Condition = { all: [{ fact: 'amount', operator: 'lessThan', value: 1 }, { not: is('ES') }] };
  const large: Condition = { any: [{ fact: 'amount', operator: 'greaterThan', value: 2 }, is('ES')] };
  const reach = (condition: Condition, steps = 10_000) =>
    reachOf(conditionResolver({ small })(condition), 'unknown', CATALOGUE, steps);
  const apart: Condition = { all: [{ any: [is('ES'), is('FR')] }, { any: [is('US'), is('CA')] }] };
  expect(reach(apart)).toMatchObject({ canHit: false, about: 'country' });
  expect(reach({ not: apart })).toMatchObject({ canHit: true, canMiss: false });
  expect(reach({ all: [large, { condition: 'small' }] }).canHit).toBe(false);
  expect(reach({ all: [{ condition: 'small' }, large] }).canHit).toBe(false);
  // What it has no steps left for it calls possible.
  expect(reach(apart, 3)).toMatchObject({ canHit: true, canMiss: true });
});

test('does not take long for what is wide, whatever its steps', () => {
  const reach = (condition: Condition) =>
    reachOf(conditionResolver({})(condition), 'unknown', CATALOGUE, 200_000);
  const test: Condition = { fact: 'amount', operator: 'greaterThan', value: 1 };
  expect(reach({ all: Array.from({ length: 10_000 }, () => test) })).toMatchObject({
    canHit: true,
    dead: [],
  });
  // Each in the light of all others would be a billion steps.
  expect(reach({ all: Array.from({ length: 40_000 }, () => ({ all: [] })) }).canHit).toBe(true);
}, 2_000);

test('takes few steps for many groups that have nothing to do with each other, and ends where they have', () => {
  const group = (at: number, fact: string): Condition => ({
    any: [0, 1, 2].map((of) => ({
      fact,
      operator: 'equal',
      value: `${String(at)}-${String(of)}`,
      path: `$.p${String(at)}`,
    })),
  });
  const reach = (all: readonly Condition[]) =>
    reachOf(conditionResolver({})({ all }), 'unknown', CATALOGUE, 1_000_000);
  const apart = reach(Array.from({ length: 100 }, (_, at) => group(at, 'country')));
  expect(apart.canHit).toBe(true);
  expect(apart.steps).toBeLessThan(200_000);
  const tangled = reach(
    Array.from({ length: 60 }, (_, at) => ({
      any: [0, 1, 2].map((of) => ({
        fact: 'country',
        operator: 'notEqual',
        value: String((at + of) % 7),
        path: `$.p${String((at * 7 + of) % 11)}`,
      })),
    })),
  );
  expect(tangled.canHit).toBe(true);
}, 20_000);

test.each<[string, string, unknown, string, unknown]>([
  ['skus', 'contains', 'a', 'doesNotContain', 'a'],
  ['skus', 'contains', 'a', 'not:contains', 'a'],
  ['skus', 'doesNotContain', 'a', 'not:doesNotContain', 'a'],
  ['skus', 'someFact:in', ['a', 'b'], 'not:someFact:in', ['a', 'b']],
  ['amount', 'greaterThan', { fact: 'pieces' }, 'lessThanInclusive', { fact: 'pieces' }],
  ['amount', 'equal', { fact: 'pieces' }, 'notEqual', { fact: 'pieces' }],
  ['kind', 'equal', { fact: 'country' }, 'not:equal', { fact: 'country' }],
  ['amount', 'swap:lessThan', 100, 'lessThanInclusive', 100],
  ['amount', 'not:swap:greaterThanInclusive', 100, 'lessThanInclusive', 100],
  ['amount', 'swap:lessThan', { fact: 'pieces' }, 'lessThanInclusive', { fact: 'pieces' }],
  ['kind', 'swap:equal', 'card', 'notEqual', 'card'],
])('sees that %s %s %j and %s %j contradict each other', (fact, one, value, other, another) => {
  const all = [
    { fact, operator: one, value },
    { fact, operator: other, value: another },
  ] as Condition[];
  const reach = (condition: Condition) =>
    reachOf(conditionResolver({})(condition), 'unknown', CATALOGUE, 1_000);
  expect(reach({ all })).toMatchObject({ canHit: false, about: fact });
  expect(reach({ any: all })).toMatchObject({ canHit: true, canMiss: false });
});

test('sees through the sides of a comparison', () => {
  const all = [
    { fact: 'amount', operator: 'greaterThan', value: { fact: 'pieces' } },
    { fact: 'pieces', operator: 'greaterThan', value: { fact: 'amount' } },
  ] as Condition[];
  expect(reachOf(conditionResolver({})({ all }), 'unknown', CATALOGUE, 1_000).canHit).toBe(false);
});

test('tells tests that say nothing of a value that is there', () => {
  const at = (operator: string, value: unknown, missing: 'unknown' | 'as-undefined' = 'unknown') =>
    alwaysTrueTests(
      conditionResolver({})({
        all: [
          { fact: 'guest', operator: 'equal', value: true },
          { not: { fact: 'amount', operator, value } as Condition },
        ],
      }),
      missing,
      CATALOGUE,
    );
  expect(at('greaterThanInclusive', 0)).toEqual(['/all/1/not']);
  expect(at('greaterThanInclusive', 0, 'as-undefined')).toEqual([]);
  expect(at('greaterThanInclusive', 1)).toEqual([]);
  expect(at('greaterThan', -1)).toEqual(['/all/1/not']);
});
