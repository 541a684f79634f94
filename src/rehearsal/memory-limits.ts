import type { Hold, HoldResult, LimitStore } from '../decisions/ports.js';

interface Reservation {
  readonly result: HoldResult;
  /** What is still held, by counter; empty when nothing was reserved. */
  readonly held: Map<string, number>;
  /** Epoch ms; Infinity once confirmed. */
  expiresAt: number;
  readonly released: Set<string>;
}

/** Cumulative limits that forget everything when the process ends. For rehearsals only. */
export function createMemoryLimits(): LimitStore {
  const used = new Map<string, number>();
  const reservations = new Map<string, Reservation>();

  const add = (counter: string, amount: number): void =>
    void used.set(counter, (used.get(counter) ?? 0) + amount);

  function reserveNow(holds: readonly Hold[]): HoldResult {
    const before: number[] = [];
    for (const { counter, amount, cap } of holds) {
      const now = used.get(counter) ?? 0;
      before.push(now);
      if (now + amount > cap) return { reserved: false, used: before };
    }
    for (const { counter, amount } of holds) add(counter, amount);
    return { reserved: true, used: before };
  }

  function giveBack(
    reservation: Reservation,
    amount: number | undefined,
    counters?: readonly string[],
  ): void {
    for (const [counter, held] of reservation.held) {
      if (counters !== undefined && !counters.includes(counter)) continue;
      const back = amount === undefined ? held : Math.min(held, amount);
      add(counter, -back);
      reservation.held.set(counter, held - back);
    }
  }

  return {
    async reserve(decision, holds, expiresAt) {
      const earlier = reservations.get(decision);
      if (earlier !== undefined) return earlier.result;
      const result = reserveNow(holds);
      const held = new Map(result.reserved ? holds.map(({ counter, amount }) => [counter, amount]) : []);
      reservations.set(decision, { result, held, expiresAt, released: new Set() });
      return result;
    },
    async confirm(decision) {
      const reservation = reservations.get(decision);
      if (reservation !== undefined) reservation.expiresAt = Infinity;
    },
    async release(decision, amount, reason, counters) {
      const reservation = reservations.get(decision);
      if (reservation === undefined || reservation.released.has(reason)) return;
      reservation.released.add(reason);
      giveBack(reservation, amount, counters);
    },
    async expire(now) {
      const due = [...reservations.values()].filter(({ expiresAt }) => expiresAt <= now);
      for (const reservation of due) {
        giveBack(reservation, undefined);
        reservation.expiresAt = Infinity;
      }
      return due.length;
    },
    used: async (counter) => used.get(counter) ?? 0,
  };
}
