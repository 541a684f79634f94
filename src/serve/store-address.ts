import type { StoreConfig } from '../config/config.js';
import { shownStore } from '../config/shown-store.js';

/** Which store, for the log, messages and health: no passwords or keys. */
export function storeAddress(store: StoreConfig): string {
  return store.kind === 'sqlite' ? `sqlite:${store.file}` : shownStore(store.uri);
}
