import { snoozedVerdict } from '../../rules/exceptions/snoozing.js';
import type { Snooze, SnoozedRule } from '../../rules/exceptions/snooze.js';
import type { Authentication } from '../../rules/outcome.js';
import type { FactValue, Verdict } from '../../rules/program.js';
import type { CompiledRules } from './compiled-rules.js';
import { authenticationOf } from './authentication.js';
import { readFacts, type FactInput } from './fact-plan.js';
import type { SnoozeLookup } from './snoozes.js';
import { sourcesOf } from './sources.js';

/** What the rules say of one payment, before limits. */
export interface Evaluation {
  readonly rules: CompiledRules;
  readonly values: readonly FactValue[];
  readonly states: Uint8Array;
  readonly authentication: Authentication;
  /** After snoozes. */
  readonly verdict: Verdict;
  /** By limit index: state of its `when`. */
  readonly limitStates: readonly number[];
  /** Snoozes that cover the payment: for what other versions would say of it. undefined for none. */
  readonly covering: readonly Snooze[] | undefined;
  /** What they changed in what was heard. */
  readonly snoozed: readonly SnoozedRule[];
  /** As the trace keeps it. */
  readonly sources: readonly number[];
}

const NOTHING_SNOOZED: readonly SnoozedRule[] = [];

/** Reads the facts and evaluates all rules: synchronous, so that nothing can come between fact and verdict. */
export function evaluate(
  rules: CompiledRules,
  input: FactInput,
  snoozes: SnoozeLookup,
  failed: (fact: string, error: unknown) => void,
): Evaluation {
  const { program, plan } = rules;
  const values = readFacts(plan, input, (slot, error) => failed(program.slots[slot]?.fact ?? '', error));
  const states = program.evaluate(values);
  const authentication = authenticationOf(input.context.input);
  const covering = snoozes.covering(input.context, input.now);
  const excepted = covering && snoozedVerdict(program, states, authentication, covering, snoozes.isEmbargo);
  return {
    rules,
    values,
    states,
    authentication,
    verdict: excepted?.verdict ?? program.verdict(states, authentication),
    limitStates: program.limits.map((limit) => limit.applies(values)),
    covering,
    snoozed: excepted?.snoozed ?? NOTHING_SNOOZED,
    sources: sourcesOf(plan, input),
  };
}
