import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { openMongoStore } from '../../../src/storage/mongo/open.js';
import { describeMongo, dropDatabase, freshDatabase } from '../../support/mongo-suite.js';
import { OWN_TIME_WORLD } from '../../support/own-time.js';
import { sitesContract } from '../contract/sites.js';
import { mongoFactory } from './factory.js';

describeMongo('sites contract', (uri) => sitesContract(mongoFactory(uri)));

describeMongo('a change whose maker died half-way', (uri) => {
  const base = { name: '', group: '', timeZone: 'UTC', country: 'DE', currency: 'EUR', languages: [] };
  const site = { id: 's', revision: 0, ...base };

  it.each([
    ['who follows', true],
    ['the next change', false],
  ])('is made whole by %s', async (_, followed) => {
    const database = freshDatabase();
    const beside = await MongoClient.connect(uri);
    const store = await openMongoStore({ uri, database, world: OWN_TIME_WORLD });
    await store.sites.put('site', site);
    const item = { ...site, revision: 2, name: 'half' };
    await beside
      .db(database)
      .collection<{ readonly _id: string }>('meta')
      .updateOne({ _id: 'sites' }, { $set: { latest: { _id: 'site/s', change: 2, kind: 'site', item } } });
    if (followed) expect(await store.sites.changes(1, 9)).toEqual([{ kind: 'site', change: 2, item }]);
    expect(await store.sites.put('site', { ...site, revision: 1 })).toBe('stale');
    expect(await store.sites.put('site', { ...site, id: 't' })).toBe('stored');
    expect((await store.sites.changes(1, 9)).map(({ change }) => change)).toEqual([2, 3]);
    expect(await store.sites.get('site', 's')).toEqual(item);
    await store.close();
    await beside.close();
    await dropDatabase(uri, database);
  });
});
