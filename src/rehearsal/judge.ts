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
import { hasLimit, reasonsOf } from './names-in-force.js';

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
  const told = new Set<string>();
  const fail = (text: string, rules: readonly string[]): void => {
    const facts = rules
      .map((rule) => factsOf(rule, decided))
      .filter(([name]) => {
        const fresh = name !== undefined && !told.has(name);
        if (fresh) told.add(name);
        return fresh;
      });
    failures.push({ place, text, facts: facts.flat() });
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
  const possible = expect.notReasons && reasonsOf(decided.documents.values());
  for (const reason of expect.notReasons ?? [])
    if (record.reasons.includes(reason)) fail(`reasons: ${reason} must not be given`, hitRules());
    else if (possible?.has(reason) === false) fail(`reasons: nothing in force ever gives ${reason}`, []);
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
    const { why, owners } = lacking(record);
    const text = degraded
      ? `degraded: ${why}; expect "degraded": true if that is right`
      : 'degraded: expected, but no input was lacking';
    fail(text, owners);
  }
  return failures;
}

/** Why a decision is degraded, and which rules and limits made it so. */
function lacking({ hits, limits }: DecisionRecord): {
  readonly why: string;
  readonly owners: readonly string[];
} {
  const rulesIn = (wanted: RuleState): readonly string[] =>
    hits.filter(({ state }) => state === wanted).map(({ ruleSet, rule }) => `${ruleSet}/${rule}`);
  const [unknown, failed] = [rulesIn('unknown'), rulesIn('error')];
  const unheld = limits.filter(({ state }) => state === 'unheld');
  const reasons = [
    unknown.length === 0 ? '' : `an input was lacking for ${unknown.join(', ')}`,
    failed.length === 0 ? '' : `${failed.join(', ')} failed`,
    ...unheld.map((use) => `limit ${use.ruleSet}/${use.limit} ${limitText(use, null)}`),
  ].filter((reason) => reason !== '');
  return {
    why: reasons.join('; ') || 'an input was lacking',
    owners: [...unknown, ...failed, ...unheld.map(({ ruleSet, limit }) => `${ruleSet}/${limit}`)],
  };
}

function judgeLimits(
  expect: Expectation,
  { record, documents }: Decided,
  fail: (text: string, rules: readonly string[]) => void,
): void {
  const useOf = (name: string) =>
    record.limits.find(({ ruleSet, limit }) => limit === name || `${ruleSet}/${limit}` === name);
  const known = (name: string): boolean => hasLimit(documents.values(), name);
  const said = (name: string): string => {
    const use = useOf(name);
    if (!known(name)) return 'it is not in force';
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
    if (useOf(name) !== undefined || !known(name))
      fail(`limit ${name}: expected not to count the payment; ${said(name)}`, []);
}

function because({ reasons, hits, limits, base }: DecisionRecord): string {
  if (reasons.length === 0) return ' (no rule asked for more)';
  const over = limits.filter((use) => exceeded(use, base?.minor ?? Number.NaN));
  const those = [
    hits.map(({ ruleSet, rule, state }) => `${ruleSet}/${rule} ${state}`).join(', '),
    ...over.map((use) => `limit ${use.ruleSet}/${use.limit} ${limitText(use, base)}`),
  ];
  return ` (${[reasons.join(', '), ...those.filter((text) => text !== '')].join('; ')})`;
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

/** The conditions of a rule or limit as the decision met them, indented, below its full name; empty: there is none. */
function factsOf(name: string, decided: Decided): readonly string[] {
  const found = ownerOf(name, decided);
  if (found === undefined) return [];
  const { document, fullName, conditions } = found;
  const trace = JSON.parse(decided.payload.trace) as DecisionTrace;
  const values = recordedValues(trace, decodePersonal(decided.payload.personal).facts);
  const slots = new Map(
    decided.layout.slots.map(({ fact, params }, slot) => [slotKey(fact, params), values[slot]]),
  );
  const explanation = explainRule(conditions, document, (fact, params) => slots.get(slotKey(fact, params)));
  return [fullName, ...lines(explanation, 1)];
}

/** The rule of that name, else the limit. */
function ownerOf(name: string, decided: Decided) {
  const [ruleSet, ruleName] = decided.layout.rules[indexOf(name, decided)] ?? ['', ''];
  for (const document of decided.documents.values()) {
    const own = (inner: { readonly name: string }): boolean => `${document.id}/${inner.name}` === name;
    const rule = document.id === ruleSet && document.rules.find((candidate) => candidate.name === ruleName);
    if (rule) return { document, fullName: `${ruleSet}/${ruleName}`, conditions: rule.conditions };
    const limit = document.limits?.find(own);
    if (limit !== undefined) return { document, fullName: name, conditions: limit.when };
  }
  return undefined;
}

function lines(explanation: ConditionExplanation, depth: number): readonly string[] {
  const inner = explanation.children.flatMap((child) => lines(child, depth + 1));
  const label =
    explanation.kind === 'test'
      ? explanation.text
      : `${explanation.name || explanation.kind}: ${explanation.result}`;
  return ['  '.repeat(depth) + label, ...inner];
}
