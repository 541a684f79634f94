import { recordedValues } from '../decisions/record/new-record.js';
import { decodePersonal } from '../decisions/record/personal-part.js';
import { exceeded } from '../decisions/limits/holds.js';
import { limitText } from '../decisions/limits/text.js';
import type { DecisionPayload } from '../decisions/ports.js';
import type { DecisionRecord, DecisionTrace } from '../decisions/record.js';
import { explainRule } from '../rules/explain/explain.js';
import type { ConditionExplanation } from '../rules/explain/explanation.js';
import type { RuleSetDocument } from '../rules/document/document.js';
import { slotKey } from '../rules/document/resolve.js';
import { RULE_STATES, type RuleState } from '../rules/outcome.js';
import type { Layout } from '../rules/version-store.js';
import type { Expectation } from './case-file.js';

/** One expectation that was not met. */
export interface Failure {
  /** Where in the case: `stream[2], payment 5 of 5`. */
  readonly place: string;
  /** What was expected and what came instead. */
  readonly text: string;
  /** The conditions of the rules concerned with the values they met, one line each. */
  readonly facts: readonly string[];
}

/** A decision with what is needed to judge it. */
export interface Decided {
  readonly record: DecisionRecord;
  readonly payload: DecisionPayload;
  readonly layout: Layout;
  readonly documents: ReadonlyMap<string, RuleSetDocument>;
}

/** Holds a decision against what a case expects of it. */
export function judge(expect: Expectation, decided: Decided, place: string): readonly Failure[] {
  const { record } = decided;
  const failures: Failure[] = [];
  const told = new Set<number>();
  const fail = (text: string, rules: readonly string[]): void => {
    const fresh = rules.filter((rule) => {
      const index = indexOf(rule, decided);
      return !told.has(index) && told.add(index);
    });
    failures.push({ place, text, facts: fresh.flatMap((rule) => factsOf(rule, decided)) });
  };
  const hitRules = (): readonly string[] => record.hits.map(({ ruleSet, rule }) => `${ruleSet}/${rule}`);
  for (const name of ['outcome', 'threeDs', 'exemption'] as const) {
    const wanted = expect[name];
    if (wanted !== undefined && record[name] !== wanted)
      fail(`${name}: expected ${wanted}, is ${record[name]}${because(record)}`, hitRules());
  }
  for (const reason of expect.reasons ?? [])
    if (!record.reasons.includes(reason))
      fail(`reasons: expected ${reason}, are ${record.reasons.join(', ') || 'none'}`, hitRules());
  for (const reason of expect.notReasons ?? [])
    if (record.reasons.includes(reason)) fail(`reasons: ${reason} must not be given`, hitRules());
  const states: readonly (readonly [keyof Expectation & ('hits' | 'notHits' | 'unknown'), RuleState])[] = [
    ['hits', 'hit'],
    ['notHits', 'no-hit'],
    ['unknown', 'unknown'],
  ];
  for (const [list, wanted] of states)
    for (const rule of expect[list] ?? []) {
      const state = stateOf(rule, decided);
      if (state !== wanted) fail(`rule ${rule}: expected ${wanted}, is ${state ?? 'not in force'}`, [rule]);
    }
  judgeLimits(expect, decided, fail);
  const degraded = record.flags.includes('degraded');
  if (degraded !== (expect.degraded ?? false)) {
    const lacking = record.hits.filter(({ state }) => state !== 'hit');
    const rules = lacking.map(({ ruleSet, rule }) => `${ruleSet}/${rule}`);
    const text = degraded
      ? `degraded: an input was lacking${rules.length === 0 ? '' : ` for ${rules.join(', ')}`}; expect "degraded": true if that is right`
      : 'degraded: expected, but no input was lacking';
    fail(text, rules);
  }
  return failures;
}

function judgeLimits(
  expect: Expectation,
  { record }: Decided,
  fail: (text: string, rules: readonly string[]) => void,
): void {
  const useOf = (name: string) =>
    record.limits.find(({ ruleSet, limit }) => limit === name || `${ruleSet}/${limit}` === name);
  const said = (name: string): string => {
    const use = useOf(name);
    if (use === undefined) return 'it did not count the payment, or another limit was exceeded before';
    return limitText(use, record.base);
  };
  const amount = record.base?.minor ?? Number.NaN;
  for (const name of expect.held ?? [])
    if (useOf(name)?.state !== 'held') fail(`limit ${name}: expected to be held; ${said(name)}`, []);
  for (const name of expect.exceeded ?? []) {
    const use = useOf(name);
    if (use === undefined || !exceeded(use, amount))
      fail(`limit ${name}: expected to be exceeded; ${said(name)}`, []);
  }
  for (const name of expect.notDue ?? [])
    if (useOf(name) !== undefined)
      fail(`limit ${name}: expected not to count the payment; ${said(name)}`, []);
}

function because({ reasons, hits }: DecisionRecord): string {
  const rules = hits.map(({ ruleSet, rule, state }) => `${ruleSet}/${rule} ${state}`).join(', ');
  return reasons.length === 0 ? ' (no rule asked for more)' : ` (${reasons.join(', ')}; ${rules})`;
}

/** `rule` alone names a rule of any set. */
function indexOf(name: string, { layout }: Decided): number {
  return layout.rules.findIndex(([ruleSet, rule]) => rule === name || `${ruleSet}/${rule}` === name);
}

function stateOf(name: string, decided: Decided): RuleState | undefined {
  const index = indexOf(name, decided);
  if (index < 0) return undefined;
  const { states } = JSON.parse(decided.payload.trace) as DecisionTrace;
  return RULE_STATES[Number(states[index])];
}

/** The conditions of a rule as the decision met them, indented. */
function factsOf(name: string, decided: Decided): readonly string[] {
  const index = indexOf(name, decided);
  const [ruleSet, ruleName] = decided.layout.rules[index] ?? ['', ''];
  const document = decided.documents.get(ruleSet);
  const rule = document?.rules.find((candidate) => candidate.name === ruleName);
  if (document === undefined || rule === undefined) return [];
  const trace = JSON.parse(decided.payload.trace) as DecisionTrace;
  const values = recordedValues(trace, decodePersonal(decided.payload.personal).facts);
  const slots = new Map(
    decided.layout.slots.map(({ fact, params }, slot) => [slotKey(fact, params), values[slot]]),
  );
  const explanation = explainRule(rule.conditions, document, (fact, params) =>
    slots.get(slotKey(fact, params)),
  );
  return [`${ruleSet}/${ruleName}`, ...lines(explanation, 1)];
}

function lines(explanation: ConditionExplanation, depth: number): readonly string[] {
  const inner = explanation.children.flatMap((child) => lines(child, depth + 1));
  const label =
    explanation.kind === 'test'
      ? explanation.text
      : `${explanation.name || explanation.kind}: ${explanation.result}`;
  return ['  '.repeat(depth) + label, ...inner];
}
