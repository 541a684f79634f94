import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { describe, inject } from 'vitest';
import { COLLECTIONS } from '../../src/storage/mongo/indexes.js';
import { HOW_TO_GET_ONE } from '../../scripts/lib/mongod.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by global-setup.ts; undefined: no MongoDB server, its suites are skipped. */
    mongodbUri: string | undefined;
    /** What the names of this run's databases begin with: those that are left are dropped at its end. */
    databasePrefix: string;
  }
}

/**
 * A suite that needs MongoDB. Without a server it is reported as skipped, under its name and with what to do; in CI the
 * run has failed before this point.
 */
export function describeMongo(name: string, suite: (uri: string) => void): void {
  const uri = inject('mongodbUri');
  if (uri === undefined) describe.skip(`${name} (no MongoDB server: ${HOW_TO_GET_ONE})`, () => suite(''));
  else describe(name, () => suite(uri));
}

/** A database name that nobody has used. */
export function freshDatabase(): string {
  return `${inject('databasePrefix')}${randomBytes(6).toString('hex')}`;
}

/** Given back and not emptied yet: what still runs on a server for a client that has gone has time to end. */
const resting: string[] = [];
const REST = 2;
/** To remove more documents than these one by one takes longer than to make a database. */
const MOST = 500;
const ready: string[] = [];

/**
 * A database of the run's own server without a document; it may have the collections and indexes of one used before:
 * making and dropping them is most of what a test on a database of its own costs.
 */
export function emptyDatabase(): string {
  return ready.shift() ?? freshDatabase();
}

/** Takes back what `emptyDatabase` gave. Whoever used it has closed, and none of it is held up on the way to the server. */
export async function giveBack(uri: string, database: string): Promise<void> {
  resting.push(database);
  if (resting.length <= REST) return;
  const [rested = ''] = resting.splice(0, 1);
  await onServer(uri, async (client) => {
    const db = client.db(rested);
    const { objects } = (await db.stats()) as { readonly objects: number };
    if (objects > MOST) {
      await db.dropDatabase();
      return;
    }
    const known = new Set<string>(Object.values(COLLECTIONS));
    const found = await db.listCollections({}, { nameOnly: true }).toArray();
    const majority = { writeConcern: { w: 'majority' } } as const;
    await Promise.all(
      found.map(({ name }) =>
        known.has(name) ? db.collection(name).deleteMany({}, majority) : db.dropCollection(name, majority),
      ),
    );
    ready.push(rested);
  });
}

/** Removes a database and all that is in it. */
export async function dropDatabase(uri: string, database: string): Promise<void> {
  await onServer(uri, (client) => client.db(database).dropDatabase());
}

async function onServer(uri: string, work: (client: MongoClient) => Promise<unknown>): Promise<void> {
  const client = await MongoClient.connect(uri);
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

/** Where the primary of a server is reached: what a proxy in front of it needs. */
export async function primaryOf(uri: string): Promise<{ host: string; port: number }> {
  const client = await MongoClient.connect(uri);
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    const [host, port] = String(hello['me']).split(':');
    return { host: host ?? '127.0.0.1', port: Number(port ?? 27_017) };
  } finally {
    await client.close();
  }
}
