import type { StreamKind } from '../facts/attributes.js';
import type { PaymentInput } from '../facts/payment.js';
import type { Claim, Label, ThreeDsResult } from '../facts/attributes/report-words.js';
import type { Outcome, RuleState } from '../rules/outcome.js';
import type { Caller } from './caller.js';
import type { PrecisionQuery, PrecisionReport } from './control/precision-report.js';
import type { Explanation, ExplainOptions } from './explanation.js';
import type { DecisionRecord } from './record.js';

/** A payment to decide. */
export interface ScreenInput {
  readonly requestId: string;
  readonly payment: PaymentInput;
  /** The ScreenRequest message as it was received, or written again: kept, and compared when the id comes again. */
  readonly raw: Uint8Array;
}

/** The answer. */
export interface ScreenOutput {
  readonly record: DecisionRecord;
  readonly repeated: boolean;
}

/** Something that happened around a payment. */
export interface EventInput {
  readonly eventId: string;
  readonly site: string;
  readonly kind: StreamKind;
  /** What it belongs to: the first that is not empty counts. */
  readonly decisionId: string;
  readonly requestId: string;
  readonly payment: PaymentInput | undefined;
  /** Epoch ms. */
  readonly eventTime: number;
  /** Epoch ms; undefined: the server's clock. */
  readonly arrivalTime: number | undefined;
  /** undefined: the payment's amount. */
  readonly amount: { readonly minor: number; readonly currency: string } | undefined;
  readonly code: string;
  readonly claim: Claim | '';
  readonly threeDs: ThreeDsResult | '';
  readonly liabilityShifted: boolean;
  readonly label: Label | '';
  /** A chargeback for fraud. */
  readonly fraud: boolean;
  readonly channel: string;
  readonly raw: Uint8Array;
}

export interface EventOutput {
  readonly eventId: string;
  readonly seq: number;
  readonly repeated: boolean;
}

/** By id, or by site and request id. */
export type DecisionRef = { readonly id: string } | { readonly site: string; readonly requestId: string };

export interface TracedFact {
  readonly fact: string;
  readonly params: unknown;
  /** undefined: missing. */
  readonly value: unknown;
  readonly source: string;
}

/** A decision with what it was made from. */
export interface DecisionDetail {
  readonly record: DecisionRecord;
  /** The ScreenRequest message. */
  readonly raw: Uint8Array;
  readonly facts: readonly TracedFact[];
  readonly rules: readonly { readonly ruleSet: string; readonly rule: string; readonly state: RuleState }[];
  readonly seen: readonly { readonly log: number; readonly seq: number }[];
  readonly evaluationUs: number;
}

export interface DecisionQuery {
  /** 1 and more. */
  readonly pageSize: number;
  readonly pageToken: string;
  readonly site: string;
  readonly outcomes: readonly Outcome[];
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly customerId: string;
  readonly cardFingerprint: string;
  readonly orderId: string;
  readonly email: string;
  readonly ip: string;
  readonly merchant: string;
  readonly deviceId: string;
  /** rule_set/rule */
  readonly rule: string;
  readonly degraded: boolean;
}

export interface ReplayOutput {
  readonly recorded: DecisionRecord;
  readonly replayed: DecisionRecord;
  readonly identical: boolean;
  readonly differences: readonly string[];
}

/**
 * The heart of Tollgate. Calls are taken in the order they are made: `screen` and `record` called one after the other
 * without waiting are decided in that order. All throw TollgateError.
 */
export interface Decisions {
  screen(input: ScreenInput, caller?: Caller): Promise<ScreenOutput>;
  record(input: EventInput, caller?: Caller): Promise<EventOutput>;
  /** Of a site that the caller is not bound to, as of none that there is, DECISION_NOT_FOUND; likewise below. */
  get(ref: DecisionRef, caller?: Caller): Promise<DecisionDetail>;
  list(query: DecisionQuery): Promise<{ readonly records: readonly DecisionRecord[]; readonly next: string }>;
  explain(ref: DecisionRef, options: ExplainOptions, caller?: Caller): Promise<Explanation>;
  replay(ref: DecisionRef, caller?: Caller): Promise<ReplayOutput>;
  /**
   * How precise a rule is, from what its control group let go. RULE_SET_NOT_FOUND, RULE_NOT_FOUND where nothing is known of
   * it: neither a hit nor a version.
   */
  precision(query: PrecisionQuery, caller?: Caller): Promise<PrecisionReport>;
}
