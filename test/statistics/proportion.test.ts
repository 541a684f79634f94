import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactInterval, wilsonInterval } from '../../src/statistics/proportion.js';
import type { IntervalOf, Trials } from '../../src/statistics/interval.js';
import { binomialMasses } from './binomial-draws.js';

const digits = ({ low, high }: { low: number; high: number }): number[] =>
  [low, high].map((x) => Number(x.toFixed(4)));

function coverage(interval: IntervalOf<Trials>, n: number, p: number, alpha: number): number {
  return binomialMasses(n, p).reduce((sum, [successes, mass]) => {
    const { low, high } = interval({ successes, trials: n }, alpha);
    return low <= p && p <= high ? sum + mass : sum;
  }, 0);
}

describe('intervals of a proportion', () => {
  // Newcombe, Statistics in Medicine 17 (1998), 857, table I: methods 3 and 5.
  it.each([
    [81, 263, [0.2553, 0.3662], [0.2527, 0.3676]],
    [15, 148, [0.0624, 0.1605], [0.0578, 0.1617]],
    [0, 20, [0, 0.1611], [0, 0.1684]],
    [1, 29, [0.0061, 0.1718], [0.0009, 0.1776]],
  ])('are as published for %i of %i', (successes, trials, wilson, exact) => {
    expect(digits(wilsonInterval({ successes, trials }, 0.05))).toEqual(wilson);
    expect(digits(exactInterval({ successes, trials }, 0.05))).toEqual(exact);
  });

  it('hold what is observed, mirror each other, lie in [0, 1] and widen as they may miss less', () => {
    const trials = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(trials, fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const successes = Math.round(n * share);
        for (const interval of [wilsonInterval, exactInterval]) {
          const wide = interval({ successes, trials: n }, 1e-6);
          const { low, high } = interval({ successes, trials: n }, 0.05);
          const mirrored = interval({ successes: n - successes, trials: n }, 0.05);
          expect(low).toBeLessThanOrEqual(successes / n);
          expect(high).toBeGreaterThanOrEqual(successes / n);
          expect(wide.low).toBeGreaterThanOrEqual(0);
          expect(wide.high).toBeLessThanOrEqual(1);
          expect(wide.low).toBeLessThanOrEqual(low);
          expect(wide.high).toBeGreaterThanOrEqual(high);
          expect(mirrored.low).toBeCloseTo(1 - high, 9);
          expect(high).toBeGreaterThan(low);
        }
      }),
    );
  });

  it('the exact one never misses more often than it may; Wilson’s does not on average', () => {
    const shares = [0.002, 0.01, 0.04, 0.1, 0.25, 0.5, 0.77, 0.93];
    for (const n of [10, 57, 400])
      for (const p of shares)
        for (const alpha of [0.05, 1e-3, 1e-5])
          expect(1 - coverage(exactInterval, n, p, alpha)).toBeLessThanOrEqual(alpha * 1.0001 + 1e-10);
    const mean = shares.reduce((sum, p) => sum + coverage(wilsonInterval, 57, p, 0.05), 0) / shares.length;
    expect(mean).toBeGreaterThan(0.945);
    expect(mean).toBeLessThan(0.975);
  });

  it('know nothing without trials', () => {
    for (const interval of [wilsonInterval, exactInterval])
      expect(interval({ successes: 0, trials: 0 }, 0.05)).toEqual({ low: 0, high: 1 });
  });
});
