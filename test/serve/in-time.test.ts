import { expect, test } from 'vitest';
import { endInTurn } from '../../src/serve/in-time.js';

/** Timers that ring at once, but after whatever is done already. */
const timers = {
  after(_: number, callback: () => void) {
    const timer = setTimeout(callback, 5);
    return () => clearTimeout(timer);
  },
};
const never = new Promise<never>(() => undefined);

test('parts end one after the other', async () => {
  const ended: string[] = [];
  const part = (name: string) => [name, async () => ended.push(name)] as const;
  await endInTurn([part('calls'), part('store')], timers, 1);
  expect(ended).toEqual(['calls', 'store']);
});

test('one that hangs or fails is left behind by name, and the others end all the same', async () => {
  const ended: string[] = [];
  const end = endInTurn(
    [
      ['calls', () => never],
      ['HTTP', () => Promise.reject(new Error('is closed'))],
      ['the store', async () => ended.push('the store')],
    ],
    timers,
    1,
  );
  await expect(end).rejects.toThrow('did not end well: calls: not done within 1 ms; HTTP: is closed');
  expect(ended).toEqual(['the store']);
});
