import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ahead, atOnce } from '../../../src/storage/mongo/at-once.js';

async function* from(items: readonly number[]): AsyncGenerator<number> {
  yield* items;
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

test('every item is worked on, never more than so many at once; the first failure is told when all is quiet', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 }),
      fc.option(fc.nat(29), { nil: undefined }),
      async (limit, items, failing) => {
        let [running, most] = [0, 0];
        const done: number[] = [];
        const indexes = items.map((_, index) => index);
        const all = atOnce(limit, from(indexes), async (index) => {
          running += 1;
          most = Math.max(most, running);
          await turns(items[index] ?? 0);
          running -= 1;
          if (index === failing) throw new Error(`item ${String(index)}`);
          done.push(index);
        });
        if (failing !== undefined && failing < items.length)
          await expect(all).rejects.toThrow(`item ${String(failing)}`);
        else {
          await all;
          expect(done.toSorted((a, b) => a - b)).toEqual(indexes);
        }
        expect(running).toBe(0);
        expect(most).toBeLessThanOrEqual(limit);
      },
    ),
  );
});

test('what fails to come is told too, when all is quiet', async () => {
  let quiet = false;
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw new Error('no more');
  }
  const all = atOnce(2, broken(), async () => {
    await turns(20);
    quiet = true;
  });
  await expect(all).rejects.toThrow('no more');
  expect(quiet).toBe(true);
});

test('what comes of items comes in order, at most so many worked on ahead; a failure comes in its turn', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 }),
      fc.option(fc.nat(29), { nil: undefined }),
      async (limit, items, failing) => {
        let [running, most] = [0, 0];
        const indexes = items.map((_, index) => index);
        const came: number[] = [];
        const take = async (): Promise<void> => {
          const results = ahead(limit, from(indexes), async (index) => {
            running += 1;
            most = Math.max(most, running);
            await turns(items[index] ?? 0);
            running -= 1;
            if (index === failing) throw new Error(`item ${String(index)}`);
            return index;
          });
          for await (const index of results) came.push(index);
        };
        const fails = failing !== undefined && failing < items.length;
        if (fails) await expect(take()).rejects.toThrow(`item ${String(failing)}`);
        else await take();
        expect(came).toEqual(fails ? indexes.slice(0, failing) : indexes);
        expect(running).toBe(0);
        expect(most).toBeLessThanOrEqual(limit);
      },
    ),
  );
});
