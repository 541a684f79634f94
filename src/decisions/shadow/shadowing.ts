import type { FactValue } from '../../rules/program.js';
import type { Evaluation } from '../evaluate/evaluate.js';
import type { ShadowPlan } from '../evaluate/shadow-plan.js';
import type { DecisionRecord } from '../record.js';

/** A decision, and what a shadow needs to say what it would have decided. */
export interface ShadowWork {
  readonly plan: ShadowPlan;
  /** What the plan read beyond the facts of the decision; undefined: a window that it needs was not in memory. */
  readonly more: readonly FactValue[] | undefined;
  readonly evaluation: Evaluation;
  readonly record: DecisionRecord;
}

/** Takes shadow work, to be done off the way of decisions. Never throws, never waits; what is too much is dropped and counted. */
export interface Shadowing {
  offer(work: ShadowWork): void;
}

/** For where nothing is in shadow. */
export const NO_SHADOWS: Shadowing = { offer: () => undefined };
