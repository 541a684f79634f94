import { TollgateError } from '../errors/errors.js';
import type { World } from '../world/world.js';

/** How long a start goes on trying, ms: a store that has just been opened is there, if slow. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 500;

/**
 * Does one step of a start, again while the store says that it cannot now. The step must be one that may be done twice.
 * Throws what the last try threw. `waiting` hears once why it has to be tried again.
 */
export async function patiently<T>(
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  step: () => Promise<T>,
  waiting: (error: unknown) => void = () => undefined,
): Promise<T> {
  const until = clock.monotonicUs() + PATIENCE_MS * 1000;
  for (let told = false; ; told = true) {
    try {
      return await step();
    } catch (error) {
      if (!passes(error) || clock.monotonicUs() >= until) throw error;
      if (!told) waiting(error);
    }
    await new Promise<void>((resolve) => timers.after(PAUSE_MS, resolve));
  }
}

function passes(error: unknown): boolean {
  return error instanceof TollgateError && (error.code === 'STORE_UNAVAILABLE' || error.code === 'LIST_BUSY');
}

/** Does one step of the start, and waits for a store that is slow. */
export type Patient = <T>(step: () => Promise<T>) => Promise<T>;
