import { fileURLToPath } from 'node:url';
import { openMongoStore } from '../../../src/storage/mongo/open.js';
import type { MongoStoreOptions } from '../../../src/storage/mongo/options.js';
import { emptyDatabase, giveBack } from '../../support/mongo-suite.js';
import { OWN_TIME_WORLD } from '../../support/own-time.js';
import type { StoreFactory, TestStore } from '../contract/factory.js';

/** Opens stores for the contract suite on databases of their own, of the run's server. */
export function mongoFactory(uri: string, more: Partial<MongoStoreOptions> = {}): StoreFactory {
  return {
    name: more.followMarks === true ? 'mongodb, by marks' : 'mongodb',
    shared: true,
    create: () => {
      const database = emptyDatabase();
      const open = new Set<TestStore>();
      return Promise.resolve({
        open: async () => {
          const store = await openMongoStore({ uri, database, world: OWN_TIME_WORLD, ...more });
          open.add(store);
          return store;
        },
        appender: [fileURLToPath(new URL('./appender.ts', import.meta.url)), uri, database],
        drop: async () => {
          for (const store of open) await store.close();
          await giveBack(uri, database);
        },
      });
    },
  };
}
