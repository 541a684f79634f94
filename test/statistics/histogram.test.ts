import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDuration,
  addHistogram,
  createHistogram,
  durationAt,
  histogramCount,
  histogramOf,
  histogramPairs,
  type Histogram,
} from '../../src/statistics/histogram.js';

const duration = fc.oneof(
  fc.nat(200),
  fc.nat(100_000),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
);

function histogram(durations: readonly number[]): Histogram {
  const made = createHistogram();
  for (const us of durations) addDuration(made, us);
  return made;
}

describe('a histogram of durations', () => {
  it('has each in a bucket that holds it and is at most 1/64 wide', () => {
    fc.assert(
      fc.property(duration, (us) => {
        const bucket = durationAt(histogram([us]), 1);
        const { low = NaN, high = NaN } = bucket ?? {};
        expect(low).toBeLessThanOrEqual(us);
        expect(high).toBeGreaterThan(us);
        if (high !== Infinity) expect(high - low).toBeLessThanOrEqual(Math.max(1, low / 64));
      }),
      { numRuns: 200 },
    );
  });

  it('finds the one of every rank', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 60 }), (durations) => {
        const counted = histogram(durations);
        durations
          .toSorted((a, b) => a - b)
          .forEach((us, at) => {
            expect(durationAt(counted, at + 1)).toEqual(durationAt(histogram([us]), 1));
          });
        expect(durationAt(counted, 0)).toBeUndefined();
        expect(durationAt(counted, durations.length + 1)).toBeUndefined();
      }),
    );
  });

  it('merges with others as if all had been counted in one, through JSON too', () => {
    const durations = fc.array(duration, { maxLength: 60 });
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        const merged = histogram(a);
        addHistogram(merged, histogramOf(JSON.parse(JSON.stringify(histogramPairs(histogram(b))))));
        expect(histogramPairs(merged)).toEqual(histogramPairs(histogram([...a, ...b])));
        expect(histogramCount(merged)).toBe(a.length + b.length);
      }),
    );
  });

  it('takes what no clock should say', () => {
    expect(durationAt(histogram([-5]), 1)).toEqual({ low: 0, high: 1 });
    expect(durationAt(histogram([NaN]), 1)).toEqual({ low: 0, high: 1 });
    expect(durationAt(histogram([1e15]), 1)?.high).toBe(Infinity);
  });

  it.each([[[[-1, 1]]], [[[1.5, 1]]], [[[1728, 1]]], [[[3, -1]]], [[[3, 0.5]]]] as [[number, number][]][])(
    'refuses %j as JSON of one',
    (pairs) => {
      expect(() => histogramOf(pairs)).toThrow(RangeError);
    },
  );
});
