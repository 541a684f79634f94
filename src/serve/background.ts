import { every } from '../world/every.js';
import type { Timers } from '../world/world.js';
import type { StoreWatch } from './store-watch.js';

/** How often an instance looks for what others changed, ms: a switch takes effect everywhere within two seconds. */
const FOLLOW_MS = 500;
/** How often the store is asked whether it is there, ms. */
const HEALTH_MS = 500;
/** How often holds that lapsed are given back, ms: their room is there about a second later. */
const EXPIRE_MS = 1_000;

/** What a running service does beside answering. */
export interface BackgroundWork {
  readonly store: StoreWatch;
  /** Takes over what other instances changed. */
  readonly follow: () => Promise<void>;
  /** Gives back holds that lapsed. */
  readonly expire: () => Promise<unknown>;
  readonly trouble: (what: string, error: unknown) => void;
}

/** Does it again and again until stopped; what needs the store waits while it is away. */
export function startBackground(timers: Timers, work: BackgroundWork): { stop(): Promise<void> } {
  const repeat = (ms: number, task: () => Promise<unknown>, what: string): { stop(): Promise<void> } =>
    every(
      timers,
      ms,
      async () => void (await task()),
      (error) => work.trouble(what, error),
    );
  const withStore = (task: () => Promise<unknown>) => async () => {
    if (work.store.up()) await task();
  };
  const loops = [
    repeat(HEALTH_MS, () => work.store.look(), 'the store could not be asked'),
    repeat(FOLLOW_MS, withStore(work.follow), 'changes could not be followed'),
    repeat(EXPIRE_MS, withStore(work.expire), 'lapsed holds could not be given back'),
  ];
  return {
    stop: async () => void (await Promise.all(loops.map((loop) => loop.stop()))),
  };
}
