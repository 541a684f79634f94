import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMongoStore, type MongoStore } from '../../src/storage/mongo/open.js';
import { REAL_WORLD } from '../../src/world/real-world.js';
import { describeMongo, dropDatabase, freshDatabase } from '../support/mongo-suite.js';
import { T0 } from './contract/entries.js';

const HOUR = 3_600_000;

describeMongo('a MongoDB database of schema 1, which kept holds inside their counters', (uri) => {
  let database: string;
  let client: MongoClient;
  let stores: MongoStore[];

  beforeEach(async () => {
    database = freshDatabase();
    client = await MongoClient.connect(uri);
    const options = { uri, database, world: REAL_WORLD };
    await (await openMongoStore(options)).close();
    const db = client.db(database);
    await db.collection<{ _id: string }>('meta').updateOne({ _id: 'store' }, { $set: { schema: 1 } });
    const held = { u: 0, i: [0], c: 1, e: T0 + HOUR };
    const periodEnd = T0 + 24 * HOUR;
    await db.collection<{ _id: string; [field: string]: unknown }>('limitCounters').insertMany([
      {
        _id: 'day',
        total: 1100,
        periodEnd,
        h: [
          { ...held, d: 'open', a: 100, p: false },
          { ...held, d: 'made', a: 1000, e: Infinity },
          { ...held, d: 'declined', a: 0, b: 300, r: ['declined'] },
          { ...held, d: 'lapsed', a: 50, e: Infinity, g: true },
        ],
      },
      { _id: 'month', total: 1000, periodEnd, h: [{ ...held, d: 'made', a: 1000, e: Infinity }] },
      {
        _id: '\u0000refused/no',
        total: 0,
        periodEnd,
        h: [{ ...held, d: 'no', a: 0, i: [] }],
        refused: [1100],
      },
    ]);
    stores = await Promise.all([openMongoStore(options), openMongoStore(options)]);
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await client.close();
    await dropDatabase(uri, database);
  });

  it('is brought up to date by instances that start together, and goes on where it was', async () => {
    const { limits } = stores[0]!;
    expect([await limits.used('day'), await limits.used('month')]).toEqual([1100, 1000]);
    await limits.settle('open', { kind: 'failed' });
    expect(await limits.used('day')).toBe(1000);
    for (const decision of ['open', 'declined', 'lapsed'])
      await limits.settle(decision, { kind: 'made', at: T0 });
    expect(await limits.used('day')).toBe(1450);
    await limits.settle('made', { kind: 'refunded', id: 'r', amount: 400, counters: ['day', 'month'] });
    expect([await limits.used('day'), await limits.used('month')]).toEqual([1050, 600]);
    await limits.settle('made', { kind: 'cancelled', at: T0 });
    expect([await limits.used('day'), await limits.used('month')]).toEqual([450, 0]);
    expect(await limits.expire(T0 + HOUR)).toBe(0);
    const more = { counter: 'day', amount: 50, cap: 500, periodEnd: T0 + 24 * HOUR };
    expect(await limits.reserve('new', [more], T0 + HOUR)).toEqual({ reserved: true, used: [450] });
  });
});
