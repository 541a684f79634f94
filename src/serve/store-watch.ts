import type { StoreHealth } from '../decisions/ports.js';
import type { Timers } from '../world/world.js';

/** Knows whether the store can be used, as of the last look. */
export interface StoreWatch {
  readonly up: () => boolean;
  /** Asks the store, and tells what came out. */
  look(): Promise<void>;
}

/** How long the store may take to say that it is there, ms: health tells of an outage within two seconds. */
const PING_MS = 1_200;

/** Watches a store that was just opened. `told` hears of every look, and whether it changed anything. */
export function watchStore(
  health: StoreHealth,
  timers: Timers,
  told: (up: boolean, changed: boolean) => void,
): StoreWatch {
  let up = true;
  return {
    up: () => up,
    async look() {
      const now = await endsWell(health.ping(), timers, PING_MS);
      const changed = now !== up;
      up = now;
      told(up, changed);
    },
  };
}

/** Whether work ends well in time. */
function endsWell(work: Promise<void>, timers: Timers, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = timers.after(ms, () => resolve(false));
    const ended = (well: boolean) => (): void => {
      cancel();
      resolve(well);
    };
    work.then(ended(true), ended(false));
  });
}
