import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Totals } from '../../../../src/facts/velocity/series/moments.js';

it('amounts beyond what is exact still deviate by a number, and equal ones by next to nothing', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 8 }), (amount, count) => {
      const totals = new Totals();
      for (let left = count; left > 0; left--) totals.add(amount);
      expect((totals.deviation() ?? Number.NaN) / Math.max(1, amount)).toBeLessThan(1e-6);
    }),
  );
});
