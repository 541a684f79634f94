import { describe, expect, it } from 'vitest';
import { createKeyLook } from '../../src/identity/key-look.js';
import { handClock } from './hand-clock.js';

/** Looks that the test ends; what each attempt was told, in the order they were. */
function fixture() {
  const clock = handClock();
  const under: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const told: [attempt: string, looked: boolean][] = [];
  let begun = 0;
  const looks = createKeyLook(() => {
    begun += 1;
    return new Promise((resolve, reject) => under.push({ resolve, reject }));
  }, clock.timers);
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    clock,
    told,
    begun: () => begun,
    attempt: (name: string): void => looks.look((looked) => void told.push([name, looked])),
    end: async (): Promise<void> => {
      under.shift()?.resolve();
      await settled();
    },
    fail: async (): Promise<void> => {
      under.shift()?.reject(new Error('away'));
      await settled();
    },
  };
}

describe('a look for keys', () => {
  it('is one for all attempts that came before it', async () => {
    const { clock, told, begun, attempt, end } = fixture();
    for (const name of ['a', 'b', 'c']) attempt(name);
    expect(begun()).toBe(0);
    clock.pass(0);
    expect([begun(), told]).toEqual([1, []]);
    await end();
    expect(told).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ]);
    clock.pass(1_000);
    expect(begun()).toBe(1);
  });

  it('is not for what came during it: the next is, not sooner than 200 ms after', async () => {
    const { clock, told, begun, attempt, end } = fixture();
    attempt('a');
    clock.pass(0);
    attempt('b');
    clock.pass(100);
    await end();
    attempt('c');
    clock.pass(199);
    expect([begun(), told]).toEqual([1, [['a', true]]]);
    clock.pass(1);
    expect(begun()).toBe(2);
    await end();
    expect(told.slice(1)).toEqual([
      ['b', true],
      ['c', true],
    ]);
  });

  it('happens a few times a second at most, however many attempts there are', async () => {
    const { clock, begun, attempt, end } = fixture();
    for (let ms = 0; ms < 1_000; ms++) {
      for (let nth = 0; nth < 5; nth++) attempt('a');
      clock.pass(1);
      await end();
    }
    expect(begun()).toBe(5);
  });

  it('lets a bounded number of attempts wait; the others are told at once', async () => {
    const { clock, told, attempt, end } = fixture();
    for (let nth = 0; nth < 200; nth++) attempt('before');
    clock.pass(0);
    for (let nth = 0; nth < 60; nth++) attempt('during');
    expect(told).toEqual(Array.from({ length: 4 }, () => ['during', false]));
    await end();
    attempt('after');
    clock.pass(200);
    await end();
    expect(told.slice(4).every(([, looked]) => looked)).toBe(true);
    expect(told).toHaveLength(261);
  });
});

describe('a store', () => {
  it('that is away holds nothing up, and is tried again 200 ms later', async () => {
    const { clock, told, begun, attempt, fail, end } = fixture();
    attempt('a');
    clock.pass(0);
    attempt('b');
    await fail();
    attempt('c');
    expect(told).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
    ]);
    clock.pass(200);
    attempt('d');
    clock.pass(0);
    await end();
    expect([begun(), told.at(-1)]).toEqual([2, ['d', true]]);
  });

  it('that is slow holds attempts up for half a second, later ones not at all', async () => {
    const { clock, told, begun, attempt, end } = fixture();
    attempt('a');
    clock.pass(0);
    clock.pass(400);
    attempt('b');
    clock.pass(99);
    expect(told).toEqual([]);
    clock.pass(1);
    attempt('c');
    expect(told).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
    ]);
    clock.pass(5_000);
    attempt('d');
    expect([begun(), told.at(-1)]).toEqual([1, ['d', false]]);
    await end();
    clock.pass(200);
    attempt('e');
    clock.pass(0);
    await end();
    expect([begun(), told.at(-1)]).toEqual([2, ['e', true]]);
  });
});
