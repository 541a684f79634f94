import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookAlpha, lookDue, plannedLooks } from '../../src/statistics/looks.js';

const plan = fc.record({
  first: fc.integer({ min: 1, max: 500 }),
  growth: fc.double({ min: 1.05, max: 3, noNaN: true }),
});

describe('looks at a growing sample', () => {
  it('spend no more than there is, however many there are, and nearly all of it', () => {
    let spent = 0;
    for (let look = 1; look <= 100_000; look++) spent += lookAlpha(0.01, look);
    expect(spent).toBeLessThan(0.01);
    expect(spent).toBeGreaterThan(0.00999);
  });

  it('are due at their sizes, once, whoever asks how often', () => {
    fc.assert(
      fc.property(plan, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (plan, steps) => {
        const sizes = plannedLooks(plan, 300);
        let [trials, last] = [0, 0];
        for (const step of steps) {
          trials += step;
          const due = lookDue(plan, trials, last);
          const reached = sizes.filter((size) => size <= trials).length;
          expect(due).toBe(reached > last ? reached : undefined);
          last = due ?? last;
          expect(lookDue(plan, trials, last)).toBeUndefined();
        }
      }),
    );
  });

  it('grow by their factor, and by one at least', () => {
    expect(plannedLooks({ first: 100, growth: 1.5 }, 4)).toEqual([100, 150, 225, 338]);
    expect(plannedLooks({ first: 1, growth: 1.1 }, 4)).toEqual([1, 2, 3, 4]);
  });
});
