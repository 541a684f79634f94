import { expect, it } from 'vitest';
import { openMongoStore } from '../../src/storage/mongo/open.js';
import { describeMongo, dropDatabase, freshDatabase } from '../support/mongo-suite.js';
import { OWN_TIME_WORLD } from '../support/own-time.js';

const entryOf = (value: string) => ({
  value,
  reason: '',
  actor: 'ana',
  source: 'test',
  validFrom: 1,
  validUntil: Infinity,
});

describeMongo('a list that takes a long import', (uri) => {
  it('says that it is busy to who changes it meanwhile, and is free again when the import has ended', async () => {
    const database = freshDatabase();
    const store = await openMongoStore({ uri, database, world: OWN_TIME_WORLD });
    try {
      await store.lists.create({ id: 'l', type: 'card', kind: 'block', description: '', owner: '' });
      let more: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (more = resolve));
      let begun: () => void = () => undefined;
      const under = new Promise<void>((resolve) => (begun = resolve));
      async function* batches() {
        yield [entryOf('first')];
        begun();
        await held;
        yield [entryOf('last')];
      }
      const options = {
        replace: false,
        dryRun: false,
        by: { actor: 'ana', reason: '' },
        now: () => 1,
      };
      const importing = store.lists.import('l', batches(), options);
      await under;
      await expect(store.lists.add('l', [entryOf('x')], 1)).rejects.toMatchObject({ code: 'LIST_BUSY' });
      more();
      expect(await importing).toMatchObject({ added: 2 });
      expect(await store.lists.add('l', [entryOf('y')], 1)).toMatchObject({ added: 1 });
    } finally {
      await store.close();
      await dropDatabase(uri, database);
    }
  });
});
