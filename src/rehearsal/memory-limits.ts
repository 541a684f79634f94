import {
  afterLapse,
  afterReport,
  changesOf,
  forgetAt,
  forgetHoldsAt,
  isMade,
  isOpen,
  newHoldState,
  type HoldState,
} from '../decisions/limits/hold-state.js';
import type { HoldResult, LimitStore } from '../decisions/ports.js';

interface Counter {
  used: number;
  /** Epoch ms. */
  forgetAt: number;
}

interface Reservation {
  readonly result: HoldResult;
  /** Epoch ms. */
  readonly expiresAt: number;
  readonly forgetAt: number;
  state: HoldState;
}

/**
 * Cumulative limits that forget everything when the process ends. For rehearsals only. `usedBefore` says what a counter
 * begins with, minor units of the base currency.
 */
export function createMemoryLimits(usedBefore: (counter: string) => number = () => 0): LimitStore {
  const counters = new Map<string, Counter>();
  const reservations = new Map<string, Reservation>();

  const used = (counter: string): number => counters.get(counter)?.used ?? usedBefore(counter);

  function change(reservation: Reservation, state: HoldState): number {
    const changes = changesOf(reservation.state, state);
    for (const { counter, by } of changes) {
      const found = counters.get(counter);
      if (found !== undefined) found.used += by;
    }
    reservation.state = state;
    return changes.length;
  }

  return {
    async reserve(decision, holds, expiresAt) {
      if (holds.length === 0) return { reserved: true, used: [] };
      const earlier = reservations.get(decision);
      // What had expired holds no room any more: the same decision asked again has to find some.
      if (earlier !== undefined && !(earlier.state.lapsed && !isMade(earlier.state))) return earlier.result;
      const before: number[] = [];
      const taken = new Map<string, number>();
      let reserved = true;
      for (const { counter, amount, cap } of holds) {
        const own = (taken.get(counter) ?? 0) + amount;
        before.push(used(counter));
        reserved = used(counter) + own <= cap;
        if (!reserved) break;
        taken.set(counter, own);
      }
      if (reserved) {
        for (const { counter, amount, periodEnd } of holds) {
          const found = counters.get(counter) ?? { used: usedBefore(counter), forgetAt: 0 };
          found.used += amount;
          found.forgetAt = Math.max(found.forgetAt, forgetAt(periodEnd, expiresAt));
          counters.set(counter, found);
        }
      }
      const result = { reserved, used: before };
      const state = newHoldState(reserved ? holds : []);
      reservations.set(decision, { result, expiresAt, forgetAt: forgetHoldsAt(holds, expiresAt), state });
      return result;
    },
    async settle(decision, report) {
      const reservation = reservations.get(decision);
      if (reservation?.result.reserved === true) change(reservation, afterReport(reservation.state, report));
    },
    async expire(now) {
      let released = 0;
      for (const [decision, reservation] of reservations) {
        const due = reservation.expiresAt <= now && isOpen(reservation.state);
        if (due && change(reservation, afterLapse(reservation.state)) > 0) released += 1;
        const forgotten = due && !reservation.result.reserved;
        if (forgotten || reservation.forgetAt <= now) reservations.delete(decision);
      }
      for (const [counter, { forgetAt }] of counters) if (forgetAt <= now) counters.delete(counter);
      return released;
    },
    used: async (counter) => used(counter),
  };
}
