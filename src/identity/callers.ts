import { lasting, type Refusal, type Shown } from './authenticate.js';
import type { FailedAttempts } from './failed-attempts.js';
import { DEVELOPMENT } from './identity.js';
import type { Keys } from './key-service.js';
import type { Session } from './key-ring.js';

/** Tells who calls; the same for gRPC and HTTP. */
export interface Callers {
  /** Whose call it is; else why nobody's. */
  sessionOf(shown: Shown): Session | Refusal;
  /** Counts a call that is nobody's, and calls back when that may be answered. `peer` is where it came from. */
  refused(why: Refusal, peer: string, answer: () => void): void;
}

const EVERYBODYS = lasting(DEVELOPMENT);

/** Everybody is taken for the same: development mode. */
export const ANYBODY: Callers = {
  sessionOf: () => EVERYBODYS,
  refused: (_why, _peer, answer) => answer(),
};

/** Callers show a key or a certificate. `told` counts the others. */
export function knownCallers(
  keys: Pick<Keys, 'sessionOf'>,
  attempts: FailedAttempts,
  told: (why: Refusal) => void,
): Callers {
  return {
    sessionOf: (shown) => keys.sessionOf(shown),
    refused(why, peer, answer) {
      told(why);
      attempts.failed(peer, answer);
    },
  };
}
