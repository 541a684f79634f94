import { expect, test } from 'vitest';
import { TollgateError } from '../../src/errors/errors.js';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';
import { patiently } from '../../src/serve/patiently.js';

/** A world in which waiting takes no time and the clock says how long it was. */
function worldOf() {
  let ms = 0;
  return {
    waited: () => ms,
    clock: { now: () => ms, monotonicUs: () => ms * 1000 },
    timers: {
      after(pause: number, callback: () => void) {
        ms += pause;
        queueMicrotask(callback);
        return () => undefined;
      },
      soon: queueMicrotask,
    },
  };
}

test.each([
  storeUnavailable('it does not answer'),
  new TollgateError('LIST_BUSY', 'another change of the list is under way'),
])('a step of a start is tried again while the store is slow: %s', async (error) => {
  let tries = 0;
  const told: unknown[] = [];
  const answer = await patiently(
    worldOf(),
    async () => {
      tries += 1;
      if (tries < 5) throw error;
      return 'done';
    },
    (why) => told.push(why),
  );
  expect([answer, tries, told]).toEqual(['done', 5, [error]]);
});

test('but not for ever, and the last error is told', async () => {
  const world = worldOf();
  let tries = 0;
  const step = async (): Promise<never> => {
    tries += 1;
    throw storeUnavailable(`try ${String(tries)}`);
  };
  await expect(patiently(world, step)).rejects.toThrow(/try \d+/);
  expect(world.waited()).toBeGreaterThanOrEqual(30_000);
  expect(world.waited()).toBeLessThan(31_000);
});

test('and what waiting does not mend is told at once', async () => {
  const world = worldOf();
  const broken = new TollgateError('RULE_SET_INVALID', 'unknown fact');
  await expect(patiently(world, () => Promise.reject(broken))).rejects.toBe(broken);
  expect(world.waited()).toBe(0);
});
