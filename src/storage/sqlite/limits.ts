import type { Hold, LimitStore } from '../../decisions/ports.js';
import type { Connection } from './connection.js';

/** Cumulative limits as the main thread sees them. */
export function sqliteLimits(connection: Connection): LimitStore {
  return {
    reserve: (decision: string, holds: readonly Hold[], expiresAt: number) =>
      connection.call('limits.reserve', [decision, holds, expiresAt]),
    settle: (decision, report) => connection.call('limits.settle', [decision, report]),
    expire: async (now) => {
      let released = 0;
      for (;;) {
        const part = await connection.call('limits.expire', [now]);
        released += part.released;
        if (part.seen === 0) return released;
      }
    },
    used: (counter) => connection.call('limits.used', [counter]),
  };
}
