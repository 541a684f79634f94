import type { World } from '../world/world.js';

/** A world whose clock stands still until it is set. For rehearsals only: nothing waits, nothing is random. */
export interface ManualWorld extends World {
  /** Sets the clock, epoch ms. */
  setTime(now: number): void;
}

/** Makes a world that stands at the epoch. */
export function createManualWorld(): ManualWorld {
  let time = 0;
  return {
    setTime(now) {
      time = now;
    },
    clock: { now: () => time, monotonicUs: () => time * 1000 },
    timers: {
      after: () => () => undefined,
      soon: (callback) => queueMicrotask(callback),
    },
    randomBytes: (length) => new Uint8Array(length),
  };
}
