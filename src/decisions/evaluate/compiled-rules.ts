import type { Program } from '../../rules/program.js';
import type { Layout } from '../../rules/version-store.js';
import type { FactPlan } from './fact-plan.js';

/** Versions compiled and linked, with the plan that fills the program's facts. */
export interface CompiledRules {
  readonly program: Program;
  readonly layout: Layout;
  readonly plan: FactPlan;
}
