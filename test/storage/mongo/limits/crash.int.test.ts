import type { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Hold } from '../../../../src/decisions/ports.js';
import { Connection } from '../../../../src/storage/mongo/connection.js';
import { MongoLimits } from '../../../../src/storage/mongo/limits/limits.js';
import type { MongoStore } from '../../../../src/storage/mongo/open.js';
import { REAL_WORLD } from '../../../../src/world/real-world.js';
import { describeMongo } from '../../../support/mongo-suite.js';
import { T0 } from '../../contract/entries.js';
import { openStore } from '../opened.js';
import { HASTY } from './hasty.js';

const EXPIRES = T0 + 3_600_000;
const hold = (counter: string, cap: number): Hold => ({ counter, amount: 100, cap, periodEnd: T0 });
/** The second counter has room for one less than the first. */
const holds = [hold('a', 300), hold('b', 200)];

describeMongo('limits on MongoDB when an instance is killed between two steps', (uri) => {
  let database: string;
  let store: MongoStore;
  let connection: Connection;
  let client: MongoClient;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ database, store, connection, client, close } = await openStore(
      { uri, world: REAL_WORLD },
      { world: HASTY },
    ));
  });
  afterEach(() => close());

  /** Limits of an instance that dies before its step `last`, or after it and without hearing of it. */
  function mortal(last: number, when: 'before' | 'after'): MongoLimits {
    let step = 0;
    const run = async <T>(work: () => Promise<T>): Promise<T> => {
      step += 1;
      if (step > last || (step === last && when === 'before')) throw new Error('killed');
      const result = await connection.run(work);
      if (step === last) throw new Error('killed');
      return result;
    };
    const dying = {
      run,
      client: connection.client,
      collection: (name: string) => connection.collection(name),
    };
    return new MongoLimits(dying as unknown as Connection, { world: REAL_WORLD });
  }
  const used = async (): Promise<readonly number[]> => [
    await store.limits.used('a'),
    await store.limits.used('b'),
  ];
  const accepted = async (decisions: readonly string[]): Promise<number> => {
    const answers = await Promise.all(decisions.map((one) => store.limits.reserve(one, holds, EXPIRES)));
    return answers.filter(({ reserved }) => reserved).length;
  };

  /** How many are left on the counters. */
  const markers = async (): Promise<number> => {
    const counters = client.db(database).collection<{ readonly p: readonly unknown[] }>('limitCounters');
    return (await counters.find().toArray()).reduce((sum, { p }) => sum + p.length, 0);
  };

  it.each([1, 2, 3, 4].flatMap((last) => [[last, 'before'] as const, [last, 'after'] as const]))(
    'at step %i, %s it: accepts no more than the cap, and has all its room back once holds lapse',
    async (last, when) => {
      await mortal(last, when)
        .reserve('x', holds, EXPIRES)
        .catch(() => undefined);
      // Asked again it is held once, whatever it left behind.
      expect(await store.limits.reserve('x', holds, EXPIRES)).toEqual({ reserved: true, used: [0, 0] });
      expect(await used()).toEqual([100, 100]);
      expect(await accepted(['y1', 'y2', 'y3'])).toBe(1);
      await store.limits.expire(EXPIRES);
      expect(await used()).toEqual([0, 0]);
      expect(await accepted(['z1', 'z2', 'z3'])).toBe(2);
    },
  );

  it.each([1, 2, 3, 4, 5].flatMap((last) => [[last, 'before'] as const, [last, 'after'] as const]))(
    'at step %i, %s it, never asked again: accepts no more than the cap, and is healed when holds lapse',
    async (last, when) => {
      await mortal(last, when)
        .reserve('x', holds, EXPIRES)
        .catch(() => undefined);
      expect(await accepted(['y1', 'y2', 'y3'])).toBeLessThanOrEqual(2);
      await store.limits.expire(EXPIRES);
      expect(await used()).toEqual([0, 0]);
    },
  );

  it.each([1, 2, 3, 4, 5, 6].flatMap((last) => [[last, 'before'] as const, [last, 'after'] as const]))(
    'at step %i, %s it, while it is refused: keeps nothing of it',
    async (last, when) => {
      expect(await accepted(['y1', 'y2'])).toBe(2);
      await mortal(last, when)
        .reserve('x', holds, EXPIRES)
        .catch(() => undefined);
      for (const decision of ['y1', 'y2']) await store.limits.settle(decision, { kind: 'made', at: T0 });
      await store.limits.expire(EXPIRES);
      expect(await used()).toEqual([200, 200]);
    },
  );

  it.each([1, 2, 3])(
    'has the room back that step %i took late, given up and its decision asked again',
    async (late) => {
      let arrive: () => Promise<unknown> = () => Promise.resolve();
      let step = 0;
      const run = async <T>(work: () => Promise<T>): Promise<T> => {
        step += 1;
        if (step !== late) return await connection.run(work);
        arrive = () => connection.run(work);
        throw new Error('given up');
      };
      const stuck = {
        run,
        client: connection.client,
        collection: connection.collection.bind(connection),
      };
      const limits = new MongoLimits(stuck as unknown as Connection, { world: REAL_WORLD });
      await limits.reserve('x', holds, EXPIRES).catch(() => undefined);
      expect(await store.limits.reserve('x', holds, EXPIRES)).toEqual({ reserved: true, used: [0, 0] });
      await vi.waitFor(async () => expect(await markers()).toBe(0), { interval: 5 });
      await arrive();
      expect(await accepted(['y1', 'y2', 'y3'])).toBe(1);
      expect(await used()).toEqual([200, 200]);
    },
  );

  it('is not fooled by one that was only held up and goes on after its markers ran out', async () => {
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const reached = vi.fn();
    let step = 0;
    const run = async <T>(work: () => Promise<T>): Promise<T> => {
      step += 1;
      if (step === 3) {
        reached();
        await gate;
      }
      return await connection.run(work);
    };
    const slow = {
      run,
      client: connection.client,
      collection: (name: string) => connection.collection(name),
    };
    const limits = new MongoLimits(slow as unknown as Connection, { world: REAL_WORLD });
    const late = limits.reserve('x', holds, EXPIRES);
    await vi.waitFor(() => expect(reached).toHaveBeenCalled(), { interval: 5 });
    expect(await used()).toEqual([100, 100]);
    await store.limits.expire(EXPIRES);
    expect(await used()).toEqual([0, 0]);
    expect(await accepted(['y1'])).toBe(1);
    goOn();
    expect(await late).toEqual({ reserved: true, used: [100, 100] });
    expect(await used()).toEqual([200, 200]);
  });

  it('keeps a counter small, however many payments it counts', async () => {
    const open = { ...hold('month', 1e9), amount: 1 };
    for (let round = 0; round < 5; round++) {
      const names = Array.from({ length: 60 }, (_, index) => `d${round}-${index}`);
      await Promise.all(names.map((name) => store.limits.reserve(name, [open], EXPIRES)));
      await Promise.all(
        names.slice(0, 30).map((name) => store.limits.settle(name, { kind: 'made', at: T0 })),
      );
    }
    const counters = client.db(database).collection<{ _id: string }>('limitCounters');
    await vi.waitFor(
      async () => {
        const [size] = await counters
          .aggregate<{ bytes: number }>([{ $project: { bytes: { $bsonSize: '$$ROOT' } } }])
          .toArray();
        expect(size?.bytes).toBeLessThan(100);
      },
      { interval: 5, timeout: 5_000 },
    );
    expect(await store.limits.used('month')).toBe(300);
  });
});
