import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalQuantile, twoSidedZ } from '../../src/statistics/normal.js';

describe('the normal quantile', () => {
  // The values that Wichura gives with the algorithm, and those of common tables.
  it.each([
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167814],
    [1e-20, -9.26234008979841],
    [0.975, 1.959963984540054],
    [0.5, 0],
  ])('of %d is %d', (p, expected) => {
    expect(normalQuantile(p)).toBeCloseTo(expected, 13);
  });

  it('grows with the probability and is as far below the middle as above, also where its formula changes', () => {
    const p = fc.oneof(
      fc.double({ min: 1e-300, max: 0.5, noNaN: true }),
      fc.constantFrom(0.075, 0.0750001, Math.exp(-25)),
    );
    fc.assert(
      fc.property(p, p, (a, b) => {
        if (a < b) expect(normalQuantile(a)).toBeLessThanOrEqual(normalQuantile(b));
        expect(normalQuantile(1 - a)).toBeCloseTo(-normalQuantile(1 - (1 - a)), 10);
      }),
    );
  });

  it('is infinite at the ends and is not asked beyond them', () => {
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    for (const p of [-1e-9, 1.1, Number.NaN]) expect(() => normalQuantile(p)).toThrow(RangeError);
  });

  it('keeps small tails apart', () => {
    expect(twoSidedZ(1e-17)).toBeGreaterThan(twoSidedZ(2e-17));
    expect(twoSidedZ(0.05)).toBeCloseTo(1.959963984540054, 13);
  });
});
