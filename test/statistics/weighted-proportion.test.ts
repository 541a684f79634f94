import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/simulate/random.js';
import { wilsonInterval } from '../../src/statistics/proportion.js';
import {
  mergeOutcomes,
  NO_OUTCOMES,
  weightedOutcome,
  weightedProportion,
  type WeightedOutcomes,
} from '../../src/statistics/weighted-proportion.js';

type Case = readonly [propensity: number, event: boolean];

const propensity = fc.constantFrom(0.01, 0.05, 0.1, 0.5, 1);
const cases = fc.array(fc.tuple(propensity, fc.boolean()), { maxLength: 60 });

function outcomes(seen: readonly Case[]): WeightedOutcomes {
  return seen.map(([p, event]) => weightedOutcome(p, event)).reduce(mergeOutcomes, NO_OUTCOMES);
}

describe('the share among all, from those let in with known propensity', () => {
  it('is the plain share with Wilson’s interval where propensities are equal', () => {
    fc.assert(
      fc.property(propensity, fc.integer({ min: 1, max: 200 }), fc.nat(200), (p, n, k) => {
        const successes = Math.min(n, k);
        const seen = outcomes(Array.from({ length: n }, (_, i): Case => [p, i < successes]));
        const plain = wilsonInterval({ successes, trials: n }, 0.05);
        const { share, low, high, effectiveCases } = weightedProportion(seen, 0.05);
        expect(share).toBeCloseTo(successes / n, 12);
        expect(effectiveCases).toBeCloseTo(n, 8);
        expect(low).toBeCloseTo(plain.low, 10);
        expect(high).toBeCloseTo(plain.high, 10);
      }),
    );
  });

  it('weighs each case by how many it stands for', () => {
    // One fraud that stands for 2, one good payment that stands for 10.
    const seen = outcomes([
      [0.5, true],
      [0.1, false],
    ]);
    expect(weightedProportion(seen, 0.05).share).toBeCloseTo(2 / 12, 12);
  });

  it('has an interval in [0, 1] that holds it and is never a point, whatever was seen', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(0.2, 0.05, 1e-6), (seen, alpha) => {
        const { share, low, high, effectiveCases } = weightedProportion(outcomes(seen), alpha);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(high - low).toBeGreaterThan(0);
        expect(effectiveCases).toBeLessThanOrEqual(seen.length);
        expect(share === undefined).toBe(seen.length === 0);
        expect(low).toBeLessThanOrEqual((share ?? 0.5) + 1e-12);
        expect(high).toBeGreaterThanOrEqual((share ?? 0.5) - 1e-12);
      }),
    );
  });

  it('does not depend on the order or on who counted what', () => {
    fc.assert(
      fc.property(cases, cases, (a, b) => {
        const [there, back] = [mergeOutcomes(outcomes(a), outcomes(b)), outcomes([...b, ...a].toReversed())];
        const [x, y] = [weightedProportion(there, 0.05), weightedProportion(back, 0.05)];
        expect(x.low).toBeCloseTo(y.low, 9);
        expect(x.high).toBeCloseTo(y.high, 9);
        expect(there.cases).toBe(back.cases);
      }),
    );
  });

  it('covers the truth as often as it says, where the plain share of those let in is far off', () => {
    const random = createRandom(11, 'control group');
    const [samples, stopped] = [400, 1500];
    let [missed, plainMissed] = [0, 0];
    // Half of what the rule stops is dear: let in less often, and fraud more often. In truth 35 %.
    for (let sample = 0; sample < samples; sample++) {
      let seen = NO_OUTCOMES;
      for (let i = 0; i < stopped; i++) {
        const dear = random.chance(0.5);
        const p = dear ? 0.05 : 0.2;
        if (random.chance(p)) seen = mergeOutcomes(seen, weightedOutcome(p, random.chance(dear ? 0.6 : 0.1)));
      }
      const { low, high } = weightedProportion(seen, 0.1);
      if (low > 0.35 || high < 0.35) missed++;
      const plain = wilsonInterval({ successes: seen.events, trials: seen.cases }, 0.1);
      if (plain.low > 0.35 || plain.high < 0.35) plainMissed++;
    }
    expect(missed / samples).toBeLessThan(0.13);
    expect(plainMissed / samples).toBeGreaterThan(0.5);
  });

  it.each([0, -0.1, 1.01, Number.NaN])('refuses %d as a propensity', (p) => {
    expect(() => weightedOutcome(p, true)).toThrow(RangeError);
  });
});
