import {
  RuleState,
  type ConditionExplanation,
  type ExplainDecisionResponse,
} from '../gen/tollgate/v1/decision_service_pb.js';
import { enumText } from './decision-text.js';
import type { Output } from './output.js';

const MARKS: Readonly<Record<string, string>> = {
  true: '+',
  false: '-',
  unknown: '?',
  error: '!',
  skipped: '.',
};

/** What a node says by itself; its children follow it. */
function conditionLabel({ kind, name, text, children }: ConditionExplanation): string {
  if (children.length === 0) return text === '' ? [kind, name].filter((part) => part !== '').join(' ') : text;
  if (kind === 'condition') return `${name}:`;
  return kind === 'not' ? 'not:' : `${kind} of ${children.length}:`;
}

function printCondition(out: Output, node: ConditionExplanation, depth: number): void {
  const mark = MARKS[node.result] ?? ' ';
  const line = `${'  '.repeat(depth)}${mark} ${conditionLabel(node)}`;
  out.line(node.result === 'skipped' ? out.paint('dim', line) : line);
  for (const child of node.children) printCondition(out, child, depth + 1);
}

/**
 * Prints why a decision came out as it did. The rules follow the summary one by one, so what it says of them, and they of
 * their conditions, is left out.
 */
export function printExplanation(out: Output, { summary, rules }: ExplainDecisionResponse): void {
  const said = new Set(rules.map((rule) => rule.text));
  for (const sentence of summary) if (!said.has(sentence)) out.line(sentence);
  for (const { ruleSet, rule, state, description, text, conditions } of rules) {
    out.line();
    out.line(out.paint('bold', `${ruleSet}/${rule}: ${enumText(RuleState, state)}`));
    if (description !== '') out.line(`  ${description}`);
    if (text !== '' && (conditions === undefined || !text.endsWith(conditions.text))) out.line(`  ${text}`);
    if (conditions !== undefined) printCondition(out, conditions, 1);
  }
}
