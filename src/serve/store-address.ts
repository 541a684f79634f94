import type { StoreConfig } from '../config/config.js';
import { withoutSecrets } from '../config/without-secrets.js';

/** Which store, for the log, messages and health: no passwords or keys. */
export function storeAddress(store: StoreConfig): string {
  return store.kind === 'sqlite' ? `sqlite:${store.file}` : withoutSecrets(store.uri);
}
