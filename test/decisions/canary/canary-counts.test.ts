import { describe, expect, it } from 'vitest';
import { CanaryCounts } from '../../../src/decisions/canary/canary-counts.js';
import type { Lot } from '../../../src/decisions/evaluate/canary-lot.js';
import { totalOf } from '../../../src/rules/publish/arm-counts.js';
import { lot, stagedCanary } from './canaries.js';

describe('what canaries decide', () => {
  const decided = (counts: CanaryCounts, lots: readonly Lot[] | undefined, outcome: 'reject' | 'accept') =>
    counts.decided({ lots, outcome, threeDs: 'none' }, 1_500);
  const seen = (counts: CanaryCounts, since: number) => {
    const run = counts.runs.find((one) => one.run.since === since);
    if (run === undefined) return undefined;
    const [stable, canary] = [totalOf(run.stable), totalOf(run.canary)];
    return [stable.decisions, stable.stopped, canary.decisions, canary.stopped];
  };

  it('is counted for the arm that decided, and for no other', () => {
    const counts = new CanaryCounts();
    counts.begin([stagedCanary(4)]);
    decided(counts, undefined, 'reject');
    decided(counts, [lot(4, false)], 'accept');
    decided(counts, [lot(4, false)], 'reject');
    decided(counts, [lot(4, true)], 'reject');
    decided(counts, [lot(99, true)], 'reject');
    expect(seen(counts, 4)).toEqual([2, 1, 1, 1]);
    expect(counts.runs[0]?.decisions).toBe(3);
  });

  it('counts for neither arm of a canary what another one took', () => {
    const counts = new CanaryCounts();
    counts.begin([stagedCanary(4), stagedCanary(7, 'other')]);
    decided(counts, [lot(4, true), lot(7, false, 'other')], 'accept');
    decided(counts, [lot(4, false), lot(7, true, 'other')], 'accept');
    decided(counts, [lot(4, false), lot(7, false, 'other')], 'reject');
    expect(seen(counts, 4)).toEqual([1, 1, 1, 0]);
    expect(seen(counts, 7)).toEqual([1, 1, 1, 0]);
  });

  it('goes on where a canary was said to be over and is not, and begins anew with new settings', () => {
    const counts = new CanaryCounts();
    counts.begin([stagedCanary(4)]);
    decided(counts, [lot(4, true)], 'accept');
    counts.settle([]);
    expect(counts.runs[0]?.ended).toBe(true);
    // Under way when it ended.
    decided(counts, [lot(4, true)], 'accept');
    counts.begin([stagedCanary(4)]);
    counts.settle([stagedCanary(4)]);
    expect(counts.runs[0]?.ended).toBe(false);
    expect(seen(counts, 4)).toEqual([0, 0, 2, 0]);
    counts.begin([stagedCanary(5)]);
    counts.settle([stagedCanary(5)]);
    expect(counts.runs.map(({ ended }) => ended)).toEqual([true, false]);
    expect(seen(counts, 5)).toEqual([0, 0, 0, 0]);
  });
});
