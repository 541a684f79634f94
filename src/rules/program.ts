import type { CumulativeLimit, FactParams, Rule, RuleSetDocument } from './document/document.js';
import type { Authentication, Outcome, ScaExemption, ThreeDsDemand } from './outcome.js';

/** The value of a fact; undefined is missing. */
export type FactValue = undefined | null | boolean | number | string | readonly unknown[] | object;

/** A committed version of a rule set. */
export interface RuleSetVersion {
  readonly ruleSet: string;
  /** 1, 2, 3 … within the rule set. */
  readonly version: number;
  /** SHA-256 over the RFC 8785 canonical JSON of the document, hex. */
  readonly hash: string;
  readonly document: RuleSetDocument;
}

/** One fact with its parameters: a slot of the fact vector. */
export interface FactSlot {
  readonly slot: number;
  readonly fact: string;
  readonly params: FactParams | undefined;
  /** `fact` or `fact` + canonical JSON of params; unique among the slots. */
  readonly key: string;
}

/** Where a rule stands in the vector of states. */
export interface ProgramRule {
  readonly index: number;
  readonly ruleSet: string;
  readonly rule: Rule;
}

/** A limit and its place; `applies` reads the same fact vector. */
export interface ProgramLimit {
  readonly index: number;
  readonly ruleSet: string;
  readonly limit: CumulativeLimit;
  /** HIT: the limit counts this payment. UNKNOWN and ERROR are treated as HIT: nothing escapes a limit by accident. */
  applies(values: readonly FactValue[]): number;
}

/** A rule that mattered. */
export interface Hit {
  readonly ruleSet: string;
  readonly rule: string;
  /** One of RULE_STATES but no-hit and skipped. */
  readonly state: 'hit' | 'unknown' | 'error';
  /** What it contributed to the outcome. */
  readonly outcome: Outcome;
  readonly reason: string;
  readonly score: number;
}

/** What the rule sets say together. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly threeDs: ThreeDsDemand;
  readonly exemption: ScaExemption;
  /**
   * Distinct reason codes of the rules and thresholds that made the outcome or, where the payment goes on, the demand or
   * the exemption; strongest first, then document order; last why 3-D Secure cannot run, where that changed something.
   */
  readonly reasons: readonly string[];
  readonly hits: readonly Hit[];
  /** Score by rule set, only sets with a score other than 0. */
  readonly scores: Readonly<Record<string, number>>;
  /** A rule was unknown or failed. */
  readonly degraded: boolean;
}

/**
 * Rule sets compiled and linked: one immutable snapshot of what is active. Evaluation is synchronous and pure, so one
 * program serves all requests at once.
 */
export interface Program {
  readonly versions: readonly RuleSetVersion[];
  /** Every fact any rule or limit reads: what a decision must fetch. */
  readonly slots: readonly FactSlot[];
  readonly rules: readonly ProgramRule[];
  readonly limits: readonly ProgramLimit[];
  /** A limit by its rule set and name. */
  readonly limitOf: (ruleSet: string, name: string) => CumulativeLimit | undefined;
  /** States of all rules by index. `values[slot]` as in `slots`. Never throws. */
  evaluate(values: readonly FactValue[]): Uint8Array;
  /** Outcome lattice, scores, thresholds, 3DS axis, exemption, reasons. */
  verdict(states: Uint8Array, authentication: Authentication): Verdict;
}
