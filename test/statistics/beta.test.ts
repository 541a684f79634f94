import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaCdf, betaQuantile, binomialAtMost, logGamma } from '../../src/statistics/beta.js';
import { studentQuantile } from '../../src/statistics/design-effect.js';

/** The definition, term by term. */
function naiveAtMost(k: number, n: number, p: number): number {
  let sum = 0;
  let ways = 1;
  for (let i = 0; i <= k; i++) {
    sum += ways * p ** i * (1 - p) ** (n - i);
    ways = (ways * (n - i)) / (i + 1);
  }
  return sum;
}

const probability = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('the binomial and beta distributions', () => {
  it('are the sums that they stand for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), probability, (n, k, p) => {
        const expected = naiveAtMost(Math.min(k, n), n, p);
        expect(Math.abs(binomialAtMost(k, n, p) - expected)).toBeLessThan(1e-10 * expected + 1e-15);
      }),
    );
  });

  it('give small tails and large samples their digits', () => {
    // (1 - p)^n, and halves by symmetry.
    expect(binomialAtMost(0, 100_000, 1e-3) / Math.exp(100_000 * Math.log1p(-1e-3))).toBeCloseTo(1, 8);
    expect(betaCdf(0.5, 1e7, 1e7)).toBeCloseTo(0.5, 6);
    expect(betaCdf(1e-12, 1, 5) / 5e-12).toBeCloseTo(1, 8);
  });

  it('are at 0 and 1 outside of what can happen', () => {
    expect([
      binomialAtMost(-1, 5, 0.3),
      binomialAtMost(5, 5, 0.3),
      betaCdf(0, 2, 3),
      betaCdf(1, 2, 3),
    ]).toEqual([0, 1, 0, 1]);
  });

  it('are found back from a probability, for parameters that are no whole numbers too', () => {
    const parameter = fc.double({ min: 0.05, max: 5000, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -9, max: -0.01, noNaN: true }), parameter, parameter, (log, a, b) => {
        const p = 10 ** log;
        const x = betaQuantile(p, a, b);
        // Where 1 - x has no digits left, the nearest x is all that can be asked for.
        const lies =
          betaCdf(x * (1 - 1e-9), a, b) <= p * 1.0001 &&
          betaCdf(Math.min(1, x * (1 + 1e-9)), a, b) >= p * 0.9999;
        expect(lies).toBe(true);
      }),
    );
  });

  it('know factorials and Student’s table', () => {
    expect([1, 2, 5, 11, 0.5].map((x) => Math.exp(logGamma(x)))).toEqual(
      [1, 1, 24, 3_628_800, Math.sqrt(Math.PI)].map((value) => expect.closeTo(value, 4)),
    );
    // Two-sided 5 % and 0.1 %, as in every table.
    expect(studentQuantile(0.05, 10)).toBeCloseTo(2.228, 3);
    expect(studentQuantile(0.05, 60)).toBeCloseTo(2.0, 3);
    expect(studentQuantile(0.001, 30)).toBeCloseTo(3.646, 3);
  });
});
