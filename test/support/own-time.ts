const TURN_MS = 10;
/** A longer turn than this is a machine that gave the processor to others. */
const LONGEST_TURN_MS = 50;

let own = 0;
let last = performance.now();

function turn(): void {
  const now = performance.now();
  own += Math.min(now - last, LONGEST_TURN_MS);
  last = now;
}

setInterval(turn, TURN_MS).unref();

/**
 * Time that this process had, ms; only differences mean anything. It stands still while the machine does something else,
 * so that a bound on it says how long our code waits and not how busy the machine is. Never more than the wall clock says.
 */
export function ownTime(): number {
  turn();
  return own;
}
