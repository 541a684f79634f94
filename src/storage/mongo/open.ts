import { Binary } from 'mongodb';
import type { CanaryStore } from '../../decisions/canary/canary-store.js';
import type { StoreChanges, StoreHealth } from '../../decisions/ports.js';
import type { ShadowStore } from '../../decisions/shadow/shadow-store.js';
import type { ControlStore } from '../../rules/exceptions/control-group.js';
import type { SnoozeStore } from '../../rules/exceptions/snooze.js';
import type { RuleVersionStore } from '../../rules/version-store.js';
import { mongoCanaries } from './canaries.js';
import { mongoChanges } from './changes.js';
import { Connection } from './connection.js';
import { BadAddress } from './errors.js';
import { migrateFrom5 } from './from-5.js';
import { COLLECTIONS, createIndexes } from './indexes.js';
import { MongoJournal } from './journal/journal.js';
import { MongoLimits } from './limits/limits.js';
import { MongoLists } from './lists/lists.js';
import { MongoKeys } from './keys.js';
import { LogRegistry } from './journal/logs.js';
import { resolveOptions } from './options.js';
import type { MongoStoreOptions, ResolvedOptions } from './options.js';
import { mongoExceptions } from './rules/exceptions.js';
import { mongoRules } from './rules/rules.js';
import { mongoShadows } from './shadows/shadows.js';
import { MongoSites } from './sites.js';

/** The layout of the database, kept in the collection `meta`. Those before 5 were never released. */
const SCHEMA = 6;

interface MetaDocument {
  readonly _id: string;
  readonly schema: number;
  readonly hashKey: Binary;
}

interface HealthDocument {
  readonly _id: number;
}

/** Everything Tollgate keeps, on MongoDB. */
export interface MongoStore {
  readonly journal: MongoJournal;
  readonly limits: MongoLimits;
  readonly lists: MongoLists;
  readonly rules: RuleVersionStore;
  readonly shadows: ShadowStore;
  readonly canaries: CanaryStore;
  readonly snoozes: SnoozeStore;
  readonly controls: ControlStore;
  readonly sites: MongoSites;
  readonly keys: MongoKeys;
  readonly changes: StoreChanges;
  readonly health: StoreHealth;
  close(): Promise<void>;
}

/**
 * Opens a store on a replica set or sharded cluster, made when it is not there. Any number of instances may have the
 * same database open. Throws when the server cannot keep the store's promises, and STORE_UNAVAILABLE when there is none.
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<MongoStore> {
  const resolved = resolveOptions(options);
  const connection = new Connection(resolved);
  try {
    return await openOn(connection, resolved);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function openOn(connection: Connection, options: ResolvedOptions): Promise<MongoStore> {
  await connection.open();
  const hashKey = await openMeta(connection, options);
  await connection.patiently(createIndexes, 600_000);
  const registry = new LogRegistry(connection, options);
  await registry.open();
  const lists = new MongoLists(connection, options, registry);
  registry.whenGone(() => lists.sweep());
  const journal = new MongoJournal(connection, options, registry, hashKey);
  const close = async (): Promise<void> => {
    const known = await journal.close();
    await registry.close(known);
    await connection.close();
  };
  let closed: Promise<void> | undefined;
  return {
    journal,
    limits: new MongoLimits(connection, options),
    lists,
    rules: mongoRules(connection),
    shadows: mongoShadows(connection),
    canaries: mongoCanaries(connection),
    snoozes: mongoExceptions(connection, 'snoozes'),
    controls: mongoExceptions(connection, 'control-groups'),
    sites: new MongoSites(connection),
    keys: new MongoKeys(connection),
    changes: mongoChanges(connection, options.world.timers),
    health: { ping: () => ping(connection, registry.own) },
    close: () => (closed ??= close()),
  };
}

/** The store's own key, made once. */
async function openMeta(connection: Connection, { world }: ResolvedOptions): Promise<Uint8Array> {
  const collection = connection.collection<MetaDocument>(COLLECTIONS.meta);
  const fresh = { schema: SCHEMA, hashKey: new Binary(world.randomBytes(32)) };
  const meta = await connection.run(() =>
    collection.findOneAndUpdate(
      { _id: 'store' },
      { $setOnInsert: fresh },
      { upsert: true, returnDocument: 'after' },
    ),
  );
  if (!meta) throw new Error('the store did not keep its key');
  if (meta.schema === 5) {
    await connection.patiently(migrateFrom5, 600_000);
    await connection.run(() =>
      collection.updateOne({ _id: 'store', schema: 5 }, { $set: { schema: SCHEMA } }),
    );
  } else if (meta.schema !== SCHEMA)
    throw new BadAddress(
      `the database was written by another release of Tollgate (schema ${meta.schema}; this one reads ${SCHEMA})`,
    );
  return new Uint8Array(meta.hashKey.value());
}

async function ping(connection: Connection, log: number): Promise<void> {
  const logs = connection.collection<HealthDocument>(COLLECTIONS.logs);
  await connection.write(() => logs.updateOne({ _id: log }, { $inc: { pings: 1 } }));
}
