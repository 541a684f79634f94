import type { Outcome, ScaExemption, ThreeDsDemand } from '../outcome.js';

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Static parameters of a fact. */
export type FactParams = { readonly [name: string]: Json };

/** A value taken from another fact instead of written in the rule. */
export interface FactReference {
  readonly fact: string;
  readonly params?: FactParams;
  readonly path?: string;
}

/** One comparison. `path` is `$` followed by `.name` or `[n]` only. */
export interface TestCondition extends FactReference {
  readonly operator: string;
  readonly value: Json | FactReference;
  readonly name?: string;
  readonly priority?: number;
}

/** json-rules-engine's conditions: all / any / not, named conditions, tests. */
export type Condition =
  | { readonly all: readonly Condition[]; readonly name?: string; readonly priority?: number }
  | { readonly any: readonly Condition[]; readonly name?: string; readonly priority?: number }
  | { readonly not: Condition; readonly name?: string; readonly priority?: number }
  | { readonly condition: string; readonly name?: string; readonly priority?: number }
  | TestCondition;

/** What a rule asks for when it hits. A `score` event adds to the set's score and asks for no outcome of its own. */
export type RuleEventType = Outcome | 'score';

/** The parameters of a rule's event. */
export interface RuleEventParams {
  /** Stable reason code, for example `velocity.card`. */
  readonly reason: string;
  /** Points added to the set's score, -1000 to 1000; allowed with every event type. */
  readonly score?: number;
  /** What the rule demands of 3-D Secure. */
  readonly threeDs?: ThreeDsDemand;
  /** An exemption the rule asks for; dropped where challenge or mandate wins. */
  readonly exemption?: ScaExemption;
  /** For people. */
  readonly message?: string;
}

/** One rule: a json-rules-engine rule with a required name. */
export interface Rule {
  /** Unique within the set: 1 to 64 of [a-z0-9-]. */
  readonly name: string;
  readonly description?: string;
  /** False: the rule is kept but skipped. */
  readonly enabled?: boolean;
  readonly priority?: number;
  readonly conditions: Condition;
  readonly event: { readonly type: RuleEventType; readonly params: RuleEventParams };
}

/** From `score` points on, the set asks for `outcome` (and a 3DS demand). */
export interface Threshold {
  readonly score: number;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly threeDs?: ThreeDsDemand;
}

/** What a missing input, a failing rule or a payment without 3-D Secure means. */
export interface RuleSetPolicy {
  /** `unknown` (default): three-valued logic. `as-undefined`: json-rules-engine's meaning with allowUndefinedFacts. */
  readonly missing?: 'unknown' | 'as-undefined';
  /** What an unknown rule asks for, at most what it would ask for had it hit. Default review. */
  readonly onUnknown?: 'accept' | 'review' | 'reject';
  /** What a rule that failed asks for, whatever its event. Default review. */
  readonly onError?: 'accept' | 'review' | 'reject';
  /**
   * What a review of a rule or threshold becomes where 3-D Secure cannot run: the instrument is no card, or the payment
   * is merchant-initiated. Default review.
   */
  readonly withoutThreeDs?: 'accept' | 'review' | 'reject';
}

/** A cumulative limit by calendar period: amounts are reserved before a decision accepts. */
export interface CumulativeLimit {
  /** Unique within the set: 1 to 64 of [a-z0-9-]. */
  readonly name: string;
  readonly description?: string;
  readonly enabled?: boolean;
  /** Which payments count: same conditions as a rule's. */
  readonly when: Condition;
  /** Attributes whose values together make the key, for example `["owner"]` or `["card"]`. */
  readonly by: readonly string[];
  readonly period: 'day' | 'month';
  /**
   * On whose clock a payment gets the date, or month, that names its counter: `merchant`, `site` or an IANA name.
   * Default `merchant`.
   */
  readonly zone?: string;
  /** The cap: minor units of `currency`. */
  readonly cap: { readonly minor: number; readonly currency: string };
  /** Multiplies the cap by the merchant's risk grade, for example {"A": 1.5, "E": 0.5}; missing grades are 1. */
  readonly gradeFactors?: { readonly [grade: string]: number };
  /** What a payment over the cap gets. Default reject. */
  readonly outcome?: 'block' | 'reject' | 'review';
  readonly reason: string;
  /** Whether a refund gives room back. Default `keep`. */
  readonly refunds?: 'restore' | 'keep';
}

/** A rule set as the risk team writes it. */
export interface RuleSetDocument {
  readonly $schema?: string;
  /** 1 to 64 of [a-z0-9-]. */
  readonly id: string;
  /** When the set is evaluated. Later parts add `three-ds` and `routing`. Default `screening`. */
  readonly kind?: 'screening';
  readonly description: string;
  readonly owner: string;
  readonly policy?: RuleSetPolicy;
  readonly thresholds?: readonly Threshold[];
  /** Named conditions that rules refer to with {"condition": name}. */
  readonly conditions?: { readonly [name: string]: Condition };
  readonly rules: readonly Rule[];
  readonly limits?: readonly CumulativeLimit[];
}
