import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIT } from '../../../src/rules/outcome.js';
import { differenceOf, pairRules } from '../../../src/rules/publish/shadow-difference.js';
import {
  addShadowTally,
  countCompared,
  countDropped,
  createShadowTally,
  DROP_REASONS,
  shadowTallyOf,
  type ShadowTally,
  type Transitions,
} from '../../../src/rules/publish/shadow-tally.js';
import { program, states, wanted, type Small } from './small-program.js';

const payments = fc.array(fc.tuple(states, states, fc.oneof(fc.nat(100_000), fc.constant(NaN))), {
  maxLength: 20,
});
type Payments = typeof payments extends fc.Arbitrary<infer T> ? T : never;

function tallied(live: Small, shadow: Small, seen: Payments): ShadowTally {
  const tally = createShadowTally();
  const pairs = pairRules(live, shadow);
  for (const [a, b, minor] of seen) {
    countCompared(tally, pairs, live.judge(a), shadow.judge(b), minor);
    countDropped(tally, DROP_REASONS[minor % DROP_REASONS.length] ?? 'busy');
  }
  return tally;
}

function summed(...tallies: readonly ShadowTally[]): ShadowTally {
  const sum = createShadowTally();
  for (const tally of tallies) addShadowTally(sum, JSON.parse(JSON.stringify(tally)) as ShadowTally);
  return sum;
}

function cells<T extends string>(
  transitions: Transitions<T>,
): { live: string; shadow: string; count: number; baseMinor: number }[] {
  return Object.entries<Readonly<Record<string, { count: number; baseMinor: number }>>>(transitions).flatMap(
    ([live, row]) => Object.entries(row).map(([shadow, cell]) => ({ live, shadow, ...cell })),
  );
}

function total(
  of: readonly { readonly count: number; readonly baseMinor: number }[],
): [count: number, minor: number] {
  return [
    of.reduce((sum, { count }) => sum + count, 0),
    of.reduce((sum, { baseMinor }) => sum + baseMinor, 0),
  ];
}

describe('the tally of live against shadow', () => {
  it('adds up: every payment is in one cell of each table, and rules agree with their differences', () => {
    fc.assert(
      fc.property(wanted, wanted, payments, (a, b, seen) => {
        const [live, shadow] = [program(a), program(b)];
        const tally = tallied(live, shadow, seen);
        const amounts = seen.map(([, , minor]) => minor).filter((minor) => !Number.isNaN(minor));
        const all = [seen.length, amounts.reduce((sum, minor) => sum + minor, 0)];
        expect(tally.compared).toBe(seen.length);
        expect(Object.values(tally.dropped).reduce((sum, count) => sum + count)).toBe(seen.length);
        expect(tally.unpriced).toBe(seen.length - amounts.length);
        expect(total(cells(tally.outcomes))).toEqual(all);
        expect(total(cells(tally.threeDs))).toEqual(all);
        for (const table of [cells(tally.outcomes), cells(tally.threeDs)]) {
          const moved = total(table.filter(({ live, shadow }) => live !== shadow));
          expect(tally.changed.count).toBeGreaterThanOrEqual(moved[0]);
        }
        const pairs = pairRules(live, shadow);
        const changed = seen.filter(
          ([x, y]) => differenceOf(pairs, live.judge(x), shadow.judge(y))?.verdictDiffers,
        );
        expect(tally.changed.count).toBe(changed.length);
        for (const { liveHits, shadowHits, onlyLive, onlyShadow } of Object.values(tally.rules))
          expect(liveHits - onlyLive.count).toBe(shadowHits - onlyShadow.count);
      }),
    );
  });

  it('merges by addition, in any order and grouping, as if one had counted all', () => {
    fc.assert(
      fc.property(wanted, wanted, payments, payments, payments, (a, b, x, y, z) => {
        const [live, shadow] = [program(a), program(b)];
        const [one, two, three] = [x, y, z].map((seen) => tallied(live, shadow, seen)) as [
          ShadowTally,
          ShadowTally,
          ShadowTally,
        ];
        const together = tallied(live, shadow, [...x, ...y, ...z]);
        expect(summed(summed(one, two), three)).toEqual(together);
        expect(summed(one, summed(two, three))).toEqual(together);
        expect(summed(three, two, one)).toEqual(together);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same read back from what was stored, without what is zero or was not known then', () => {
    const withoutZeros = (value: unknown): unknown =>
      typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .filter(([, part]) => part !== 0)
              .map(([name, part]) => [name, withoutZeros(part)]),
          )
        : value;
    fc.assert(
      fc.property(wanted, wanted, payments, (a, b, seen) => {
        const tally = tallied(program(a), program(b), seen);
        expect(shadowTallyOf(JSON.parse(JSON.stringify(tally)))).toEqual(tally);
        expect(shadowTallyOf(withoutZeros(tally))).toEqual(tally);
      }),
    );
    expect(shadowTallyOf(undefined)).toEqual(createShadowTally());
    expect(shadowTallyOf({ compared: 3, dropped: { busy: 1, cold: 0, closing: 0 } })).toEqual({
      ...createShadowTally(),
      compared: 3,
      dropped: { busy: 1, cold: 0, closing: 0, failed: 0 },
    });
  });

  it('counts by rule which hit, alone and with what money', () => {
    const live = program([
      ['a', 'reject', 'none', 0],
      ['b', 'review', 'none', 0],
    ]);
    const shadow = program([['a', 'reject', 'none', 0]]);
    const tally = tallied(live, shadow, [
      [[HIT, HIT], [HIT], 100],
      [[HIT, 0], [0], 40],
      [[0, 0], [HIT], NaN],
      [[0, 3], [0], 7],
    ]);
    expect(tally.rules).toEqual({
      'cards/a': {
        liveHits: 2,
        shadowHits: 2,
        onlyLive: { count: 1, baseMinor: 40 },
        onlyShadow: { count: 1, baseMinor: 0 },
      },
      'cards/b': {
        liveHits: 1,
        shadowHits: 0,
        onlyLive: { count: 1, baseMinor: 100 },
        onlyShadow: { count: 0, baseMinor: 0 },
      },
    });
    expect(tally.outcomes.reject.accept).toEqual({ count: 1, baseMinor: 40 });
    expect([tally.degradedLive, tally.degradedShadow]).toEqual([1, 0]);
  });

  it('is as large as the rules are many, however much is counted', () => {
    const live = program([['a', 'reject', 'none', 0]]);
    const seen = Array.from({ length: 5000 }, (_, i): Payments[number] => [[i % 5], [(i * 3) % 5], i]);
    const tally = tallied(live, live, seen);
    expect(Object.keys(tally.rules)).toEqual(['cards/a']);
    expect(JSON.stringify(tally).length).toBeLessThan(2500);
  });
});
