import type { Authentication } from '../../rules/outcome.js';
import type { FactValue, Verdict } from '../../rules/program.js';
import type { CompiledRules } from './compiled-rules.js';
import { authenticationOf } from './authentication.js';
import { readFacts, type FactInput } from './fact-plan.js';
import { sourcesOf } from './sources.js';

/** What the rules say of one payment, before limits. */
export interface Evaluation {
  readonly rules: CompiledRules;
  readonly values: readonly FactValue[];
  readonly states: Uint8Array;
  readonly authentication: Authentication;
  readonly verdict: Verdict;
  /** By limit index: state of its `when`. */
  readonly limitStates: readonly number[];
  /** As the trace keeps it. */
  readonly sources: readonly number[];
}

/** Reads the facts and evaluates all rules: synchronous, so that nothing can come between fact and verdict. */
export function evaluate(
  rules: CompiledRules,
  input: FactInput,
  failed: (fact: string, error: unknown) => void,
): Evaluation {
  const { program, plan } = rules;
  const values = readFacts(plan, input, (slot, error) => failed(program.slots[slot]?.fact ?? '', error));
  const states = program.evaluate(values);
  const authentication = authenticationOf(input.context.input);
  return {
    rules,
    values,
    states,
    authentication,
    verdict: program.verdict(states, authentication),
    limitStates: program.limits.map((limit) => limit.applies(values)),
    sources: sourcesOf(plan, input),
  };
}
