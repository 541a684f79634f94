import type { StoreHealth } from '../decisions/ports.js';
import type { Timers } from '../world/world.js';
import { problemOf } from './in-time.js';

/** Knows whether the store can be used, as of the last look. */
export interface StoreWatch {
  readonly up: () => boolean;
  /** Asks the store, and tells what came out. */
  look(): Promise<void>;
}

/** How long the store may take to say that it is there, ms: health tells of an outage within two seconds. */
const PING_MS = 1_200;

/**
 * Watches a store that was just opened. `told` hears of every look, whether it changed anything, and why the store
 * cannot be used.
 */
export function watchStore(
  health: StoreHealth,
  timers: Timers,
  told: (up: boolean, changed: boolean, reason: string | undefined) => void,
): StoreWatch {
  let up = true;
  return {
    up: () => up,
    async look() {
      const reason = await problemOf(health.ping(), timers, PING_MS);
      const changed = (reason === undefined) !== up;
      up = reason === undefined;
      told(up, changed, reason);
    },
  };
}
