import type { StreamEvent } from '../facts/stream.js';
import type { Attribute } from '../facts/attributes.js';
import { planWindows } from '../facts/velocity/plan.js';
import { StreamWindows } from '../facts/velocity/windows.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import { compileProgram } from '../rules/compile.js';
import { layoutOf } from '../rules/layout.js';
import type { Program, RuleSetVersion } from '../rules/program.js';
import type { Layout } from '../rules/version-store.js';
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
  /** Calls under way at most. */
  readonly inFlight: number;
}

/** Compiles versions into a snapshot. `unsettled`: events not durable yet, which a cold load would miss. */
export function rulesInForce(
  versions: readonly RuleSetVersion[],
  options: RulesInForceOptions,
  unsettled: Iterable<StreamEvent>,
): RulesInForce {
  const program = compileProgram(versions);
  const plan = planFacts(program.slots, options.catalogue);
  const windows = new StreamWindows(planWindows(plan, options.hash), {
    maxBytes: options.windowBytes,
    inFlight: options.inFlight,
  });
  for (const event of unsettled) windows.insert(event);
  return { program, layout: layoutOf(program), plan, windows };
}
