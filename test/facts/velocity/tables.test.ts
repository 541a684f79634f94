import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTable } from '../../../src/facts/velocity/key-table.js';
import { deviationOf, Totals } from '../../../src/facts/velocity/moments.js';
import { ValueCounts } from '../../../src/facts/velocity/value-counts.js';

/** Many share their place in a table of any size. */
const key = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.constantFrom(1, 1024, 2 ** 40))
  .map(([number, factor]) => number * factor);

describe('KeyTable', () => {
  it('is a map', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 2000, size: 'max' }), (steps) => {
        const table = new KeyTable<string>();
        const map = new Map<number, string>();
        for (const [at, add] of steps) {
          if (!add) table.delete(at);
          else if (!map.has(at)) table.add(at, `${at}`);
          if (add) map.set(at, `${at}`);
          else map.delete(at);
        }
        expect(table.size).toBe(map.size);
        for (const [at] of steps) expect(table.get(at)).toBe(map.get(at));
      }),
      { numRuns: 50 },
    );
  });
});

describe('ValueCounts', () => {
  it('is a multiset', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 2000, size: 'max' }), (steps) => {
        const counts = new ValueCounts();
        const other = new ValueCounts();
        const map = new Map<number, number>();
        for (const [value, add] of steps) {
          const count = map.get(value) ?? 0;
          if (add) counts.add(value);
          else if (count > 0) counts.remove(value);
          map.set(value, Math.max(0, count + (add ? 1 : -1)));
          if (value % 3 === 0) other.add(value);
        }
        const present = [...map].filter(([, count]) => count > 0).map(([value]) => value);
        expect(counts.distinct).toBe(present.length);
        for (const [value, count] of map) expect(counts.has(value)).toBe(count > 0);
        expect(counts.common(other)).toBe(present.filter((value) => value % 3 === 0).length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('Totals', () => {
  it('gives the same last bit in whatever order amounts come', () => {
    const amounts = fc.array(fc.integer({ min: 0, max: 2 ** 37 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(amounts, (values) => {
        const whole = values.map(BigInt);
        const exact = deviationOf(
          whole.length,
          whole.reduce((sum, value) => sum + value, 0n),
          whole.reduce((sum, value) => sum + value * value, 0n),
        );
        for (const order of [values, values.toReversed(), values.toSorted((one, other) => one - other)]) {
          const totals = new Totals();
          for (const value of order) totals.add(value);
          expect(totals.deviation()).toBe(exact);
        }
      }),
    );
  });
});
