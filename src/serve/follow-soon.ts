import type { Timers } from '../world/world.js';

/** How long after a run the next begins at the earliest, ms: who is told of a thousand changes follows them together. */
const GAP_MS = 50;
/** How long after one that came to nothing, ms. */
const AGAIN_MS = 500;

/**
 * Follows soon after it is told that something changed: at once, or when the run under way is over. What is told during
 * a run is followed by the next, and what a run could not follow by another: `follow` says whether it did, or rejects.
 */
export function followSoon(
  timers: Pick<Timers, 'after'>,
  follow: () => Promise<boolean>,
  failed: (error: unknown) => void,
): { readonly tell: () => void; stop(): Promise<void> } {
  let told = false;
  let stopped = false;
  let running: Promise<void> | undefined;
  let cancel: () => void = () => undefined;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const takeBack = timers.after(ms, resolve);
      cancel = () => {
        takeBack();
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (told && !stopped) {
      told = false;
      const done = await follow().catch((error: unknown) => {
        failed(error);
        return false;
      });
      // It is told once only: dropped here, it would be known when somebody looks next.
      if (!done) told = true;
      if (!stopped) await pause(done ? GAP_MS : AGAIN_MS);
    }
    running = undefined;
  };
  return {
    tell() {
      told = true;
      if (!stopped) running ??= run();
    },
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
