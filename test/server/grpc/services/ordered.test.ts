import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ordered } from '../../../../src/server/grpc/services/ordered.js';

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe('ordered', () => {
  test('answers in the order of the source, whatever order work ends in, and never takes in beyond the bound', async () => {
    const message = fc.record({
      weight: fc.integer({ min: 1, max: 5 }),
      ticks: fc.integer({ min: 0, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        async (messages, limit) => {
          let under = 0;
          let most = 0;
          const started: number[] = [];
          const answers: number[] = [];
          const source = messages.map((one, index) => ({ ...one, index }));
          const results = ordered(from(source), limit, ({ index, weight, ticks }) => {
            // Something is taken in only while there is room.
            expect(under).toBeLessThan(limit);
            under += weight;
            most = Math.max(most, under);
            started.push(index);
            const answer = (async () => {
              for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
              return { index, weight };
            })();
            return { weight, answer };
          });
          for await (const { index, weight } of results) {
            answers.push(index);
            under -= weight;
          }
          expect(started).toEqual(source.map(({ index }) => index));
          expect(answers).toEqual(started);
          expect(most).toBeLessThan(limit + 5);
        },
      ),
    );
  });

  test('answers what came before an error of the source, then fails with it', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      throw new RangeError('cut off');
    }
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      const results = ordered(broken(), 10, (value) => ({ weight: 1, answer: Promise.resolve(value) }));
      for await (const value of results) seen.push(value);
    };
    await expect(run()).rejects.toThrow('cut off');
    expect(seen).toEqual([1, 2]);
  });

  test('a reader that leaves lets the source go', async () => {
    let released = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let value = 0; ; value++) yield value;
      } finally {
        released = true;
      }
    }
    for await (const value of ordered(endless(), 3, (one) => ({ weight: 1, answer: Promise.resolve(one) }))) {
      if (value === 5) break;
    }
    await expect.poll(() => released).toBe(true);
  });
});
