import { randomBytes } from 'node:crypto';
import type { World } from './world.js';

/** The machine's own clock, timers and randomness. Only main.ts and entry files of workers use it. */
export const REAL_WORLD: World = {
  clock: {
    now: () => Date.now(),
    monotonicUs: () => performance.now() * 1000,
  },
  timers: {
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms).unref();
      return () => clearTimeout(timer);
    },
    soon: (callback) => {
      setImmediate(callback);
    },
  },
  randomBytes: (length) => randomBytes(length),
};
