import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { MongoMemoryReplSet } from 'mongodb-memory-server-core';
import { HOW_TO_GET_ONE, findMongod, isCi } from '../../scripts/lib/mongod.mjs';
import { isMongoUri, MONGO_URI_FORM } from '../../src/config/mongo-uri.js';
import { shownStore } from '../../src/config/shown-store.js';

/** A real MongoDB replica set for tests. */
export interface TestServer {
  readonly uri: string;
  stop(): Promise<void>;
}

/**
 * The server of a test run: the one of MONGODB_URI, else a single-node replica set on disk with its journal. `undefined`
 * when there is none; throws then where CI is set. Databases of the run's `prefix` are gone once it has stopped.
 */
export async function mongodForTests(prefix: string): Promise<TestServer | undefined> {
  const found = findMongod();
  if (!found) {
    if (isCi()) throw new Error(`the MongoDB suites cannot run: ${HOW_TO_GET_ONE}`);
    return undefined;
  }
  if (found.kind === 'uri') {
    await refuseForeignData(found.uri);
    return { uri: found.uri, stop: () => dropDatabases(found.uri, prefix) };
  }
  // No checkpoints: they write out every collection of every test, and meanwhile others wait for the disk.
  return await startMongod(found.path, found.version, ['--syncdelay', '3600']);
}

/** Starts a replica set of one node in a temporary folder. */
export async function startMongod(
  systemBinary: string,
  version: string,
  args: readonly string[] = [],
): Promise<TestServer> {
  const dbPath = mkdtempSync(join(tmpdir(), 'tollgate-mongod-'));
  const server = await MongoMemoryReplSet.create({
    binary: { systemBinary, version },
    instanceOpts: [{ dbPath, storageEngine: 'wiredTiger', launchTimeout: 60_000, args: [...args] }],
    replSet: { count: 1, storageEngine: 'wiredTiger' },
  });
  return {
    uri: server.getUri(),
    stop: async () => {
      await server.stop({ doCleanup: false });
      rmSync(dbPath, { recursive: true, force: true });
    },
  };
}

async function dropDatabases(uri: string, prefix: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  try {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
    for (const { name } of databases) if (name.startsWith(prefix)) await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}

/** A server that people named may hold data of theirs: only a database that is empty is used. */
async function refuseForeignData(uri: string): Promise<void> {
  if (!isMongoUri(uri)) throw new Error(`MONGODB_URI: '${shownStore(uri)}' is not ${MONGO_URI_FORM}`);
  if (process.env['MONGODB_TESTS_MAY_SHARE'] === '1') return;
  const client = await MongoClient.connect(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    const name = client.db().databaseName;
    const { length } = await client.db().listCollections().toArray();
    if (length > 0) {
      throw new Error(
        `MONGODB_URI: the database ${name} is not empty; name another or set MONGODB_TESTS_MAY_SHARE=1`,
      );
    }
  } finally {
    await client.close();
  }
}
