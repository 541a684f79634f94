import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/simulate/random.js';
import { designEffect, effectiveTrials } from '../../src/statistics/design-effect.js';
import type { Trials } from '../../src/statistics/interval.js';

/** Mean effect over samples of 500 subjects in 64 groups, each with `tries` that all end alike with `rate`. */
function meanEffect(tries: number, rate: number): number {
  const random = createRandom(3, tries, rate);
  const samples = 60;
  let sum = 0;
  for (let sample = 0; sample < samples; sample++) {
    const groups = Array.from({ length: 64 }, () => ({ successes: 0, trials: 0 }));
    for (let subject = 0; subject < 500; subject++) {
      const group = random.pick(groups);
      group.trials += tries;
      if (random.chance(rate)) group.successes += tries;
    }
    sum += designEffect(groups, 0.05);
  }
  return sum / samples;
}

describe('how much less trials tell that hang together', () => {
  it.each([0.1, 0.5, 0, 1])('is nothing where each subject has one, at a rate of %d', (rate) => {
    expect(meanEffect(1, rate)).toBeGreaterThanOrEqual(1);
    expect(meanEffect(1, rate)).toBeLessThan(1.2);
  });

  it.each([0.1, 0.5, 0, 1])('is as many times less as a subject has tries, at a rate of %d', (rate) => {
    expect(meanEffect(8, rate)).toBeGreaterThan(7);
    expect(meanEffect(8, rate)).toBeLessThan(9.5);
  });

  it('is larger for an interval that may miss less, by what few groups leave open', () => {
    const groups: Trials[] = Array.from({ length: 8 }, (_, i) => ({ successes: i * 10, trials: 100 }));
    expect(designEffect(groups, 1e-5)).toBeGreaterThan(designEffect(groups, 0.05));
  });

  it('cannot be told of fewer than two groups or of nothing', () => {
    expect(designEffect([{ successes: 5, trials: 9 }], 0.05)).toBe(1);
    expect(
      designEffect(
        [
          { successes: 0, trials: 0 },
          { successes: 0, trials: 0 },
        ],
        0.05,
      ),
    ).toBe(1);
  });

  it('leaves the share as it is', () => {
    expect(effectiveTrials({ successes: 30, trials: 120 }, 4)).toEqual({ successes: 7.5, trials: 30 });
  });
});
