import { keptShown, lasting, type Refusal, type Shown } from './authenticate.js';
import type { FailedAttempts } from './failed-attempts.js';
import { DEVELOPMENT } from './identity.js';
import type { Keys } from './key-service.js';
import type { KeyLook } from './key-look.js';
import type { Session } from './key-ring.js';

/** Tells who calls; the same for gRPC and HTTP. */
export interface Callers {
  /** Whose call it is; else why nobody's. */
  sessionOf(shown: Shown): Session | Refusal;
  /**
   * Tells once more of a call that is nobody's so far, where it shows something: another instance may just have made its
   * key. May take its time to look, the same whatever is wrong.
   */
  again(shown: Shown, why: Refusal, told: (session: Session | Refusal) => void): void;
  /** Counts a call that is nobody's, and calls back when that may be answered. `peer` is where it came from. */
  refused(why: Refusal, peer: string, answer: () => void): void;
}

const EVERYBODYS = lasting(DEVELOPMENT);

/** Everybody is taken for the same: development mode. */
export const ANYBODY: Callers = {
  sessionOf: () => EVERYBODYS,
  again: (_shown, why, told) => told(why),
  refused: (_why, _peer, answer) => answer(),
};

/** Callers show a key or a certificate. `told` counts the others. */
export function knownCallers(
  keys: Pick<Keys, 'sessionOf'>,
  attempts: FailedAttempts,
  looks: KeyLook,
  told: (why: Refusal) => void,
): Callers {
  return {
    sessionOf: (shown) => keys.sessionOf(shown),
    again(shown, why, tell) {
      if (why === 'nothing') {
        tell(why);
        return;
      }
      const kept = keptShown(shown);
      looks.look((looked) => tell(looked ? keys.sessionOf(kept) : why));
    },
    refused(why, peer, answer) {
      told(why);
      attempts.failed(peer, answer);
    },
  };
}
