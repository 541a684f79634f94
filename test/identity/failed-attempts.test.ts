import { describe, expect, it } from 'vitest';
import { createFailedAttempts, waitMs } from '../../src/identity/failed-attempts.js';
import { handClock } from './hand-clock.js';

function attempts() {
  const clock = handClock();
  const failed = createFailedAttempts(clock.timers, clock.now);
  let answered = 0;
  return {
    clock,
    answered: () => answered,
    fail: (peer: string, times = 1): void => {
      for (let nth = 0; nth < times; nth++) failed.failed(peer, () => (answered += 1));
    },
  };
}

describe('failed attempts', () => {
  it('are answered at once at first, then later and later, up to five seconds', () => {
    const { clock, answered, fail } = attempts();
    fail('a', 5);
    expect(answered()).toBe(5);
    fail('a');
    expect(answered()).toBe(5);
    clock.pass(99);
    expect(answered()).toBe(5);
    clock.pass(1);
    expect(answered()).toBe(6);
    expect([6, 7, 8, 11, 12, 1e9].map(waitMs)).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
  });

  it('of one address do not slow down another, nor it after a quiet minute', () => {
    const { clock, answered, fail } = attempts();
    fail('a', 6);
    fail('b');
    expect(answered()).toBe(6);
    clock.pass(60_000);
    fail('a');
    expect(answered()).toBe(8);
  });

  it('wait in a bounded number: what comes beyond is answered at once', () => {
    const { clock, answered, fail } = attempts();
    fail('a', 5 + 256 + 10);
    expect(answered()).toBe(15);
    expect(clock.waiting()).toBe(256);
    clock.pass(5_000);
    expect(answered()).toBe(271);
    expect(clock.waiting()).toBe(0);
  });

  it('are remembered of a bounded number of addresses', () => {
    const { answered, fail } = attempts();
    fail('a', 5);
    for (let peer = 0; peer < 10_000; peer++) fail(String(peer));
    // The first is forgotten by now.
    fail('a');
    expect(answered()).toBe(10_006);
  });
});
