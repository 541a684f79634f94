import type { Authentication, Outcome, ScaExemption, ThreeDsDemand } from '../rules/outcome.js';
import type { SnoozedRule } from '../rules/exceptions/snooze.js';
import type { Hit } from '../rules/program.js';
import type { ControlLot } from './control/control-lot.js';
import type { Lot } from './evaluate/canary-lot.js';

const DECISION_FLAGS = ['unknown-site', 'event-time-skew', 'degraded'] as const;
export type DecisionFlag = (typeof DECISION_FLAGS)[number];

/** A cumulative limit that counted the payment, and what became of it. */
export type LimitUse = HeldLimit | UnheldLimit;

/** Which limit. */
export interface CountedBy {
  readonly ruleSet: string;
  readonly limit: string;
  /** Epoch ms. */
  readonly periodStart: number;
  /** What a refund does, by the version that decided. */
  readonly refunds: 'restore' | 'keep';
}

/** A limit that was asked for room. Minor units of the base currency. */
export interface HeldLimit extends CountedBy {
  /** `held`: the amount was reserved. `refused`: it was not, for want of room here or in another limit. */
  readonly state: 'held' | 'refused';
  /** Names the one document (row) of limit, key and period. */
  readonly counter: string;
  readonly capMinor: number;
  /** Before this payment. */
  readonly usedMinor: number;
}

/** A limit that could not be asked, and why. */
export interface UnheldLimit extends CountedBy {
  readonly state: 'unheld';
  /** An input of its condition was missing; the condition failed; the payment has no key; there is no exchange rate. */
  readonly why: 'input-missing' | 'condition-failed' | 'no-key' | 'no-rate';
  /** The attribute without a value, or the cap's currency without a rate; '' for everything else. */
  readonly lacks: string;
}

/** The decision as it is answered, listed and kept: plain JSON. */
export interface DecisionRecord {
  readonly schema: 1;
  readonly id: string;
  readonly requestId: string;
  readonly site: string;
  readonly log: number;
  readonly seq: number;
  readonly outcome: Outcome;
  readonly threeDs: ThreeDsDemand;
  readonly exemption: ScaExemption;
  readonly authentication: Authentication;
  readonly reasons: readonly string[];
  readonly hits: readonly Hit[];
  readonly flags: readonly DecisionFlag[];
  /** What the decision is good for. `instrument` is a digest of what identifies it. */
  readonly binding: { readonly minor: number; readonly currency: string; readonly instrument: string };
  /** Epoch ms. */
  readonly eventTime: number;
  readonly decidedAt: number;
  readonly lapsesAt: number;
  readonly ruleSets: readonly { readonly ruleSet: string; readonly version: number; readonly hash: string }[];
  /** What was drawn for each canary that ran for its site; left out where none did. */
  readonly lots?: readonly Lot[] | undefined;
  /** Rules that would have been heard, and were not since somebody snoozed them; left out where there are none. */
  readonly snoozed?: readonly SnoozedRule[] | undefined;
  /** What was drawn for it where one rule alone stops it and has a control group; left out where none takes part. */
  readonly control?: ControlLot | undefined;
  readonly limits: readonly LimitUse[];
  /** null when no rate was known. */
  readonly base: { readonly minor: number; readonly currency: string } | null;
  readonly rateId: string;
}

/** What the decision was made from; with the layout it refers to, enough to replay it bit for bit. */
export interface DecisionTrace {
  readonly schema: 1;
  /** Id of the Layout that names slots and rules. */
  readonly layout: string;
  /** By slot; personal ones are null here and stand in the personal part; missing ones are left out by `missing`. */
  readonly facts: readonly unknown[];
  /** Slots whose fact was missing. */
  readonly missing: readonly number[];
  /** One digit (RULE_STATES index) per rule. */
  readonly states: string;
  /** By limit index: one digit (RULE_STATES index) of `applies`. */
  readonly limitStates: string;
  /** Other logs: how far this decision could see. */
  readonly seen: readonly (readonly [log: number, seq: number])[];
  readonly evaluationUs: number;
  /**
   * Revisions of site and merchant; where lists are read also how old the knowledge of them was, ms, and the revision of
   * each in the order of `listsRead`. Not there in records made before it was kept.
   */
  readonly sources?: readonly number[];
}
