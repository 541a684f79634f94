import type { Lot } from '../../../src/decisions/evaluate/canary-lot.js';
import { DEFAULT_LIMITS } from '../../../src/rules/publish/canary-limits.js';
import { DEFAULT_PLAN } from '../../../src/rules/publish/guardrails.js';
import type { CanarySettings, StagedVersion } from '../../../src/rules/publish/stage.js';

/** Half of the cards, and the usual limits. */
export const HALF: CanarySettings = {
  share: 0.5,
  by: 'card',
  periodMs: 86_400_000,
  limits: DEFAULT_LIMITS,
  plan: DEFAULT_PLAN,
};

/** A canary that the revision `since` began. */
export function stagedCanary(since: number, ruleSet = 'a-set'): StagedVersion {
  return { ruleSet, scope: 'all', version: 2, stage: 'canary', since, sinceAt: 0, canary: HALF };
}

/** What was drawn for it; `draw` where it matters. */
export function lot(since: number, drawn: boolean, ruleSet = 'a-set', draw = drawn ? 0.1 : 0.9): Lot {
  return { ruleSet, version: 2, since, share: 0.5, draw, drawn };
}
