import type { Scope } from './scope.js';

/** Where a committed version may stand in a scope. What stands nowhere is committed only. */
export const STAGES = ['shadow', 'canary', 'active', 'archived'] as const;
export type Stage = (typeof STAGES)[number];

/** How far a canary may be from the stable version before it is rolled back. Shares are 0 to 1. */
export interface GuardrailLimits {
  /** Points by which the share of stopped payments (rejected or blocked) may be above, and below, the stable version's. */
  readonly stopped?: number;
  /** Points by which the share in review may be above. */
  readonly reviewed?: number;
  /** Points by which the share with a 3-D Secure demand may be above. */
  readonly threeDs?: number;
  /** How many times the stable version's 95th percentile of the time to a decision may be taken. 1 and more. */
  readonly latency?: number;
  /** Decisions of the canary before it is judged at all. */
  readonly minimum: number;
  /** How often an equal canary may be rolled back by chance, over its whole life: 0 to 1. */
  readonly alpha: number;
}

/** Where nothing is said: wide enough for a version that is meant to change something, too narrow for an accident. */
export const DEFAULT_GUARDRAILS: GuardrailLimits = {
  stopped: 0.05,
  reviewed: 0.05,
  threeDs: 0.1,
  latency: 2,
  minimum: 200,
  alpha: 0.01,
};

/** Who gets a canary, and what ends it. */
export interface CanarySettings {
  /** 0 to 1, of the payers. */
  readonly share: number;
  /** What a payer is told by: `card` before `customer`, or the other way round. */
  readonly by: 'card' | 'customer';
  /** For how long the same payer draws the same lot, ms. */
  readonly periodMs: number;
  readonly guardrails: GuardrailLimits;
}

/** A version in a scope of its rule set. */
export interface StagedVersion {
  readonly ruleSet: string;
  readonly scope: Scope;
  readonly version: number;
  readonly stage: Stage;
  /** The revision of the rule set that put it there; names the run of a shadow or canary. */
  readonly since: number;
  /** Epoch ms. */
  readonly sinceAt: number;
  /** Of a canary. */
  readonly canary?: CanarySettings;
}

/** Whether a scope would have two versions active, or two in canary, once `changes` have taken the place of what is there. */
export function wouldClash(there: readonly StagedVersion[], changes: readonly StagedVersion[]): boolean {
  const placeOf = ({ ruleSet, scope, version }: StagedVersion): string => `${ruleSet} ${scope} ${version}`;
  const after = new Map([...there, ...changes].map((staged) => [placeOf(staged), staged]));
  const taken = new Set<string>();
  for (const { ruleSet, scope, stage } of after.values()) {
    if (stage !== 'active' && stage !== 'canary') continue;
    const place = `${ruleSet} ${scope} ${stage}`;
    if (taken.has(place)) return true;
    taken.add(place);
  }
  return false;
}
