import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { describe, inject } from 'vitest';
import { HOW_TO_GET_ONE } from '../../scripts/lib/mongod.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by global-setup.ts; undefined: no MongoDB server, its suites are skipped. */
    mongodbUri: string | undefined;
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
  return `tollgate-test-${randomBytes(6).toString('hex')}`;
}

/** Removes a database and all that is in it. */
export async function dropDatabase(uri: string, database: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  try {
    await client.db(database).dropDatabase();
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
