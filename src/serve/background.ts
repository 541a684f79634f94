import type { StoreChanges } from '../decisions/ports.js';
import type { BackgroundTask } from '../server/metrics.js';
import { every } from '../world/every.js';
import type { Keys } from '../identity/key-service.js';
import type { Timers } from '../world/world.js';
import { followSoon } from './follow-soon.js';
import type { StoreWatch } from './store-watch.js';

/**
 * How often an instance looks for what others changed, ms, told of it or not: a switch takes effect everywhere within two
 * seconds also where nothing tells of it.
 */
export const FOLLOW_MS = 500;
/** How often the store is asked whether it is there, ms. */
const HEALTH_MS = 500;
/** How often holds that lapsed are given back, ms: their room is there about a second later. */
const EXPIRE_MS = 1_000;
/** How often keys that have expired are looked for, ms. */
const KEYS_MS = 500;
/** How often it is written down when keys were used, ms. */
const USES_MS = 15_000;
/** How often what canaries decided is kept and looked at, ms: all that a crash loses of it. */
const CANARIES_MS = 1_000;

/** How often it is looked for what is live without its evidence, ms. */
const OWED_MS = 30_000;

/** What a running service does beside answering. */
export interface BackgroundWork {
  readonly store: StoreWatch;
  /** Takes over what other instances changed. */
  readonly follow: () => Promise<void>;
  /** Tells when others changed something; undefined: nothing does. */
  readonly changes: StoreChanges | undefined;
  /** How often it is looked for all the same, ms. Default 500. */
  readonly followMs?: number;
  /** Keeps what canaries decided, and rolls back what breaks its limits. */
  readonly canaries: () => Promise<void>;
  /** Looks for what is live without its evidence. */
  readonly owed: () => Promise<void>;
  /** Gives back holds that lapsed. */
  readonly expire: () => Promise<unknown>;
  readonly keys: Pick<Keys, 'expire' | 'writeUses'>;
  readonly failed: (task: BackgroundTask, error: unknown) => void;
}

/** Does it again and again until stopped; what needs the store waits while it is away. */
export function startBackground(
  timers: Timers,
  { store, follow, changes, followMs = FOLLOW_MS, canaries, owed, expire, keys, failed }: BackgroundWork,
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
    repeat('follow', followMs, withStore(follow)),
    repeat('expire', EXPIRE_MS, withStore(expire)),
    // Time passes without the store too.
    repeat('keys', KEYS_MS, async () => keys.expire()),
    repeat(
      'keys',
      USES_MS,
      withStore(() => keys.writeUses()),
    ),
    repeat('canaries', CANARIES_MS, withStore(canaries)),
    repeat('owed', OWED_MS, withStore(owed)),
  ];
  // Who tells of a change may know sooner than health that the store is back.
  const followed = async (): Promise<boolean> => {
    if (!store.up()) return false;
    await follow();
    return true;
  };
  const soon = followSoon(timers, followed, (error) => failed('follow', error));
  const watch = changes?.watch(soon.tell);
  return {
    stop: async () => {
      await Promise.all([watch?.close(), soon.stop(), ...loops.map((loop) => loop.stop())]);
    },
  };
}
