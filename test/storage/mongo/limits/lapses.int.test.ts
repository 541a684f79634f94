import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Hold, HoldReport, LimitStore } from '../../../../src/decisions/ports.js';
import type { Connection } from '../../../../src/storage/mongo/connection.js';
import { MongoLimits } from '../../../../src/storage/mongo/limits/limits.js';
import type { MongoStore } from '../../../../src/storage/mongo/open.js';
import { REAL_WORLD } from '../../../../src/world/real-world.js';
import { describeMongo } from '../../../support/mongo-suite.js';
import { T0 } from '../../contract/entries.js';
import { openStore } from '../opened.js';

const EXPIRES = T0 + 3_600_000;
const hold = (counter: string): Hold => ({ counter, amount: 10, cap: 1e6, periodEnd: T0 });
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describeMongo('holds on MongoDB that lapse', (uri) => {
  let store: MongoStore;
  let connection: Connection;
  let close: () => Promise<void>;
  const totals = (): Promise<number[]> =>
    Promise.all(['day0', 'day1', 'day2', 'month'].map((name) => store.limits.used(name)));

  beforeEach(async () => {
    ({ store, connection, close } = await openStore({ uri, world: REAL_WORLD }, {}));
    await Promise.all(
      range(240).map((index) =>
        store.limits.reserve(`d${index}`, [hold(`day${index % 3}`), hold('month')], EXPIRES),
      ),
    );
    expect(await totals()).toEqual([800, 800, 800, 2400]);
  });
  afterEach(() => close());

  it('are given back many at a time', async () => {
    const run = vi.fn((work: () => Promise<unknown>) => connection.run(work));
    const counting = { run, client: connection.client, collection: connection.collection.bind(connection) };
    const limits = new MongoLimits(counting as unknown as Connection, { world: REAL_WORLD });
    // What the reservations have left for later would count too.
    await vi.waitFor(async () => {
      run.mockClear();
      await limits.expire(EXPIRES - 1);
      expect(run).toHaveBeenCalledTimes(4);
    });
    run.mockClear();
    expect(await limits.expire(EXPIRES)).toBe(240);
    expect(await totals()).toEqual([0, 0, 0, 0]);
    // One by one it would be three for each; a machine that is busy gathers fewer at a time.
    expect(run.mock.calls.length).toBeLessThan(240);
  });

  it('are given back once, whoever else does so or changes their counters or what is known of them', async () => {
    const { limits } = store;
    const other = new MongoLimits(connection, { world: REAL_WORLD });
    const settle = async (by: LimitStore, from: number, report: HoldReport): Promise<void> => {
      for (const index of range(20)) await by.settle(`d${from + index}`, report);
    };
    await Promise.all([
      limits.expire(EXPIRES),
      other.expire(EXPIRES),
      settle(limits, 0, { kind: 'made', at: T0 }),
      settle(other, 60, { kind: 'failed' }),
      ...range(30).map((index) => limits.reserve(`new${index}`, [hold(`day${index % 3}`)], EXPIRES + 1)),
    ]);
    expect(await totals()).toEqual([170, 170, 160, 200]);
    expect(await limits.expire(EXPIRES + 1)).toBe(30);
    expect(await totals()).toEqual([70, 70, 60, 200]);
  });
});
