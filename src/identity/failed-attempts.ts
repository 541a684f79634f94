import { LRUCache } from 'lru-cache';
import type { Timers } from '../world/world.js';

/** Attempts of a peer that are answered at once, as after a mistake in a configuration. */
const FREE = 5;
/** The wait after those, doubled with every further one, ms. */
const FIRST_MS = 100;
const LONGEST_MS = 5_000;
/** After so long without a failed attempt a peer begins anew, ms. */
const FORGOTTEN_MS = 60_000;
/** Peers remembered; the one that failed least lately is forgotten first. */
const PEERS = 10_000;
/** Answers that wait at once. Beyond that they go out at once: memory is worth more than the wait. */
const WAITING = 256;

/** Slows down who fails to say who they are. */
export interface FailedAttempts {
  /**
   * Counts a failed attempt of a peer and calls back when it may be answered: at once for the first few. Whoever shows
   * what is in force never comes here, whatever failed from the same address.
   */
  failed(peer: string, answer: () => void): void;
}

interface Peer {
  readonly failures: number;
  readonly at: number;
}

/** `now` is the clock, epoch ms. */
export function createFailedAttempts(timers: Pick<Timers, 'after'>, now: () => number): FailedAttempts {
  const peers = new LRUCache<string, Peer>({ max: PEERS });
  let waiting = 0;
  return {
    failed(peer, answer) {
      const at = now();
      const before = peers.get(peer);
      const failures = before === undefined || at - before.at >= FORGOTTEN_MS ? 1 : before.failures + 1;
      peers.set(peer, { failures, at });
      const wait = waitMs(failures);
      if (wait === 0 || waiting >= WAITING) {
        answer();
        return;
      }
      waiting += 1;
      timers.after(wait, () => {
        waiting -= 1;
        answer();
      });
    },
  };
}

/** How long the answer to so many failed attempts in a row waits, ms. */
export function waitMs(failures: number): number {
  if (failures <= FREE) return 0;
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - FREE - 1, 30));
}
