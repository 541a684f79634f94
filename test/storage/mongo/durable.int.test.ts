import { MongoClient, type Document } from 'mongodb';
import { expect, it } from 'vitest';
import { openMongoStore } from '../../../src/storage/mongo/open.js';
import { describeMongo, dropDatabase, freshDatabase } from '../../support/mongo-suite.js';
import { OWN_TIME_WORLD } from '../../support/own-time.js';
import { entries, entry } from '../contract/entries.js';

/** Commands that the server keeps whole: of others it keeps each change without what the command says beside it. */
const WHOLE = ['insert', 'findAndModify', 'findandmodify'];

describeMongo('every write to MongoDB', (uri) => {
  it('waits for a majority and its journal before anything is answered', async () => {
    const database = freshDatabase();
    const beside = await MongoClient.connect(uri);
    const db = beside.db(database);
    await db.command({ profile: 2 });
    const store = await openMongoStore({ uri, database, world: OWN_TIME_WORLD });
    const { log } = store.journal;
    await store.journal.append([entry({ log, seq: 1 })]);
    await store.limits.reserve('d', [{ counter: 'c', amount: 1, cap: 2, periodEnd: 1 }], 1);
    await store.lists.create(
      { id: 'l', type: 'card', kind: 'block', description: '', owner: '' },
      { actor: 'ana', reason: '' },
      0,
    );
    const member = { value: 'v', reason: '', actor: '', source: '', validFrom: 1, validUntil: Infinity };
    await store.lists.add('l', [member], 1);
    const site = { id: 's', name: '', group: '', timeZone: 'UTC', country: 'DE', currency: 'EUR' };
    await store.sites.put('site', { ...site, languages: [], revision: 0 });
    await store.close();

    const found = await db.collection('system.profile').find().toArray();
    const written = found.flatMap(({ command }) => {
      const whole = command as Document | undefined;
      const collection: unknown = WHOLE.map((name) => whole?.[name] as unknown).find(
        (name) => name !== undefined,
      );
      return collection === undefined ? [] : [{ collection, concern: whole?.['writeConcern'] as unknown }];
    });
    await db.command({ profile: 0 });
    await beside.close();
    await dropDatabase(uri, database);
    expect(new Set(written.map(({ collection }) => collection))).toEqual(
      new Set([
        'entries',
        'limitCounters',
        'limitHolds',
        'listMemberships',
        'lists',
        'logs',
        'meta',
        'sites',
      ]),
    );
    for (const { collection, concern } of written)
      expect(concern, String(collection)).toMatchObject(
        // What is appended to the log is confirmed by a write of its own.
        collection === 'entries' ? { w: 1 } : { w: 'majority', j: true },
      );
  });

  it('waits for a majority between the commands of an append that is too much for one', async () => {
    const database = freshDatabase();
    const beside = await MongoClient.connect(uri);
    const db = beside.db(database);
    const store = await openMongoStore({ uri, database, world: OWN_TIME_WORLD, callTimeoutMs: 30_000 });
    const { log } = store.journal;
    await db.command({ profile: 2 });
    const large = entries(log, 1, 6, () => ({ payload: 4_000_000 }));
    expect(await store.journal.append(large)).toEqual(large.map(() => 'stored'));
    await db.command({ profile: 0 });
    await store.close();
    const inserts = await db.collection('system.profile').find({ 'command.insert': 'entries' }).toArray();
    await beside.close();
    await dropDatabase(uri, database);
    const concerns = inserts.map(({ command }) => (command as Document)['writeConcern'] as unknown);
    expect(concerns).toHaveLength(2);
    for (const concern of concerns) expect(concern).toMatchObject({ w: 'majority', j: true });
  });
});
