import type { Timers } from '../world/world.js';

/** How long after a run the next begins at the earliest, ms: who is told of a thousand changes follows them together. */
const GAP_MS = 50;

/**
 * Follows soon after it is told that something changed: at once, or when the run under way is over. What is told during
 * a run is followed by the next.
 */
export function followSoon(
  timers: Pick<Timers, 'after'>,
  follow: () => Promise<void>,
  failed: (error: unknown) => void,
): { readonly tell: () => void; stop(): Promise<void> } {
  let told = false;
  let stopped = false;
  let running: Promise<void> | undefined;
  let cancel: () => void = () => undefined;
  const gap = (): Promise<void> =>
    new Promise((resolve) => {
      const takeBack = timers.after(GAP_MS, resolve);
      cancel = () => {
        takeBack();
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (told && !stopped) {
      told = false;
      await follow().catch(failed);
      if (!stopped) await gap();
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
