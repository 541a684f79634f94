import { REAL_WORLD } from '../../src/world/real-world.js';
import type { World } from '../../src/world/world.js';

const TURN_MS = 5;
/** A turn of the event loop that takes longer had to share the processor, or is busy with the test itself. */
const LONGEST_TURN_MS = 10;

let own = 0;
let last = performance.now();

function turn(): void {
  const now = performance.now();
  own += Math.min(now - last, LONGEST_TURN_MS);
  last = now;
}

setInterval(turn, TURN_MS).unref();

/**
 * Time that this process spent waiting or had the processor to itself, ms; only differences mean anything. As long as the
 * wall clock's while it waits for something that does not come, shorter while the machine is busy: a bound on it says how
 * long our code waits and not how fast the machine is.
 */
export function ownTime(): number {
  turn();
  return own;
}

/** The real world with timers by own time: on a busy machine a store that is there is not taken for one that is away. */
export const OWN_TIME_WORLD: World = {
  ...REAL_WORLD,
  timers: {
    ...REAL_WORLD.timers,
    after: (ms, callback) => {
      const due = ownTime() + ms;
      let timer: NodeJS.Timeout;
      const wait = (rest: number): void => {
        timer = setTimeout(() => {
          const left = due - ownTime();
          if (left > 0) wait(left);
          else callback();
        }, rest).unref();
      };
      wait(ms);
      return () => clearTimeout(timer);
    },
  },
};
