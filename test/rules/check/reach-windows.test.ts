import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { reachOf, type Reach } from '../../../src/rules/check/reach.js';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type { Condition } from '../../../src/rules/document/document.js';
import { conditionResolver, slotKey } from '../../../src/rules/document/resolve.js';
import { HIT, NO_HIT } from '../../../src/rules/outcome.js';
import type { FactValue } from '../../../src/rules/program.js';
import { ruleSet, versionOf } from '../arbitraries.js';
import { CATALOGUE } from '../small-catalogue.js';
import { conditionOf } from './drawn.js';

const WINDOWS = ['30s', '1m', '60s', '1h'];
const counted = fc.record({
  fact: fc.constant('velocity'),
  params: fc.record({ by: fc.constant('card'), window: fc.constantFrom(...WINDOWS) }),
  operator: fc.constantFrom('equal', 'notEqual', 'lessThan', 'greaterThanInclusive', 'not:lessThan'),
  value: fc.constantFrom(0, 1, 2),
});
/** What may be counted over windows: never less over a longer one; all are missing or none is. */
const COUNTS: readonly ReadonlyMap<string, FactValue>[] = [
  ...[0, 1, 2, 3].flatMap((half) =>
    [0, 1, 2, 3].flatMap((minute) => [0, 1, 2, 3].map((hour) => [half, minute, minute, hour])),
  ),
  [undefined, undefined, undefined, undefined],
]
  .filter(([half = 0, minute = 0, , hour = 0]) => half <= minute && minute <= hour)
  .map(
    (counts) =>
      new Map(WINDOWS.map((window, at) => [slotKey('velocity', { by: 'card', window }), counts[at]])),
  );

test('never cries wolf and sees what tests of one group say', () => {
  const told = { never: 0, always: 0 };
  const statesOf = (
    drawn: Condition,
    missing: 'unknown' | 'as-undefined',
  ): ReadonlySet<number | undefined> => {
    const program = compileProgram([versionOf(ruleSet([drawn], {}, missing))]);
    return new Set(
      COUNTS.map((counts) => program.evaluate(program.slots.map(({ key }) => counts.get(key)))[0]),
    );
  };
  const reach = (drawn: Condition, missing: 'unknown' | 'as-undefined'): Reach =>
    reachOf(conditionResolver({})(drawn), missing, CATALOGUE, 1_000_000);
  const policy = fc.constantFrom('unknown' as const, 'as-undefined' as const);
  fc.assert(
    fc.property(
      conditionOf(counted, { maxDepth: 3, minLength: 0, maxLength: 4 }),
      policy,
      (drawn, missing) => {
        const { canHit, canMiss } = reach(drawn, missing);
        if (canHit && canMiss) return;
        told.never += canHit ? 0 : 1;
        told.always += canMiss ? 0 : 1;
        if (!canHit) expect(statesOf(drawn, missing)).not.toContain(HIT);
        if (!canMiss) expect(statesOf(drawn, missing)).not.toContain(NO_HIT);
      },
    ),
    { numRuns: 3000 },
  );
  expect(told.never).toBeGreaterThan(100);
  expect(told.always).toBeGreaterThan(100);
  const bound = counted.filter(
    ({ operator }) => operator === 'lessThan' || operator === 'greaterThanInclusive',
  );
  fc.assert(
    fc.property(fc.array(bound, { minLength: 2, maxLength: 4 }), (all) => {
      expect(reach({ all }, 'unknown').canHit).toBe(statesOf({ all }, 'unknown').has(HIT));
    }),
    { numRuns: 1000 },
  );
});

test('says that it is the windows that contradict each other', () => {
  const over = (window: string, operator: string, value: number): Condition => ({
    fact: 'velocity',
    params: { by: 'card', window },
    operator,
    value,
  });
  const reach = (...all: Condition[]) => reachOf(conditionResolver({})({ all }), 'unknown', CATALOGUE, 1_000);
  expect(reach(over('10m', 'greaterThanInclusive', 5), over('1h', 'lessThan', 5))).toMatchObject({
    canHit: false,
    about: 'velocity (over a longer window never less)',
  });
  expect(reach(over('1h', 'greaterThanInclusive', 5), over('10m', 'lessThan', 5)).canHit).toBe(true);
});
