import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMongoStore } from '../../src/storage/mongo/open.js';
import { REAL_WORLD } from '../../src/world/real-world.js';
import { describeMongo, dropDatabase, freshDatabase } from '../support/mongo-suite.js';
import { member } from './contract/lists.js';

describeMongo('a database in which a membership had one end at most', (uri) => {
  let database: string;
  beforeEach(async () => {
    database = freshDatabase();
    const client = await MongoClient.connect(uri);
    const db = client.db(database);
    const lists = db.collection<{ _id: string }>('lists');
    const more = { type: 'card', kind: 'block', description: '', owner: '', next: 3, void: [] };
    await lists.insertOne({ _id: 'l', ...more, revision: 3, open: 1 } as { _id: string });
    const memberships = db.collection('listMemberships');
    await memberships.createIndex({ list: 1, v: 1, r: 1 }, { unique: true });
    await memberships.createIndex({ list: 1, er: 1 }, { partialFilterExpression: { er: { $exists: true } } });
    const said = { list: 'l', r: 1, from: 10, reason: 'why', actor: 'who', source: 'where' };
    await memberships.insertMany([
      { ...said, v: 'a', er: 2, eu: 20 },
      { ...said, v: 'b' },
      { ...said, v: 'c', from: 90, later: true, er: 3, eu: 90 },
    ]);
    await client.close();
  });
  afterEach(() => dropDatabase(uri, database));

  it('keeps its lists, also when several instances open it at once', async () => {
    const open = () => openMongoStore({ uri, database, world: REAL_WORLD });
    const [store, other] = await Promise.all([open(), open()]);
    try {
      const all = { asOf: 15, planned: true };
      const ended = { actor: '', reason: '' };
      const expected = [{ ...member('a', 10, 20), ended }, member('b', 10)];
      expect(await store.lists.entries('l', all, 10, undefined)).toEqual(expected);
      expect(await other.lists.entries('l', { ...all, knownAt: 1 }, 10, undefined)).toEqual(expected);
      expect((await store.lists.lists())[0]).toMatchObject({ entries: 1, revision: 3 });
      const twice = [member('a', 30, 40), member('a', 50)];
      expect(await store.lists.add('l', twice, 30)).toMatchObject({ added: 2, revision: 4 });
    } finally {
      await Promise.all([store.close(), other.close()]);
    }
  });
});
