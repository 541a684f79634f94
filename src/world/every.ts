import type { Timers } from './world.js';

/** Runs a task again and again, `ms` after it last ended, until stopped. A failing task is told and tried again. */
export function every(
  timers: Timers,
  ms: number,
  task: () => Promise<void>,
  failed: (error: unknown) => void,
): { stop(): Promise<void> } {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let cancel: () => void = () => undefined;
  const wait = (): void => {
    if (stopped) return;
    cancel = timers.after(ms, () => {
      running = task().catch(failed).then(wait);
    });
  };
  wait();
  return {
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
