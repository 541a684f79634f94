import type { Hold, HoldResult, LimitStore } from '../../decisions/ports.js';
import type { Connection } from './connection.js';
import type { ExpiredPart } from './wire.js';

/** Cumulative limits as the main thread sees them. */
export function sqliteLimits(connection: Connection): LimitStore {
  return {
    reserve: (decision: string, holds: readonly Hold[], expiresAt: number) =>
      connection.call<HoldResult>('limits.reserve', [decision, holds, expiresAt]),
    settle: (decision, report) => connection.call('limits.settle', [decision, report]),
    expire: async (now) => {
      let released = 0;
      for (;;) {
        const part = await connection.call<ExpiredPart>('limits.expire', [now]);
        released += part.released;
        if (part.seen === 0) return released;
      }
    },
    used: (counter) => connection.call<number>('limits.used', [counter]),
  };
}
