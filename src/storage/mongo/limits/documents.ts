import type { HoldState } from '../../../decisions/limits/hold-state.js';
import type { Hold, HoldResult } from '../../../decisions/ports.js';
import { forgetAt, forgetHoldsAt } from '../../../decisions/limits/hold-state.js';

/**
 * An amount that was added to a counter and that no decision document vouches for yet. It says whose it is, so that it
 * can be taken away again when its decision never comes to be.
 */
export interface Marker {
  /** Its own id. */
  readonly i: string;
  /** Decision. */
  readonly d: string;
  /** Amount. */
  readonly a: number;
  /** Used before it. */
  readonly u: number;
  /** When the hold expires, and with it the marker, epoch ms. */
  readonly e: number;
}

/** One limit, key and period: what is used, and the few reservations that are under way. It never holds more. */
export interface CounterDocument {
  readonly _id: string;
  readonly total: number;
  /** When it is forgotten, epoch ms. */
  readonly f: number;
  readonly p: readonly Marker[];
}

/** What a decision holds of one counter. */
export interface HeldDocument {
  /** Counter. */
  readonly c: string;
  /** Amount. */
  readonly a: number;
  /** Refunded. */
  readonly r: number;
}

/** What one decision holds, or that it was refused: the answer it got, and all that was reported of it since. */
export interface HoldsDocument {
  /** Decision. */
  readonly _id: string;
  /** Grows with every change: a change is made only to what was read. */
  readonly v: number;
  /** Until when it waits, epoch ms; absent once made or lapsed. */
  readonly e?: number;
  /** When it expires as long as it is not made, epoch ms. */
  readonly x: number;
  /** When it is forgotten, epoch ms. */
  readonly f: number;
  /** The answer: used before it. */
  readonly u: readonly number[];
  readonly refused: boolean;
  readonly h: readonly HeldDocument[];
  /** Markers that it vouches for: what they added to the counters is accounted for here. */
  readonly m: readonly string[];
  readonly made?: number;
  readonly cancelled?: number;
  readonly failed: boolean;
  readonly lapsed: boolean;
  readonly refunds: readonly string[];
}

/** All that a decision wants of one counter. */
export interface Want {
  readonly counter: string;
  readonly amount: number;
  /** There is room when no more than this is used. */
  readonly atMost: number;
  readonly forgetAt: number;
}

/** Holds gathered by counter, in the order of the counters' names, which is the same for every decision. */
export function wants(holds: readonly Hold[], expiresAt: number): readonly Want[] {
  const byCounter = new Map<string, Want>();
  for (const { counter, amount, cap, periodEnd } of holds) {
    const before = byCounter.get(counter);
    const sum = (before?.amount ?? 0) + amount;
    const atMost = Math.min(before?.atMost ?? Infinity, cap - sum);
    const forgotten = Math.max(before?.forgetAt ?? 0, forgetAt(periodEnd, expiresAt));
    byCounter.set(counter, { counter, amount: sum, atMost, forgetAt: forgotten });
  }
  return [...byCounter.values()].sort((a, b) => (a.counter < b.counter ? -1 : 1));
}

/** What is known of a decision's holds. */
export function holdStateOf({ h, made, cancelled, failed, lapsed, refunds }: HoldsDocument): HoldState {
  return {
    holds: h.map(({ c, a, r }) => ({ counter: c, amount: a, refunded: r })),
    madeAt: made,
    cancelledAt: cancelled,
    failed,
    lapsed,
    refunds,
  };
}

/** What a decision holds, or that it was refused, as nothing has been reported of it yet. */
export function newHolds(
  decision: string,
  holds: readonly Hold[],
  expiresAt: number,
  { reserved, used }: HoldResult,
  held: readonly HeldDocument[],
  markers: readonly string[],
): HoldsDocument {
  return {
    _id: decision,
    v: 1,
    e: expiresAt,
    x: expiresAt,
    f: forgetHoldsAt(holds, expiresAt),
    u: used,
    refused: !reserved,
    h: reserved ? held : [],
    m: reserved ? markers : [],
    failed: false,
    lapsed: false,
    refunds: [],
  };
}

/** What was used of each counter, up to the first that has no room. */
export async function refusal(
  holds: readonly Hold[],
  usedOf: (counter: string) => Promise<number>,
): Promise<HoldResult> {
  const used: number[] = [];
  const known = new Map<string, number>();
  const own = new Map<string, number>();
  for (const { counter, amount, cap } of holds) {
    const before = known.get(counter) ?? (await usedOf(counter));
    known.set(counter, before);
    used.push(before);
    const sum = (own.get(counter) ?? 0) + amount;
    own.set(counter, sum);
    if (before + sum > cap) break;
  }
  return { reserved: false, used };
}
