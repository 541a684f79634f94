import { MongoClient } from 'mongodb';
import { Connection } from '../../../src/storage/mongo/connection.js';
import { openMongoStore, type MongoStore } from '../../../src/storage/mongo/open.js';
import { resolveOptions, type MongoStoreOptions } from '../../../src/storage/mongo/options.js';
import { emptyDatabase, giveBack } from '../../support/mongo-suite.js';

/** A store in a database of its own, and two more ways into that. */
export interface Opened {
  readonly database: string;
  readonly store: MongoStore;
  /** As an instance has it. */
  readonly connection: Connection;
  readonly client: MongoClient;
  readonly close: () => Promise<void>;
}

/** Opens all of it; `more` is for the store alone. */
export async function openStore(
  options: Pick<MongoStoreOptions, 'uri' | 'world'>,
  more: Partial<MongoStoreOptions>,
): Promise<Opened> {
  const database = emptyDatabase();
  const store = await openMongoStore({ ...options, database, ...more });
  const connection = new Connection(resolveOptions({ ...options, database }));
  await connection.open();
  const client = await MongoClient.connect(options.uri);
  return {
    database,
    store,
    connection,
    client,
    close: async () => {
      await client.close();
      await connection.close();
      await store.close();
      await giveBack(options.uri, database);
    },
  };
}
