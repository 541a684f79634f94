import type { ClientSession, MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Hold } from '../../../../src/decisions/ports.js';
import type { MongoStore } from '../../../../src/storage/mongo/open.js';
import { REAL_WORLD } from '../../../../src/world/real-world.js';
import { describeMongo } from '../../../support/mongo-suite.js';
import { T0 } from '../../contract/entries.js';
import { openStore } from '../opened.js';

const EXPIRES = T0 + 3_600_000;
const hold = (counter: string): Hold => ({ counter, amount: 100, cap: 500, periodEnd: T0 });

describeMongo('a counter on MongoDB that an instance left locked when it was killed', (uri) => {
  let database: string;
  let store: MongoStore;
  let client: MongoClient;
  let session: ClientSession;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ database, store, client, close } = await openStore({ uri, world: REAL_WORLD }, {}));
    await store.limits.reserve('before', [hold('locked')], EXPIRES);
    session = client.startSession();
    session.startTransaction();
    const counters = client.db(database).collection<{ readonly _id: string }>('limitCounters');
    await counters.updateOne({ _id: 'locked' }, { $inc: { total: 1 } }, { session });
  });
  afterEach(async () => {
    await session.endSession();
    await close();
  });

  it('keeps no payment waiting that does not need it, and has lost no room afterwards', async () => {
    const ask = async (name: string, index: number): Promise<string> => {
      const answer = await store.limits.reserve(`d${index}`, [hold(name)], EXPIRES).catch(() => undefined);
      return answer === undefined ? 'unavailable' : answer.reserved ? 'held' : 'refused';
    };
    const asked = Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? 'locked' : `free${index}`));
    // Asked for one after the other, so that they are not all of one batch.
    const answers: Promise<string>[] = [];
    for (const [index, name] of asked.entries()) {
      answers.push(ask(name, index));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const expected = asked.map((name) => (name === 'locked' ? 'unavailable' : 'held'));
    expect(await Promise.all(answers)).toEqual(expected);
    await session.abortTransaction();
    expect(await store.limits.reserve('d0', [hold('locked')], EXPIRES)).toEqual({
      reserved: true,
      used: [100],
    });
    expect(await store.limits.used('locked')).toBe(200);
  });
});
