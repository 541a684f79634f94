import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTable } from '../../../../src/facts/velocity/tables/key-table.js';
import { LARGEST_BLOCK, RowBlocks } from '../../../../src/facts/velocity/tables/row-blocks.js';
import { Slots } from '../../../../src/facts/velocity/tables/slots.js';
import { deviationOf, Totals } from '../../../../src/facts/velocity/series/moments.js';
import { ORDER_ROLES, OrderTally } from '../../../../src/facts/velocity/series/order-tally.js';
import type { OrderRole } from '../../../../src/facts/velocity/series/order-tally.js';
import { ValueCounts } from '../../../../src/facts/velocity/tables/value-counts.js';

/** Many share their place in a table of any size. */
const key = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.constantFrom(1, 1024, 2 ** 40))
  .map(([number, factor]) => number * factor);

describe('KeyTable', () => {
  it('is a map', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 2000, size: 'max' }), (steps) => {
        const table = new KeyTable(32);
        table.add(7, 7);
        table.clear();
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

describe('OrderTally', () => {
  const roles = Object.values(ORDER_ROLES);
  const amount = fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constant(Number.NaN));
  const orders = fc.oneof(key, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1_000_000 }));
  const told = fc.record({ role: fc.constantFrom(...roles), order: orders, amount });
  const step = fc.record({ come: fc.array(told, { maxLength: 1500, size: 'max' }), go: fc.nat(2000) });

  it('tells of all orders what their events add up to, whatever comes and goes', () => {
    const used = new OrderTally();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        used.clear();
        let here: Told[] = [];
        for (const { come, go } of steps) {
          for (const { role, order, amount: minor } of come) used.change(role, order, minor, 1);
          here = [...come, ...here];
          for (const { role, order, amount: minor } of here.splice(-go, go))
            used.change(role, order, minor, -1);
          expect(figuresOf(used)).toEqual(addedUp(here));
        }
        for (const { role, order, amount: minor } of here) used.change(role, order, minor, -1);
        expect({ ...figuresOf(used), size: used.size }).toEqual({ ...addedUp([]), size: 0 });
      }),
      { numRuns: 60, endOnFailure: true },
    );
    expect(used.bytes).toBeLessThan(5000);
  });
});

interface Told {
  readonly role: OrderRole;
  readonly order: number;
  readonly amount: number;
}

function figuresOf({ paidMinor, refundedMinor, troubledMinor, refunded, troubled, good }: OrderTally) {
  return { paidMinor, refundedMinor, troubledMinor, refunded, troubled, good };
}

function addedUp(events: readonly Told[]): ReturnType<typeof figuresOf> {
  const { authorised, captured, refunded, claimed, chargedBack, fraudulent, aged } = ORDER_ROLES;
  const all = { paidMinor: 0, refundedMinor: 0, troubledMinor: 0, refunded: 0, troubled: 0, good: 0 };
  const byOrder = new Map<number, Told[]>();
  for (const event of events) byOrder.set(event.order, [...(byOrder.get(event.order) ?? []), event]);
  for (const ofOrder of byOrder.values()) {
    const amounts = (role: OrderRole): number[] =>
      ofOrder.filter((event) => event.role === role).map((event) => event.amount);
    const known = (role: OrderRole): number[] => amounts(role).filter((minor) => !Number.isNaN(minor));
    const sum = (role: OrderRole): number => known(role).reduce((total, minor) => total + minor, 0);
    const paid = Math.max(sum(authorised), sum(captured));
    const paidIsKnown = known(authorised).length + known(captured).length > 0;
    const allKnown = known(refunded).length === amounts(refunded).length;
    const isRefunded =
      amounts(refunded).length > 0 && (!allKnown || !paidIsKnown || sum(refunded) >= 0.25 * paid);
    const isTroubled = isRefunded || amounts(claimed).length + amounts(chargedBack).length > 0;
    const isGood = amounts(aged).length > 0 && !isTroubled && amounts(fraudulent).length === 0;
    all.paidMinor += paid;
    all.refundedMinor += sum(refunded);
    all.troubledMinor += Math.max(sum(refunded), sum(claimed), sum(chargedBack));
    if (isRefunded) all.refunded++;
    if (isTroubled) all.troubled++;
    if (isGood) all.good++;
  }
  return all;
}

describe('ValueCounts', () => {
  it('is a multiset', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 2000, size: 'max' }), (steps) => {
        const counts = new ValueCounts();
        const map = new Map<number, number>();
        for (const [value, add] of steps) {
          const count = map.get(value) ?? 0;
          if (add) counts.add(value);
          else if (count > 0) counts.remove(value);
          map.set(value, Math.max(0, count + (add ? 1 : -1)));
        }
        const present = [...map].filter(([, count]) => count > 0).map(([value]) => value);
        expect(counts.distinct).toBe(present.length);
        for (const [value, count] of map) expect(counts.has(value)).toBe(count > 0);
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
