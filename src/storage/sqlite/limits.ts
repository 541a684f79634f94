import type { Hold, HoldResult, LimitStore } from '../../decisions/ports.js';
import type { Connection } from './connection.js';

/** Cumulative limits as the main thread sees them. */
export function sqliteLimits(connection: Connection): LimitStore {
  return {
    reserve: (decision: string, holds: readonly Hold[], expiresAt: number) =>
      connection.call<HoldResult>('limits.reserve', [decision, holds, expiresAt]),
    confirm: (decision) => connection.call('limits.confirm', [decision]),
    release: (decision, amount, reason, counters) =>
      connection.call('limits.release', [decision, amount, reason, counters]),
    expire: async (now) => {
      let released = 0;
      for (;;) {
        const part = await connection.call<{ released: number; seen: number }>('limits.expire', [now]);
        released += part.released;
        if (part.seen === 0) return released;
      }
    },
    used: (counter) => connection.call<number>('limits.used', [counter]),
  };
}
