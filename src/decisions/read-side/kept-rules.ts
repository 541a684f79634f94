import type { Rule, RuleSetDocument } from '../../rules/document/document.js';
import { RULE_STATES, type RuleState } from '../../rules/outcome.js';
import type { RuleSetVersion } from '../../rules/program.js';
import type { Layout } from '../../rules/version-store.js';
import type { DecisionTrace } from '../record.js';

/** A rule of a stored decision. */
export interface KeptRule {
  readonly ruleSet: string;
  readonly name: string;
  readonly state: RuleState;
  /** undefined: its version is not stored any more. */
  readonly document: RuleSetDocument | undefined;
  readonly rule: Rule | undefined;
}

/** The rules of a decision with how they ended, in the order of the layout. */
export function keptRules(
  layout: Layout,
  trace: DecisionTrace,
  versions: readonly RuleSetVersion[],
): readonly KeptRule[] {
  const documents = new Map(versions.map(({ ruleSet, document }) => [ruleSet, document]));
  return layout.rules.map(([ruleSet, name], index) => {
    const document = documents.get(ruleSet);
    const rule = document?.rules.find((candidate) => candidate.name === name);
    return { ruleSet, name, state: stateAt(trace, index), document, rule };
  });
}

/** How the rule at a place of the layout ended. */
export function stateAt(trace: DecisionTrace, index: number): RuleState {
  return RULE_STATES[Number(trace.states[index] ?? '0')] ?? 'no-hit';
}
