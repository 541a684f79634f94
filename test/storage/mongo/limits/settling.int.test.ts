import type { Document, MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Hold, HoldReport, LimitStore } from '../../../../src/decisions/ports.js';
import { afterLapse } from '../../../../src/decisions/limits/hold-state.js';
import { Connection } from '../../../../src/storage/mongo/connection.js';
import { LimitCounters } from '../../../../src/storage/mongo/limits/counters.js';
import { HoldChanges } from '../../../../src/storage/mongo/limits/hold-changes.js';
import { LimitHolds } from '../../../../src/storage/mongo/limits/holds.js';
import { MongoLimits } from '../../../../src/storage/mongo/limits/limits.js';
import type { MongoStore } from '../../../../src/storage/mongo/open.js';
import { resolveOptions } from '../../../../src/storage/mongo/options.js';
import { REAL_WORLD } from '../../../../src/world/real-world.js';
import { describeMongo } from '../../../support/mongo-suite.js';
import { T0 } from '../../contract/entries.js';
import { openStore } from '../opened.js';

const EXPIRES = T0 + 3_600_000;
const MADE: HoldReport = { kind: 'made', at: T0 };
const FAILED: HoldReport = { kind: 'failed' };
const NAMES = ['a', 'b'];
const hold = (counter: string, amount: number, cap = 500): Hold => ({ counter, amount, cap, periodEnd: T0 });
const both = (amount: number): Hold[] => NAMES.map((name) => hold(name, amount));
/** Longer than any change of a hold may take. */
const LATER = T0 + 60_000;
/** At the time of the holds. */
const WORLD = { ...REAL_WORLD, clock: { ...REAL_WORLD.clock, now: () => T0 } };

const WRITES = ['updateOne', 'bulkWrite', 'insertMany', 'findOneAndUpdate'];

describeMongo('holds on MongoDB that are settled', (uri) => {
  let database: string;
  let store: MongoStore;
  let connection: Connection;
  let client: MongoClient;
  let close: () => Promise<void>;
  let killed: Connection;

  beforeEach(async () => {
    ({ database, store, connection, client, close } = await openStore({ uri, world: WORLD }, {}));
    killed = new Connection(resolveOptions({ uri, world: WORLD, database }));
    await killed.open();
  });
  afterEach(async () => {
    await killed.close();
    await close();
  });

  /** Limits of an instance that is killed before its write `last`, or after it: nothing of it ends any more. */
  function mortal(
    last: number,
    when: 'before' | 'after',
  ): { readonly limits: LimitStore; dead: Promise<void> } {
    let writes = 0;
    let die: () => void = () => undefined;
    const dead = new Promise<void>((resolve) => (die = resolve));
    const hang = (): Promise<never> => {
      die();
      return new Promise(() => undefined);
    };
    const collection = (name: string): object =>
      new Proxy(killed.collection(name), {
        get(target, property) {
          const value: unknown = Reflect.get(target, property);
          if (typeof value !== 'function') return value;
          const call = value.bind(target) as (...args: unknown[]) => unknown;
          if (!WRITES.includes(String(property))) return call;
          return async (...args: unknown[]) => {
            writes += 1;
            if (writes > last || (writes === last && when === 'before')) return await hang();
            const result = await call(...args);
            return writes === last ? await hang() : result;
          };
        },
      });
    const dying = { run: <T>(work: () => Promise<T>) => work(), client: killed.client, collection };
    return { limits: new MongoLimits(dying as unknown as Connection, { world: WORLD }), dead };
  }

  const totals = (): Promise<number[]> => Promise.all(NAMES.map((name) => store.limits.used(name)));
  /** Markers that are left on the counters. */
  const markers = (): Promise<number> =>
    client
      .db(database)
      .collection('limitCounters')
      .countDocuments({ 'p.0': { $exists: true } });
  const moments = [1, 2, 3].flatMap((last) => [[last, 'before'] as const, [last, 'after'] as const]);
  const died = async (work: Promise<unknown>, dead: Promise<void>): Promise<void> => {
    work.catch(() => undefined);
    await Promise.race([work, dead]);
  };

  it.each(moments)(
    'by an instance killed at write %i, %s it: lock nothing, count once',
    async (last, when) => {
      await store.limits.reserve('x', both(300), EXPIRES);
      await store.limits.reserve('y', both(100), EXPIRES);
      const { limits, dead } = mortal(last, when);
      await died(limits.settle('x', FAILED), dead);
      const [before] = await totals();
      expect([400, 100]).toContain(before);
      expect(await store.limits.reserve('z', both(50), EXPIRES)).toMatchObject({ reserved: true });
      // The same report again: it is at an end when that is answered, and not counted twice.
      await store.limits.settle('x', FAILED);
      expect(await totals()).toEqual([150, 150]);
      await store.limits.settle('x', FAILED);
      await store.limits.expire(LATER);
      expect(await totals()).toEqual([150, 150]);
      await expect.poll(markers).toBe(0);
    },
  );

  it.each(moments)(
    'by an instance killed at write %i, %s it, and never again: count before or after it',
    async (last, when) => {
      await store.limits.reserve('x', both(300), EXPIRES);
      const { limits, dead } = mortal(last, when);
      await died(limits.settle('x', FAILED), dead);
      await store.limits.expire(LATER);
      const after = await totals();
      expect([
        [0, 0],
        [300, 300],
      ]).toContainEqual(after);
      await expect.poll(markers).toBe(0);
      await store.limits.expire(EXPIRES);
      expect(await totals()).toEqual([0, 0]);
    },
  );

  it.each(moments)(
    'and made after a lapse, by an instance killed at write %i, %s it: count once',
    async (last, when) => {
      await store.limits.reserve('x', both(300), EXPIRES);
      await store.limits.expire(EXPIRES);
      const { limits, dead } = mortal(last, when);
      await died(limits.settle('x', MADE), dead);
      await store.limits.settle('x', MADE);
      await store.limits.expire(EXPIRES + 60_000);
      expect(await totals()).toEqual([300, 300]);
      await expect.poll(markers).toBe(0);
    },
  );

  it.each(moments)(
    'when they lapse, by an instance killed at write %i, %s it: count no more',
    async (last, when) => {
      for (const name of ['x', 'y', 'z']) await store.limits.reserve(name, both(100), EXPIRES);
      const { limits, dead } = mortal(last, when);
      await died(limits.expire(EXPIRES), dead);
      expect(await store.limits.reserve('w', both(50), EXPIRES + 1)).toMatchObject({ reserved: true });
      await store.limits.expire(EXPIRES);
      await store.limits.expire(EXPIRES + 60_000);
      expect(await totals()).toEqual([0, 0]);
      await expect.poll(markers).toBe(0);
    },
  );

  it.each([...moments, [4, 'before'] as const, [4, 'after'] as const])(
    'and reserved again after a lapse, by an instance killed at write %i, %s it: pass no cap',
    async (last, when) => {
      await store.limits.reserve('x', both(300), EXPIRES);
      await store.limits.expire(EXPIRES);
      const { limits, dead } = mortal(last, when);
      await died(limits.reserve('x', both(300), EXPIRES + 9), dead);
      expect(await store.limits.reserve('x', both(300), EXPIRES + 9)).toEqual({
        reserved: true,
        used: [0, 0],
      });
      expect(await store.limits.reserve('y', both(300), EXPIRES + 9)).toEqual({
        reserved: false,
        used: [300],
      });
      expect(await totals()).toEqual([300, 300]);
      await store.limits.expire(EXPIRES + 60_000);
      expect(await totals()).toEqual([0, 0]);
      await expect.poll(markers).toBe(0);
    },
  );

  it('and lapsed, by an instance killed before it gave back: are reserved again, and given back once', async () => {
    await store.limits.reserve('x', both(300), EXPIRES);
    const { limits, dead } = mortal(2, 'after');
    await died(limits.expire(EXPIRES), dead);
    expect(await totals()).toEqual([300, 300]);
    expect(await store.limits.reserve('x', both(300), EXPIRES + 9)).toMatchObject({ reserved: true });
    await store.limits.expire(LATER);
    expect(await totals()).toEqual([300, 300]);
    await store.limits.expire(EXPIRES + 60_000);
    expect(await totals()).toEqual([0, 0]);
  });

  it.each(moments)(
    'never, since an instance was killed at write %i, %s it, of reserving: keep their room for seconds only',
    async (last, when) => {
      const { limits, dead } = mortal(last, when);
      await died(limits.reserve('x', both(300), EXPIRES), dead);
      await store.limits.expire(LATER);
      // What is on disk as a whole is held until it lapses.
      const held = last === 3 && when === 'after' ? 300 : 0;
      expect(await totals()).toEqual([held, held]);
      await expect.poll(markers).toBe(0);
      expect(await store.limits.reserve('x', both(300), EXPIRES)).toEqual({ reserved: true, used: [0, 0] });
      expect(await totals()).toEqual([300, 300]);
    },
  );

  /** Limits whose holds' find of this number answers with these, and whose replacements seem to miss one. */
  function behind(number: number, documents: () => readonly Document[], misses = false): LimitStore {
    let finds = 0;
    const collection = (name: string): object =>
      new Proxy(connection.collection(name), {
        get(target, property) {
          const value: unknown = Reflect.get(target, property);
          if (typeof value !== 'function') return value;
          const call = value.bind(target) as (...args: unknown[]) => unknown;
          if (name !== 'limitHolds') return call;
          if (property === 'find')
            return (...args: unknown[]) =>
              ++finds === number ? { toArray: async () => documents() } : call(...args);
          if (property !== 'bulkWrite' || !misses) return call;
          return async (...args: unknown[]) => ({ ...((await call(...args)) as object), matchedCount: 0 });
        },
      });
    const run = <T>(work: () => Promise<T>): Promise<T> => work();
    return new MongoLimits({ run, collection } as unknown as Connection, { world: WORLD });
  }

  it('with a server that does not know of them yet: count', async () => {
    await store.limits.reserve('x', both(300), EXPIRES);
    await behind(1, () => []).settle('x', FAILED);
    expect(await totals()).toEqual([0, 0]);
  });

  it('with a server that knows of them as they were when others changed: count', async () => {
    for (const name of ['x', 'y']) await store.limits.reserve(name, both(100), EXPIRES);
    const before = await client.db(database).collection('limitHolds').find().toArray();
    const limits = behind(2, () => before, true);
    await Promise.all(['x', 'y'].map((name) => limits.settle(name, FAILED)));
    expect(await totals()).toEqual([0, 0]);
    await expect.poll(markers).toBe(0);
  });

  it('as due although they were reserved again: stay', async () => {
    await store.limits.reserve('x', both(300), EXPIRES);
    const holds = new LimitHolds(connection);
    const counters = new LimitCounters(connection, { world: WORLD }, (decision) => holds.find(decision));
    const changes = new HoldChanges(counters, holds, { world: WORLD });
    expect(await changes.changeDue('x', afterLapse, EXPIRES - 1)).toBe(false);
    expect(await totals()).toEqual([300, 300]);
    expect(await changes.changeDue('x', afterLapse, EXPIRES)).toBe(true);
    expect(await totals()).toEqual([0, 0]);
  });

  it('many of one counter at once, by two instances', async () => {
    const other = new MongoLimits(connection, { world: WORLD });
    const names = Array.from({ length: 200 }, (_, index) => `d${String(index)}`);
    const holds = [hold('a', 10, 1e6), hold('b', 10, 1e6)];
    for (let from = 0; from < names.length; from += 40)
      await Promise.all(
        names.slice(from, from + 40).map((name) => store.limits.reserve(name, holds, EXPIRES)),
      );
    const settled = await Promise.allSettled(
      names.map((name, index) => (index % 2 === 0 ? store.limits : other).settle(name, FAILED)),
    );
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await totals()).toEqual([0, 0]);
  });
});
