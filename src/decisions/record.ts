import type { Authentication, Outcome, ScaExemption, ThreeDsDemand } from '../rules/outcome.js';
import type { Hit } from '../rules/program.js';

const DECISION_FLAGS = ['unknown-site', 'event-time-skew', 'degraded'] as const;
export type DecisionFlag = (typeof DECISION_FLAGS)[number];

/** A cumulative limit that the decision was held to. Minor units of the base currency. */
export interface LimitUse {
  readonly ruleSet: string;
  readonly limit: string;
  /** Names the one document (row) of limit, key and period. */
  readonly counter: string;
  /** Epoch ms. */
  readonly periodStart: number;
  readonly capMinor: number;
  /** Before this payment. */
  readonly usedMinor: number;
  readonly reserved: boolean;
  /** What a refund does, by the version that decided; absent in records of before it was kept. */
  readonly refunds?: 'restore' | 'keep';
}

/** The decision as it is answered, listed and kept: plain JSON. */
export interface DecisionRecord {
  /** Records of schema 1 name the reasons of those who were overruled too. */
  readonly schema: 1 | 2;
  readonly id: string;
  readonly requestId: string;
  readonly site: string;
  readonly log: number;
  readonly seq: number;
  readonly outcome: Outcome;
  readonly threeDs: ThreeDsDemand;
  readonly exemption: ScaExemption;
  /** Absent in records from before it was kept: their demands were left as the rules made them. */
  readonly authentication?: Authentication;
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
}

/** The reasons of now as a record tells them: of schema 1 the same where those of now are among its own. */
export function reasonsAsIn({ schema, reasons }: DecisionRecord, now: readonly string[]): readonly string[] {
  return schema === 1 && now.every((reason) => reasons.includes(reason)) ? reasons : now;
}
