import { storeReason } from '../errors/store-unavailable.js';
import type { Timers } from '../world/world.js';

/** What keeps work from ending well within `ms`; undefined: nothing. The work itself may go on after that. */
export function problemOf(
  work: Promise<unknown>,
  timers: Pick<Timers, 'after'>,
  ms: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const cancel = timers.after(ms, () => resolve(`not done within ${String(ms)} ms`));
    const ended = (problem: string | undefined): void => {
      cancel();
      resolve(problem);
    };
    work.then(
      () => ended(undefined),
      (error: unknown) => ended(storeReason(error)),
    );
  });
}

/** Work that has to end, and what it is called. */
export type Part = readonly [name: string, end: () => Promise<unknown>];

/**
 * Ends one part after the other, each for at most `ms`: a store that hangs must not hold an end up for ever. Rejects
 * naming what did not end; what follows has been ended all the same.
 */
export async function endInTurn(
  parts: readonly Part[],
  timers: Pick<Timers, 'after'>,
  ms: number,
): Promise<void> {
  const left: string[] = [];
  for (const [name, end] of parts) {
    const problem = await problemOf(end(), timers, ms);
    if (problem !== undefined) left.push(`${name}: ${problem}`);
  }
  if (left.length > 0) throw new Error(`did not end well: ${left.join('; ')}`);
}
