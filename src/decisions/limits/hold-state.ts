import type { Hold, HoldReport } from '../ports.js';

/** How long counters and holds are remembered after they can matter: 30 days, in ms. See `forgetAt`. */
export const HOLD_MEMORY_MS = 30 * 24 * 3_600_000;

/** What a decision holds of one counter, minor units of the base currency. */
export interface HeldAmount {
  readonly counter: string;
  readonly amount: number;
  readonly refunded: number;
}

/**
 * All that is known of what a decision holds. What counts follows from it alone, and it is the same in whatever order
 * and however often the same things are reported.
 */
export interface HoldState {
  readonly holds: readonly HeldAmount[];
  /** The latest event time it was authorised or captured at, epoch ms. */
  readonly madeAt: number | undefined;
  /** The latest event time it was cancelled at, epoch ms. */
  readonly cancelledAt: number | undefined;
  /** An attempt was declined or abandoned. */
  readonly failed: boolean;
  /** Nothing was heard of it in time. */
  readonly lapsed: boolean;
  /** Ids of refunds. */
  readonly refunds: readonly string[];
}

/** What is held at first, gathered by counter. */
export function newHoldState(holds: readonly Hold[]): HoldState {
  const amounts = new Map<string, number>();
  for (const { counter, amount } of holds) amounts.set(counter, (amounts.get(counter) ?? 0) + amount);
  return {
    holds: [...amounts].map(([counter, amount]) => ({ counter, amount, refunded: 0 })),
    madeAt: undefined,
    cancelledAt: undefined,
    failed: false,
    lapsed: false,
    refunds: [],
  };
}

/** Whether the payment was made, and not cancelled since: at the same instant the cancellation came second. */
export function isMade({ madeAt, cancelledAt }: HoldState): boolean {
  return madeAt !== undefined && (cancelledAt === undefined || madeAt > cancelledAt);
}

/** Whether it lapses when nothing more is heard of it. */
export function isOpen(state: HoldState): boolean {
  return !state.lapsed && !isMade(state);
}

/** What counts of one held amount. */
function countedOf(state: HoldState, { amount, refunded }: HeldAmount): number {
  const counts = isMade(state) || !(state.failed || state.lapsed || state.cancelledAt !== undefined);
  return counts ? Math.max(0, amount - refunded) : 0;
}

/** The state after a report; the same object when the report says nothing new. */
export function afterReport(state: HoldState, report: HoldReport): HoldState {
  switch (report.kind) {
    case 'made': {
      if (state.madeAt !== undefined && state.madeAt >= report.at) return state;
      const made = { ...state, madeAt: report.at };
      return { ...made, lapsed: state.lapsed && !isMade(made) };
    }
    case 'failed':
      return state.failed ? state : { ...state, failed: true };
    case 'cancelled':
      if (state.cancelledAt !== undefined && state.cancelledAt >= report.at) return state;
      return { ...state, cancelledAt: report.at };
    case 'refunded':
      if (state.refunds.includes(report.id)) return state;
      return {
        ...state,
        refunds: [...state.refunds, report.id],
        holds: state.holds.map((held) =>
          report.counters.includes(held.counter)
            ? { ...held, refunded: held.refunded + report.amount }
            : held,
        ),
      };
  }
}

/** The state after its time has run out. */
export function afterLapse(state: HoldState): HoldState {
  return isOpen(state) ? { ...state, lapsed: true } : state;
}

/** By how much what counts has changed, by counter, in the order of their names. */
export function changesOf(
  before: HoldState,
  after: HoldState,
): readonly { readonly counter: string; readonly by: number }[] {
  const old = new Map(before.holds.map((held) => [held.counter, countedOf(before, held)]));
  return after.holds
    .map((held) => ({
      counter: held.counter,
      by: countedOf(after, held) - (old.get(held.counter) ?? 0),
    }))
    .filter(({ by }) => by !== 0)
    .sort((a, b) => (a.counter < b.counter ? -1 : 1));
}

/**
 * When a counter of a period that ends at `periodEnd`, last used by a hold until `expiresAt`, is forgotten, epoch ms.
 * From its use on as well, since payments of a period may come in long after it: history that is sent again is held to
 * the limits of its own time.
 */
export function forgetAt(periodEnd: number, expiresAt: number): number {
  return Math.max(periodEnd, expiresAt) + HOLD_MEMORY_MS;
}

/**
 * When a decision's holds are forgotten, epoch ms: with the first of its periods, so that none outlives its counter. What
 * is reported later changes nothing; all it could give back or take is room in a period that is over.
 */
export function forgetHoldsAt(holds: readonly Hold[], expiresAt: number): number {
  return forgetAt(Math.min(...holds.map(({ periodEnd }) => periodEnd)), expiresAt);
}
