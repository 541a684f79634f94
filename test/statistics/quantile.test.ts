import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialAtMost } from '../../src/statistics/beta.js';
import { addDuration, createHistogram } from '../../src/statistics/histogram.js';
import { quantileInterval, quantileOf, quantileRanks } from '../../src/statistics/quantile.js';
import { createRandom } from '../../src/simulate/random.js';

describe('bounds of a quantile', () => {
  // The sign-test bounds of the median that every table has.
  it.each([
    [6, 1, 6],
    [10, 2, 9],
    [20, 6, 15],
    [50, 18, 33],
  ])('of %i observations, for the median and 95 in 100, are those of rank %i and %i', (n, low, high) => {
    expect(quantileRanks(n, 0.5, 0.05)).toEqual({ low, high });
  });

  // Wilks, "Determination of sample sizes for setting tolerance limits", Ann. Math. Statist. 12 (1941): 59 and 299.
  it.each([
    [0.95, 59],
    [0.99, 299],
  ])('need as many observations above as Wilks says: %d, %i', (share, n) => {
    expect(quantileRanks(n, share, 0.1).high).toBe(n);
    // One fewer, and there is none: the rank lies beyond them.
    expect(quantileRanks(n - 1, share, 0.1).high).toBe(n);
  });

  it('are the tightest ranks that miss rarely enough on either side', () => {
    const share = fc.constantFrom(0.5, 0.9, 0.95, 0.99);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        share,
        fc.constantFrom(0.1, 0.01, 1e-5),
        (n, q, alpha) => {
          const { low, high } = quantileRanks(n, q, alpha);
          const below = (rank: number): number => binomialAtMost(rank - 1, n, q);
          const from = (rank: number): number => binomialAtMost(n - rank, n, 1 - q);
          expect(below(low)).toBeLessThanOrEqual(alpha / 2);
          if (low < n) expect(below(low + 1)).toBeGreaterThan(alpha / 2);
          expect(high > n || from(high) <= alpha / 2).toBe(true);
          if (high > 1) expect(from(high - 1)).toBeGreaterThan(alpha / 2);
        },
      ),
    );
  });

  it('of durations that all come several times are those of each once, where that is said', () => {
    const durations = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 400 });
    fc.assert(
      fc.property(
        durations,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(0.5, 0.9),
        (all, times, share) => {
          const [once, often] = [createHistogram(), createHistogram()];
          for (const duration of all) {
            addDuration(once, duration);
            for (let time = 0; time < times; time++) addDuration(often, duration);
          }
          expect(quantileInterval(often, share, 0.01, times)).toEqual(quantileInterval(once, share, 0.01));
        },
      ),
    );
  });

  it('hold the true quantile as often as they say, of durations with many ties', () => {
    const random = createRandom(7, 'quantile');
    const [truth, samples] = [1000 * Math.exp(1.6448536), 400];
    let missed = 0;
    for (let sample = 0; sample < samples; sample++) {
      const histogram = createHistogram();
      for (let i = 0; i < 300; i++)
        addDuration(histogram, Math.ceil((1000 * Math.exp(random.normal())) / 50) * 50);
      const { low, high } = quantileInterval(histogram, 0.95, 0.1);
      if (low > Math.ceil(truth / 50) * 50 || high < Math.ceil(truth / 50) * 50) missed++;
    }
    expect(missed / samples).toBeLessThanOrEqual(0.1);
  });

  it('are none for a sample that is too small', () => {
    const histogram = createHistogram();
    expect(quantileInterval(histogram, 0.99, 0.01)).toEqual({ low: 0, high: Infinity });
    expect(quantileOf(histogram, 0.99)).toBe(0);
    addDuration(histogram, 30);
    expect(quantileInterval(histogram, 0.99, 0.01)).toEqual({ low: 0, high: Infinity });
    expect(quantileOf(histogram, 0.99)).toBe(30);
  });
});
