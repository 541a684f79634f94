import { MongoServerError } from 'mongodb';
import { TollgateError } from '../../../errors/errors.js';
import type { World } from '../../../world/world.js';
import type { Connection } from '../connection.js';
import { isConnectionLoss } from '../errors.js';

/** How steps are made: each may be made twice, and changes nothing the second time. */
export type Steps = Pick<Connection, 'run' | 'write' | 'patiently'>;

/** How long a step is tried, ms. */
const TRIED_MS = 60_000;
const PAUSE_MS = 200;

/**
 * The same steps for work that is too much to lose: what the store did not do in time, or while it was away, is tried
 * again for a minute.
 */
export function persistent(
  connection: Steps & Pick<Connection, 'healed' | 'closed'>,
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
): Steps {
  async function again<T>(step: () => Promise<T>, make: (step: () => Promise<T>) => Promise<T>): Promise<T> {
    const until = clock.monotonicUs() + TRIED_MS * 1000;
    for (;;) {
      let under: Promise<unknown> = Promise.resolve();
      try {
        return await make(async () => await (under = step()));
      } catch (error) {
        const left = (until - clock.monotonicUs()) / 1000;
        if (!maySucceed(error) || connection.closed || left <= 0) throw error;
        // A step that was given up goes on: the next must not come beside it. The driver ends it in some seconds.
        await under.catch(() => undefined);
        await connection.healed(left);
        await new Promise<void>((resolve) => timers.after(PAUSE_MS, resolve));
      }
    }
  }
  return {
    run: (step, timeoutMs) => again(step, (made) => connection.run(made, timeoutMs)),
    write: (step, timeoutMs) => again(step, (made) => connection.write(made, timeoutMs)),
    patiently: (step, timeoutMs) => connection.patiently(step, timeoutMs),
  };
}

/** The store was away or slow; it did not refuse. */
function maySucceed(error: unknown): boolean {
  if (!(error instanceof TollgateError) || error.code !== 'STORE_UNAVAILABLE') return false;
  return !(error.cause instanceof MongoServerError) || isConnectionLoss(error.cause);
}
