import type { Attribute } from '../../attributes.js';

/** What can be asked about the past of a key. */
export const HISTORY_QUESTIONS = [
  'firstSeenDays',
  'daysSinceLastPayment',
  'paidOrders',
  'goodOrders',
  'refundedOrders',
  'claimedOrders',
  'chargebackOrders',
  'fraudOrders',
  'liabilityShiftedOrders',
  'refundedShare',
  'claimedShare',
  'chargebackShare',
  'troubledShare',
  'paidMinor',
  'refundedMinor',
  'troubledMinor',
  'refundedMoneyShare',
  'troubledMoneyShare',
  'threeDsAsked',
  'threeDsPassed',
  'threeDsAbandoned',
  'declinesInRow',
] as const;
export type HistoryQuestion = (typeof HISTORY_QUESTIONS)[number];

/**
 * An order counts as refunded when at least this part of what was paid for it has been given back: a shop gives a few
 * percent back out of goodwill. What was paid is the most of its authorisations and of its captures; where one of the
 * amounts is not known, any refund counts.
 */
export const REFUNDED_PART = 0.25;

/** A question about the past of a key, parsed from the params of a `history` fact. */
export interface HistorySpec {
  /** Attribute names, sorted; at least one is a key attribute. */
  readonly by: readonly Attribute[];
  readonly what: HistoryQuestion;
  /** Events with event time (declinesInRow: payment time) in (t - ms, t] that were known at t. */
  readonly ms: number;
  /** `goodOrders`: how old a payment must be, ms. */
  readonly goodAfterMs: number;
}

/** How the amount of a payment compares with earlier ones. */
export const HABIT_QUESTIONS = ['ratio', 'zscore', 'mean', 'count'] as const;
export type HabitQuestion = (typeof HABIT_QUESTIONS)[number];

/** A comparison with the payer's habit, parsed from the params of a `habit` fact. */
export interface HabitSpec {
  /** Attribute names, sorted; at least one is a key attribute. */
  readonly by: readonly Attribute[];
  readonly what: HabitQuestion;
  /** Earlier payments with event time in (t - ms, t]. */
  readonly ms: number;
  /** Below this number of earlier payments with a known base amount there is no habit. */
  readonly minCount: number;
}
