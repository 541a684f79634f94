import type { Attribute } from '../../facts/attributes.js';
import { planWindows } from '../../facts/velocity/plan.js';
import { StreamWindows } from '../../facts/velocity/windows.js';
import type { FactCatalogue } from '../../rules/catalogue.js';
import { compileProgram } from '../../rules/compile/compile.js';
import { layoutOf } from '../../rules/versions/layout.js';
import type { FactSlot, Program, RuleSetVersion } from '../../rules/program.js';
import type { Layout } from '../../rules/version-store.js';
import { planFacts, type FactPlan } from './fact-plan.js';

/** One immutable snapshot of the rules in force and the windows that belong to it. */
export interface RulesInForce {
  readonly program: Program;
  readonly layout: Layout;
  readonly plan: FactPlan;
  readonly windows: StreamWindows;
}

/** What a snapshot is made with. */
export interface RulesInForceOptions {
  readonly catalogue: FactCatalogue;
  readonly hash: (attribute: Attribute, value: string) => number;
  /** Memory for the windows, bytes. */
  readonly windowBytes: number;
  /** Lays something over the plan, once for each program: a rehearsal gives facts by hand. Default: nothing. */
  readonly planned?: (plan: FactPlan, slots: readonly FactSlot[]) => FactPlan;
}

/** Compiles versions into a snapshot. Its windows are empty: events not durable yet, which a cold load would miss, are to be inserted. */
export function rulesInForce(
  versions: readonly RuleSetVersion[],
  options: RulesInForceOptions,
): RulesInForce {
  const program = compileProgram(versions);
  const facts = planFacts(program.slots, options.catalogue);
  const plan = options.planned?.(facts, program.slots) ?? facts;
  return { program, layout: layoutOf(program), plan, windows: emptyWindows(plan, options) };
}

/** The same rules over windows that hold nothing yet. */
export function withFreshWindows(rules: RulesInForce, options: RulesInForceOptions): RulesInForce {
  return { ...rules, windows: emptyWindows(rules.plan, options) };
}

function emptyWindows(plan: FactPlan, options: RulesInForceOptions): StreamWindows {
  return new StreamWindows(planWindows(plan, options.hash), { maxBytes: options.windowBytes });
}
