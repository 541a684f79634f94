import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceInterval } from '../../src/statistics/difference.js';
import type { Trials } from '../../src/statistics/interval.js';
import { exactInterval, wilsonInterval } from '../../src/statistics/proportion.js';
import { binomialMasses } from './binomial-draws.js';

const arm = fc
  .tuple(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, share]): Trials => ({ successes: Math.round(trials * share), trials }));
const method = fc.constantFrom(wilsonInterval, exactInterval);

describe('the interval of a difference of proportions', () => {
  // Newcombe, Statistics in Medicine 17 (1998), 873, table II: method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])('is as published for %i/%i - %i/%i', (a, m, b, n, low, high) => {
    const interval = differenceInterval({ successes: a, trials: m }, { successes: b, trials: n }, 0.05);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('changes sign with the order, stays in [-1, 1] and holds the observed difference', () => {
    fc.assert(
      fc.property(arm, arm, method, (a, b, single) => {
        const [there, back] = [
          differenceInterval(a, b, 0.01, single),
          differenceInterval(b, a, 0.01, single),
        ];
        expect(there.low).toBeCloseTo(-back.high, 12);
        expect(there.low).toBeGreaterThanOrEqual(-1);
        expect(there.high).toBeLessThanOrEqual(1 + 1e-12);
        const observed = a.successes / a.trials - b.successes / b.trials;
        expect(there.low).toBeLessThanOrEqual(observed);
        expect(there.high).toBeGreaterThanOrEqual(observed);
      }),
    );
  });

  it('never moves down when there are more successes, never up when the other has', () => {
    fc.assert(
      fc.property(arm, arm, method, fc.integer({ min: 1, max: 50 }), (a, b, single, more) => {
        const raised = { ...a, successes: Math.min(a.trials, a.successes + more) };
        const lowOf = (x: Trials, y: Trials): number => differenceInterval(x, y, 1e-4, single).low;
        expect(lowOf(raised, b)).toBeGreaterThanOrEqual(lowOf(a, b) - 1e-12);
        expect(lowOf(b, raised)).toBeLessThanOrEqual(lowOf(b, a) + 1e-12);
      }),
    );
  });

  it('over exact intervals does not miss more often than it may, where rates are rare and arms unequal', () => {
    const arms = [
      [100, 1900],
      [1900, 100],
      [100, 100],
      [300, 900],
    ] as const;
    const rates = [
      [0.001, 0.001],
      [0.021, 0.001],
      [0.03, 0.01],
      [0.12, 0.1],
      [0.35, 0.3],
      [0.95, 0.9],
    ] as const;
    let wilsonWorst = 0;
    for (const [m, n] of arms)
      for (const [p, q] of rates)
        for (const alpha of [0.01, 1e-5]) {
          expect(missedAbove(m, n, p, q, alpha, exactInterval)).toBeLessThanOrEqual(alpha / 2);
          wilsonWorst = Math.max(wilsonWorst, missedAbove(m, n, p, q, alpha, wilsonInterval) / (alpha / 2));
        }
    // Why guardrails do not use Wilson's.
    expect(wilsonWorst).toBeGreaterThan(20);
  });

  it('knows of one side alone that the other may be anything', () => {
    const none = { successes: 0, trials: 0 };
    expect(differenceInterval(none, none, 0.05)).toEqual({ low: -1, high: 1 });
    expect(differenceInterval({ successes: 5, trials: 10 }, none, 0.05).low).toBeLessThan(-0.7);
  });
});

/** How often the whole interval lies above the true difference. */
function missedAbove(
  m: number,
  n: number,
  p: number,
  q: number,
  alpha: number,
  single: typeof wilsonInterval,
): number {
  const [as, bs] = [binomialMasses(m, p), binomialMasses(n, q)];
  const low = new Map(as.map(([k]) => [k, single({ successes: k, trials: m }, alpha)]));
  const high = new Map(bs.map(([k]) => [k, single({ successes: k, trials: n }, alpha)]));
  let missed = 0;
  for (const [a, massA] of as)
    for (const [b, massB] of bs) {
      if (massA * massB < 1e-13) continue;
      const remembered = (t: Trials): { low: number; high: number } =>
        (t.trials === m && t.successes === a ? low.get(a) : high.get(b)) ?? { low: 0, high: 1 };
      const interval = differenceInterval(
        { successes: a, trials: m },
        { successes: b, trials: n },
        alpha,
        remembered,
      );
      if (interval.low > p - q + 1e-12) missed += massA * massB;
    }
  return missed;
}
