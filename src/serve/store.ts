import type { CanaryStore } from '../decisions/canary/canary-store.js';
import type { Journal, LimitStore, StoreChanges, StoreHealth } from '../decisions/ports.js';
import type { ShadowStore } from '../decisions/shadow/shadow-store.js';
import type { ListStore } from '../facts/lists/list-store.js';
import type { KeyStore } from '../identity/key-store.js';
import type { ControlStore } from '../rules/exceptions/control-group.js';
import type { SnoozeStore } from '../rules/exceptions/snooze.js';
import type { RuleVersionStore } from '../rules/version-store.js';
import type { SiteStore } from '../sites/site-store.js';

/** Either store, opened. */
export interface Store {
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
  close(): Promise<void>;
}
