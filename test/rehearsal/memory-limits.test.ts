import { describe, expect, it } from 'vitest';
import { createMemoryLimits } from '../../src/rehearsal/memory-limits.js';

const hold = (amount: number, counter = 'day', cap = 500) => ({ counter, amount, cap, periodEnd: 0 });

describe('limits in memory', () => {
  it('hold exactly what fits, all counters of a decision or none', async () => {
    const limits = createMemoryLimits();
    expect(await limits.reserve('a', [hold(300), hold(300, 'month', 400)], 10)).toEqual({
      reserved: true,
      used: [0, 0],
    });
    expect(await limits.reserve('b', [hold(200), hold(200, 'month', 400)], 10)).toEqual({
      reserved: false,
      used: [300, 300],
    });
    expect(await limits.used('day')).toBe(300);
    expect(await limits.reserve('c', [hold(200)], 10)).toEqual({ reserved: true, used: [300] });
    expect(await limits.reserve('d', [hold(1)], 10)).toEqual({ reserved: false, used: [500] });
  });

  it('answer the same decision the same, and hold it once', async () => {
    const limits = createMemoryLimits();
    const first = await limits.reserve('a', [hold(300)], 10);
    expect(await limits.reserve('a', [hold(300)], 10)).toEqual(first);
    expect(await limits.used('day')).toBe(300);
  });

  it('give back what was released, in part or whole, once per reason', async () => {
    const limits = createMemoryLimits();
    await limits.reserve('a', [hold(300), hold(300, 'month')], 10);
    await limits.release('a', 100, 'refund 1', ['month']);
    await limits.release('a', 100, 'refund 1', ['month']);
    expect([await limits.used('day'), await limits.used('month')]).toEqual([300, 200]);
    await limits.release('a', undefined, 'declined');
    expect([await limits.used('day'), await limits.used('month')]).toEqual([0, 0]);
    await limits.release('unknown', undefined, 'declined');
  });

  it('let go of what lapsed, unless it was confirmed', async () => {
    const limits = createMemoryLimits();
    await limits.reserve('a', [hold(100)], 10);
    await limits.reserve('b', [hold(50)], 10);
    await limits.confirm('b');
    expect(await limits.expire(9)).toBe(0);
    expect(await limits.expire(10)).toBe(1);
    expect(await limits.used('day')).toBe(50);
  });
});
