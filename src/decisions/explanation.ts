import type { Origin } from '../facts/origins.js';
import type { ConditionExplanation } from '../rules/explain/explanation.js';
import type { FactChange } from '../rules/explain/near-miss.js';
import type { Outcome, RuleState, ThreeDsDemand } from '../rules/outcome.js';
import type { RuleEventType, Threshold } from '../rules/document/document.js';
import type { Provenance } from '../rules/versions/provenance.js';
import type { DecisionRecord, LimitUse } from './record.js';

/** How much is to be told. */
export interface ExplainOptions {
  /** Also rules that did not hit. */
  readonly allRules: boolean;
  /** Near misses at most. */
  readonly nearMisses: number;
}

/** One rule, condition by condition. */
export interface RuleExplanation {
  readonly ruleSet: string;
  readonly rule: string;
  readonly description: string;
  readonly state: RuleState;
  /** undefined: its version is not stored any more. */
  readonly conditions: ConditionExplanation | undefined;
  readonly text: string;
}

/** A rule that nearly hit, by the least change that would have made it hit. */
export interface NearMiss {
  readonly ruleSet: string;
  readonly rule: string;
  readonly description: string;
  readonly state: RuleState;
  /** What it would have asked for. */
  readonly asks: RuleEventType;
  readonly threeDs: ThreeDsDemand;
  readonly reason: string;
  /** Points it would have added. */
  readonly score: number;
  readonly changes: readonly FactChange[];
  /** Values it asks about that were right. */
  readonly held: number;
  /** The decision with that change, under the limits as they were; undefined: a version of it is not stored any more. */
  readonly instead: { readonly outcome: Outcome; readonly threeDs: ThreeDsDemand } | undefined;
  readonly text: string;
}

/** The points of a rule set with thresholds. */
export interface ScoreExplanation {
  readonly ruleSet: string;
  readonly score: number;
  /** Points more if all its rules that could not be decided had hit. */
  readonly unknown: number;
  /** By rising score. */
  readonly thresholds: readonly (Threshold & { readonly reached: boolean })[];
  readonly text: string;
}

/** What became of a limit. */
export interface LimitExplanation {
  readonly use: LimitUse;
  readonly description: string;
  /**
   * Minor units of the base currency that are left after this payment, below zero by how much it is over; undefined where
   * the limit could not be asked, or no rate is known.
   */
  readonly roomLeft: number | undefined;
  /** What it asked for; undefined: it did not say no. */
  readonly asks: Outcome | undefined;
  readonly text: string;
}

/** Something that facts were read from, as it stood. */
export interface SourceExplanation {
  readonly origin: Origin;
  /** Which list, site or table; '' where there is one only. */
  readonly id: string;
  /** Of a list, site or merchant; undefined: there is none, or it was not kept. */
  readonly revision: number | undefined;
  /** The moment it holds for, epoch ms; undefined: not known. */
  readonly asOf: number | undefined;
  /** How old that was for the decision, ms: 0 for what is read as of the time of the payment, else as of when it was decided. */
  readonly age: number | undefined;
  readonly text: string;
}

/** How a value of the payment came to be on a list. */
export interface ListMembership {
  /** Epoch ms. */
  readonly since: number;
  /** Epoch ms; undefined: until it is removed. */
  readonly until: number | undefined;
  readonly actor: string;
  readonly reason: string;
  readonly source: string;
}

/** A fact that a rule read. */
export interface FactExplanation {
  readonly fact: string;
  readonly params: unknown;
  /** undefined: missing. */
  readonly value: unknown;
  /** The word of the catalogue for it: velocity, list, request … */
  readonly source: string;
  readonly sources: readonly SourceExplanation[];
  /** Of the oldest of its sources. */
  readonly asOf: number | undefined;
  readonly age: number | undefined;
  /** For a list that the payment was on, where that is still known. */
  readonly membership: ListMembership | undefined;
  /** `RULE_SET/RULE`, of limits `RULE_SET/LIMIT`. */
  readonly readBy: readonly string[];
  readonly text: string;
}

/** A version that took part. */
export interface VersionExplanation {
  readonly ruleSet: string;
  readonly version: number;
  readonly hash: string;
  /** undefined: the version is not stored any more as it was. */
  readonly provenance: Provenance | undefined;
  readonly text: string;
}

/** Why a decision came out as it did. */
export interface Explanation {
  readonly record: DecisionRecord;
  /** Outcome and 3-D Secure in words, a sentence a line. */
  readonly headline: readonly string[];
  /** All in words, a sentence a line. */
  readonly summary: readonly string[];
  readonly rules: readonly RuleExplanation[];
  /** Nearest first. */
  readonly nearMisses: readonly NearMiss[];
  readonly scores: readonly ScoreExplanation[];
  readonly limits: readonly LimitExplanation[];
  /** What the told rules and limits read. */
  readonly facts: readonly FactExplanation[];
  readonly sources: readonly SourceExplanation[];
  readonly versions: readonly VersionExplanation[];
}
