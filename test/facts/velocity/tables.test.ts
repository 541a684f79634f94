import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTable } from '../../../src/facts/velocity/key-table.js';
import { LARGEST_BLOCK, RowBlocks } from '../../../src/facts/velocity/row-blocks.js';
import { Slots } from '../../../src/facts/velocity/slots.js';
import { deviationOf, Totals } from '../../../src/facts/velocity/moments.js';
import { OrderSums } from '../../../src/facts/velocity/order-sums.js';
import { ValueCounts } from '../../../src/facts/velocity/value-counts.js';

/** Many share their place in a table of any size. */
const key = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.constantFrom(1, 1024, 2 ** 40))
  .map(([number, factor]) => number * factor);

describe('KeyTable', () => {
  it('is a map', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 2000, size: 'max' }), (steps) => {
        const table = new KeyTable();
        const map = new Map<number, number>();
        for (const [at, add] of steps) {
          if (!add) table.delete(at);
          else if (!map.has(at)) table.add(at, at % 97);
          if (add) map.set(at, at % 97);
          else map.delete(at);
        }
        expect(table.size).toBe(map.size);
        for (const [at] of steps) expect(table.get(at)).toBe(map.get(at));
      }),
      { numRuns: 50 },
    );
  });
});

describe('RowBlocks', () => {
  it('never gives room to two, gives all of it back, and reuses it for other sizes', () => {
    const doubles = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: LARGEST_BLOCK }));
    const step = fc.tuple(doubles, fc.nat(1000), fc.constantFrom(true, true, false));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
        const blocks = new RowBlocks();
        const held: { block: number; size: number; mark: number }[] = [];
        const expectWhole = ({ block, size, mark }: (typeof held)[number]): void => {
          const slab = blocks.slab(block);
          const start = blocks.start(block);
          expect(slab.subarray(start, start + size).every((value) => value === mark)).toBe(true);
        };
        for (const [mark, [size, pick, take]] of steps.entries()) {
          if (take) {
            const block = blocks.take(size);
            expect(block).toBeGreaterThan(0);
            expect(blocks.room(block)).toBeGreaterThanOrEqual(size);
            expect(blocks.room(block)).toBeLessThanOrEqual(Math.max(4, size * 1.25));
            blocks.slab(block).fill(mark, blocks.start(block), blocks.start(block) + blocks.room(block));
            held.push({ block, size, mark });
          } else {
            for (const one of held.splice(pick % (held.length + 1), 1)) {
              expectWhole(one);
              blocks.release(one.block);
            }
          }
        }
        for (const one of held) expectWhole(one);
      }),
      { numRuns: 60 },
    );
  });

  it('takes no more memory for another size once all is given back', () => {
    const blocks = new RowBlocks();
    const places = new Set<Float64Array>();
    for (const size of [7, 100, 2048, 7]) {
      const held = Array.from({ length: Math.floor(2 ** 17 / size / 2) }, () => blocks.take(size));
      for (const block of held) places.add(blocks.slab(block));
      for (const block of held) blocks.release(block);
    }
    expect(places.size).toBe(1);
  });
});

describe('Slots', () => {
  it('are records of numbers, new ones with zeros', () => {
    const step = fc.tuple(fc.boolean(), fc.nat(1000), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500, size: 'max' }), (steps) => {
        const slots = new Slots(3);
        const model = new Map<number, readonly number[]>();
        for (const [take, pick, value] of steps) {
          if (take) {
            const slot = slots.take();
            expect(slot > 0 && !model.has(slot)).toBe(true);
            expect([0, 1, 2].map((field) => slots.get(slot, field))).toEqual([0, 0, 0]);
            for (const field of [0, 1, 2]) slots.set(slot, field, value - field || 0);
            model.set(
              slot,
              [0, 1, 2].map((field) => (value - field) | 0),
            );
          } else {
            const slot = [...model.keys()][pick % (model.size || 1)];
            if (slot === undefined) continue;
            slots.release(slot);
            model.delete(slot);
          }
        }
        for (const [slot, fields] of model)
          expect(fields.map((_, field) => slots.get(slot, field))).toEqual(fields);
      }),
      { numRuns: 100 },
    );
  });

  it('hold more than one slab', () => {
    const slots = new Slots(2);
    const taken = Array.from({ length: 40_000 }, () => slots.take());
    for (const slot of taken) slots.set(slot, 1, slot);
    for (const slot of taken) expect(slots.get(slot, 1)).toBe(slot);
  });
});

describe('OrderSums', () => {
  it('is a map of sums, also when it is used again', () => {
    const sums = new OrderSums();
    const amount = fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constant(Number.NaN));
    const order = fc.oneof(key, fc.integer({ min: 1, max: 1_000_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(order, amount), { maxLength: 8000, size: 'max' }), (added) => {
        sums.clear();
        const map = new Map<number, number>();
        for (const [one, minor] of added) {
          sums.add(one, minor);
          map.set(one, (map.get(one) ?? 0) + minor);
        }
        const seen = new Map<number, number>();
        sums.each((one, minor) => seen.set(one, minor));
        expect(seen).toEqual(map);
        expect(sums.size).toBe(map.size);
        const wrong = [...map.keys(), 7.5].filter(
          (one) => !Object.is(sums.get(one), map.get(one)) || sums.has(one) !== map.has(one),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 20, endOnFailure: true },
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
