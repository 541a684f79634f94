import type { Timers } from '../world/world.js';

/** How long after a look the next begins at the earliest, ms: whoever guesses keys must not keep the store busy. */
const GAP_MS = 200;
/** How long attempts wait for a look under way, ms. */
const LONGEST_MS = 500;
/** Attempts that wait at once. */
const WAITING = 256;

/** Looks into the store for keys that were made elsewhere, for attempts that would be refused. */
export interface KeyLook {
  /**
   * Calls back after a look that began later than this call: true. false where none is to be had: too many wait, or the
   * store is away or slow. How long that takes depends on when looks were, and on nothing that an attempt shows.
   */
  look(then: (looked: boolean) => void): void;
}

/** Attempts share looks: of those that come during one, the next is for all. `refresh` looks once. */
export function createKeyLook(refresh: () => Promise<void>, timers: Pick<Timers, 'after' | 'soon'>): KeyLook {
  let phase: 'ready' | 'busy' | 'away' = 'ready';
  let under: ((looked: boolean) => void)[] = [];
  let next: ((looked: boolean) => void)[] = [];

  function answer(looked: boolean): void {
    const those = under;
    under = [];
    for (const then of those) then(looked);
  }

  /** Nobody waits for a store that does not answer. */
  function giveUp(): void {
    phase = 'away';
    under.push(...next);
    next = [];
    answer(false);
  }

  function begin(): void {
    phase = 'busy';
    under = next;
    next = [];
    const cancel = timers.after(LONGEST_MS, giveUp);
    const ended = (looked: boolean): void => {
      cancel();
      timers.after(GAP_MS, rested);
      if (looked) answer(true);
      else giveUp();
    };
    refresh().then(
      () => ended(true),
      () => ended(false),
    );
  }

  function rested(): void {
    if (next.length > 0) begin();
    else phase = 'ready';
  }

  return {
    look(then) {
      if (phase === 'away' || under.length + next.length >= WAITING) {
        then(false);
        return;
      }
      next.push(then);
      if (phase === 'busy') return;
      phase = 'busy';
      timers.soon(begin);
    },
  };
}
