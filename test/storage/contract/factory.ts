import type { Journal, LimitStore, StoreHealth } from '../../../src/decisions/ports.js';
import type { ShadowStore } from '../../../src/decisions/shadow/shadow-store.js';
import type { ListStore } from '../../../src/facts/lists/list-store.js';
import type { ControlStore } from '../../../src/rules/exceptions/control-group.js';
import type { SnoozeStore } from '../../../src/rules/exceptions/snooze.js';
import type { KeyStore } from '../../../src/identity/key-store.js';
import type { RuleVersionStore } from '../../../src/rules/version-store.js';
import type { CanaryStore } from '../../../src/decisions/canary/canary-store.js';
import type { SiteStore } from '../../../src/sites/site-store.js';

/** What every store offers. */
export interface TestStore {
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
  readonly health: StoreHealth;
  close(): Promise<void>;
}

/** One database of its own, empty at first. */
export interface TestDatabase {
  /** Opens it; again after close, and, where `shared`, several at a time as instances of the service would. */
  open(): Promise<TestStore>;
  /** A script and its arguments that call `appendUntilKilled` on this database. */
  readonly appender: readonly string[];
  /** Closes what is open and removes everything. */
  drop(): Promise<void>;
}

/** How the suites get at a store. */
export interface StoreFactory {
  /** sqlite, mongodb */
  readonly name: string;
  /** Whether several instances may have one database open. */
  readonly shared: boolean;
  create(): Promise<TestDatabase>;
}
