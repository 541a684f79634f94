import type { HoldState } from '../../../decisions/limits/hold-state.js';
import type { Hold, HoldResult } from '../../../decisions/ports.js';
import type { World } from '../../../world/world.js';
import { forgetAt, forgetHoldsAt } from '../../../decisions/limits/hold-state.js';

/**
 * A change of a counter that no decision document vouches for yet. It says whose it is, so that anyone can end it: an
 * amount that is taken counts from the beginning and is taken away again when its document never comes to be; one that is
 * given back counts until its document is there. So a counter never holds less than it should. Ending it removes it in the
 * same change, so that it is never counted twice.
 */
export interface Marker {
  /** Its own id. */
  readonly i: string;
  /** The reservation that it is of, see `reservationOf`: a counter has one marker of it at most. */
  readonly d?: string;
  /** Decision and the version of its document that was there before; absent where there was none, and `d` says whose it is. */
  readonly o?: { readonly d: string; readonly v: number };
  /** Amount: below 0 where it is given back. */
  readonly a: number;
  /** Used before it; of reservations alone. */
  readonly u?: number;
  /** When others end it, epoch ms. */
  readonly e: number;
}

/** How long a marker is left to whoever made it, ms: much longer than any change takes. */
export const MARKER_MS = 10_000;

/** How long a refusal is kept beyond the time of its decision, ms. */
const REFUSED_MS = 60_000;

/** A marker and where it is. */
export interface PlacedMarker {
  readonly counter: string;
  readonly marker: Marker;
}

/** Markers of a counter that are at an end, by their ids. */
export interface EndedMarkers {
  readonly counter: string;
  /** Vouched for: they count. */
  readonly vouched: readonly string[];
  /** Nothing will vouch for them: they do not. */
  readonly void: readonly string[];
}

/** One limit, key and period: what is used, and the few changes that are under way. It never holds more. */
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
  /** Markers that it vouches for, of all its versions: what they did to the counters is accounted for here. */
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

/** Who takes an amount. */
export interface Taker {
  readonly decision: string;
  /** The version of its document that was there before, 0 for none. */
  readonly version: number;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** Names a reservation: a decision that was made once is named by itself. */
export function reservationOf({ decision, version }: Taker): string {
  return version === 0 ? decision : `${decision}/${version}`;
}

/** Whose marker it is. */
export function takerOf({ d, o, e }: Marker): Taker {
  return { decision: o?.d ?? d ?? '', version: o?.v ?? 0, expiresAt: e };
}

/** An id for a marker, that no other has. */
export function markerId(world: Pick<World, 'randomBytes'>): string {
  return Buffer.from(world.randomBytes(12)).toString('base64url');
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
  { decision, version, expiresAt }: Taker,
  holds: readonly Hold[],
  { reserved, used }: HoldResult,
  held: readonly HeldDocument[],
  markers: readonly string[],
): HoldsDocument {
  return {
    _id: decision,
    v: version + 1,
    // A refusal is kept until nothing that was on its way then can come to be.
    e: reserved ? expiresAt : expiresAt + REFUSED_MS,
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

/** What has become of a marker, by the document of its decision; undefined as long as that is open. */
export function endOf(marker: Marker, document: HoldsDocument | null): 'vouched' | 'void' | undefined {
  const { version } = takerOf(marker);
  // Not there any more, or not there yet where it is asked.
  if (document === null) return undefined;
  if (document.m.includes(marker.i)) return 'vouched';
  return document.v > version ? 'void' : undefined;
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
