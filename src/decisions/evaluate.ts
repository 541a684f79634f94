import type { FactValue, Verdict } from '../rules/program.js';
import type { RulesInForce } from './active-rules.js';
import { readFacts, type FactInput } from './fact-plan.js';

/** What the rules say of one payment, before limits. */
export interface Evaluation {
  readonly rules: RulesInForce;
  readonly values: readonly FactValue[];
  readonly states: Uint8Array;
  readonly verdict: Verdict;
  /** By limit index: state of its `when`. */
  readonly limitStates: readonly number[];
}

/** Reads the facts and evaluates all rules: synchronous, so that nothing can come between fact and verdict. */
export function evaluate(
  rules: RulesInForce,
  input: Omit<FactInput, 'windows'>,
  failed: (fact: string, error: unknown) => void,
): Evaluation {
  const { program, plan, windows } = rules;
  const values = readFacts(plan, { ...input, windows }, (slot, error) =>
    failed(program.slots[slot]?.fact ?? '', error),
  );
  const states = program.evaluate(values);
  return {
    rules,
    values,
    states,
    verdict: program.verdict(states),
    limitStates: program.limits.map((limit) => limit.applies(values)),
  };
}
