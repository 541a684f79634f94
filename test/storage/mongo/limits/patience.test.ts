import { MongoServerError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { MongoLimits } from '../../../../src/storage/mongo/limits/limits.js';

type Arguments = ConstructorParameters<typeof MongoLimits>;

/** A server on which every step takes longer than a decision is willing to wait for others. */
function slowServer(refusals: number): { readonly limits: MongoLimits; readonly tries: () => number } {
  let ms = 0;
  let tries = 0;
  const collection = {
    find: () => ({ toArray: async () => [{ _id: 'day', total: 300, p: [] }] }),
    insertMany: async () => undefined,
    bulkWrite: async () => undefined,
    async findOneAndUpdate() {
      tries += 1;
      if (tries <= refusals) throw new MongoServerError({ message: 'duplicate key', code: 11_000 });
      return { total: 300 };
    },
  };
  const connection = {
    collection: () => collection,
    async run(step: () => Promise<unknown>) {
      ms += 1_200;
      return await step();
    },
  } as unknown as Arguments[0];
  const world = {
    randomBytes: (length: number) => new Uint8Array(length),
    clock: { now: () => ms, monotonicUs: () => ms * 1000 },
    timers: {
      after: (_: number, callback: () => void) => {
        queueMicrotask(callback);
        return () => undefined;
      },
    },
  };
  return {
    limits: new MongoLimits(connection, { world } as unknown as Arguments[1]),
    tries: () => tries,
  };
}

describe('a hold on a slow MongoDB server', () => {
  it('is not refused for want of patience when there is room after all', async () => {
    const { limits } = slowServer(1);
    const holds = [{ counter: 'day', amount: 100, cap: 500, periodEnd: 1 }];
    expect(await limits.reserve('a', holds, 9)).toEqual({ reserved: true, used: [300] });
  });

  it('is refused at once when there is none', async () => {
    const { limits, tries } = slowServer(Infinity);
    const holds = [{ counter: 'day', amount: 300, cap: 500, periodEnd: 1 }];
    expect(await limits.reserve('a', holds, 9)).toEqual({ reserved: false, used: [300] });
    expect(tries()).toBe(1);
  });
});
