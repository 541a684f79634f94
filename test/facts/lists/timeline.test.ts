import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListEntry } from '../../../src/facts/lists/list-store.js';
import { endAll, placeEntries } from '../../../src/facts/lists/timeline.js';

interface Line {
  readonly from: number;
  readonly until: number;
  readonly removes: boolean;
}

const entry = ({ from, until }: Line): ListEntry => ({
  value: 'v',
  reason: '',
  actor: '',
  source: '',
  validFrom: from,
  validUntil: until,
});

const by = { actor: '', reason: '' };
const NOW = 5;

/**
 * Says one after the other; a removal is something that lasts for ever and puts nothing on the list. Returns what stands
 * in the end, and what was said and not there already.
 */
function after(said: readonly Line[]) {
  let standing: readonly ListEntry[] = [];
  const told: Line[] = [];
  for (const one of said) {
    const { ended, added } = one.removes
      ? { ended: endAll(standing, by, one.from), added: [] }
      : placeEntries(standing, [entry(one)], NOW);
    if (one.removes || added.length > 0) told.push(one);
    const ends = new Map(ended.map(({ membership, at }) => [membership, at]));
    standing = [
      ...standing.map((member) => ({ ...member, validUntil: ends.get(member) ?? member.validUntil })),
      ...added,
    ].filter(({ validFrom, validUntil }) => validFrom < validUntil);
  }
  return { standing, told };
}

const line = fc
  .record({
    from: fc.nat(12),
    lasts: fc.option(fc.integer({ min: 1, max: 8 }), { nil: Infinity }),
    removes: fc.boolean(),
  })
  .map(({ from, lasts, removes }): Line => ({ from, until: removes ? Infinity : from + lasts, removes }));

describe('the memberships of a value', () => {
  it('hold where something was said that nothing said later takes the place of', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (said) => {
        const { standing, told } = after(said);
        for (let at = 0; at < 25; at++) {
          const on = told.some(
            (one, index) =>
              !one.removes &&
              one.from <= at &&
              at < one.until &&
              !told.slice(index + 1).some((later) => later.from <= at && one.from < later.until),
          );
          const found = standing.filter(({ validFrom, validUntil }) => validFrom <= at && at < validUntil);
          expect([at, found.length]).toEqual([at, on ? 1 : 0]);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
