import type { BackgroundTask } from '../server/metrics.js';
import { every } from '../world/every.js';
import type { Keys } from '../identity/key-service.js';
import type { Timers } from '../world/world.js';
import type { StoreWatch } from './store-watch.js';

/** How often an instance looks for what others changed, ms: a switch takes effect everywhere within two seconds. */
const FOLLOW_MS = 500;
/** How often the store is asked whether it is there, ms. */
const HEALTH_MS = 500;
/** How often holds that lapsed are given back, ms: their room is there about a second later. */
const EXPIRE_MS = 1_000;
/** How often keys that have expired are looked for, ms. */
const KEYS_MS = 500;
/** How often it is written down when keys were used, ms. */
const USES_MS = 15_000;

/** What a running service does beside answering. */
export interface BackgroundWork {
  readonly store: StoreWatch;
  /** Takes over what other instances changed. */
  readonly follow: () => Promise<void>;
  /** Gives back holds that lapsed. */
  readonly expire: () => Promise<unknown>;
  readonly keys: Pick<Keys, 'expire' | 'writeUses'>;
  readonly failed: (task: BackgroundTask, error: unknown) => void;
}

/** Does it again and again until stopped; what needs the store waits while it is away. */
export function startBackground(
  timers: Timers,
  { store, follow, expire, keys, failed }: BackgroundWork,
): { stop(): Promise<void> } {
  const repeat = (
    task: BackgroundTask,
    ms: number,
    work: () => Promise<unknown>,
  ): { stop(): Promise<void> } =>
    every(
      timers,
      ms,
      async () => void (await work()),
      (error) => failed(task, error),
    );
  const withStore = (work: () => Promise<unknown>) => async () => {
    if (store.up()) await work();
  };
  const loops = [
    repeat('health', HEALTH_MS, () => store.look()),
    repeat('follow', FOLLOW_MS, withStore(follow)),
    repeat('expire', EXPIRE_MS, withStore(expire)),
    // Time passes without the store too.
    repeat('keys', KEYS_MS, async () => keys.expire()),
    repeat(
      'keys',
      USES_MS,
      withStore(() => keys.writeUses()),
    ),
  ];
  return {
    stop: async () => void (await Promise.all(loops.map((loop) => loop.stop()))),
  };
}
