import type { CanaryStore } from '../../decisions/canary/canary-store.js';
import type { Journal, LimitStore, StoreChanges, StoreHealth } from '../../decisions/ports.js';
import type { ShadowStore } from '../../decisions/shadow/shadow-store.js';
import type { ListStore } from '../../facts/lists/list-store.js';
import type { ControlStore } from '../../rules/exceptions/control-group.js';
import type { SnoozeStore } from '../../rules/exceptions/snooze.js';
import type { KeyStore } from '../../identity/key-store.js';
import type { RuleVersionStore } from '../../rules/version-store.js';
import type { SiteStore } from '../../sites/site-store.js';
import type { World } from '../../world/world.js';
import { sqliteCanaries } from './canaries.js';
import { Connection } from './connection.js';
import { sqliteKeys, sqliteRules, sqliteSites } from './documents.js';
import { sqliteExceptions } from './exceptions.js';
import { SqliteJournal } from './journal/journal.js';
import { sqliteLimits } from './limits.js';
import { sqliteLists } from './lists.js';
import { sqliteShadows } from './shadows.js';

/** How the embedded store is opened. */
export interface SqliteOptions {
  /** Path of the database file; made when it is not there. Beside it lies a write-ahead log while it is open. */
  readonly file: string;
  readonly world: World;
  /**
   * Kilobytes of pages kept in memory. Default 8 MB: nearly all that is read was not read lately, and windows make more of
   * the memory.
   */
  readonly cacheKb?: number;
  /** Bytes of the write-ahead log after which it is written back. Default 2 MB. */
  readonly checkpointBytes?: number;
}

/** The embedded store: one file, one process. */
export interface SqliteStore {
  readonly journal: Journal;
  readonly limits: LimitStore;
  readonly lists: ListStore;
  readonly rules: RuleVersionStore;
  readonly shadows: ShadowStore;
  readonly canaries: CanaryStore;
  readonly snoozes: SnoozeStore;
  readonly controls: ControlStore;
  readonly sites: SiteStore;
  readonly keys: KeyStore;
  readonly changes: StoreChanges;
  readonly health: StoreHealth;
  /** Ends what is under way and frees the file. */
  close(): Promise<void>;
}

/**
 * Opens the embedded store. The database lives in a thread of its own. Rejects with one clear line: WrongFile
 * when the file is of another program or release or no database, else STORE_UNAVAILABLE; once open, it heals by itself.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<SqliteStore> {
  const { file, world, cacheKb = 8 * 1024, checkpointBytes = 2 * 1024 * 1024 } = options;
  const settings = { file, hashKey: world.randomBytes(32), cacheKb, checkpointBytes };
  const connection = new Connection(settings, world.timers);
  const opened = await connection.open();
  return {
    journal: new SqliteJournal(connection, opened),
    limits: sqliteLimits(connection),
    lists: sqliteLists(connection, world.clock),
    rules: sqliteRules(connection),
    shadows: sqliteShadows(connection),
    canaries: sqliteCanaries(connection),
    snoozes: sqliteExceptions(connection, 'snoozes'),
    controls: sqliteExceptions(connection, 'control-groups'),
    sites: sqliteSites(connection),
    keys: sqliteKeys(connection),
    // No other process changes anything, and this one knows what it did.
    changes: { watch: () => ({ close: () => Promise.resolve() }) },
    health: { ping: () => connection.call('store.ping', [world.clock.now()]) },
    close: () => connection.close(),
  };
}
