import type { CanaryLimits } from './canary-limits.js';
import type { CanaryPlan } from './guardrails.js';
import type { Scope } from './scope.js';

/** Where a committed version may stand in a scope. What stands nowhere is committed only. */
export const STAGES = ['shadow', 'canary', 'active', 'archived'] as const;
export type Stage = (typeof STAGES)[number];

/** Who gets a canary, and what ends it. */
export interface CanarySettings {
  /** 0 to 1, of the payers. */
  readonly share: number;
  /** What a payer is told by: `card` before `customer`, or the other way round. */
  readonly by: 'card' | 'customer';
  /** For how long the same payer draws the same lot, ms. */
  readonly periodMs: number;
  /** What it is held to, and how often that is looked at: as they were said or usual when it began. */
  readonly limits: CanaryLimits;
  readonly plan: CanaryPlan;
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
