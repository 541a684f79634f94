import type { FactCatalogue } from '../../rules/catalogue.js';
import {
  changeFinder,
  nearestFirst,
  type ChangeFinder,
  type FactOf,
  type LeastChange,
} from '../../rules/explain/near-miss.js';
import type { ConditionReader } from '../../rules/explain/condition-reader.js';
import type { RuleState } from '../../rules/outcome.js';
import type { Program } from '../../rules/program.js';
import type { NearMiss } from '../explanation.js';
import type { DecisionRecord } from '../record.js';
import type { KeptRule } from './kept-rules.js';
import { decidedAgain } from './replay.js';

/** What near misses are looked for in. */
export interface MissedRules {
  readonly record: DecisionRecord;
  readonly rules: readonly KeptRule[];
  readonly factOf: FactOf;
  readonly nodeOf: ConditionReader;
  readonly catalogue: FactCatalogue;
  /** undefined: not all versions are stored any more. */
  readonly program: Program | undefined;
}

/** The rules that nearly hit, nearest first, at most `limit`. */
export function nearMisses({ rules, ...told }: MissedRules, limit: number): NearMiss[] {
  const finders = new Map<object, ChangeFinder>();
  const found = rules.flatMap((one): { one: KnownRule; least: LeastChange }[] => {
    const { document, rule, state } = one;
    if (document === undefined || rule === undefined || !mayStillHit(state)) return [];
    const find =
      finders.get(document) ??
      changeFinder(document.policy?.missing ?? 'unknown', told.factOf, told.catalogue);
    finders.set(document, find);
    const least = find(told.nodeOf(document, rule.conditions));
    return least?.near === true ? [{ one: { ...one, rule }, least }] : [];
  });
  const misses: NearMiss[] = [];
  for (const { one, least } of found.toSorted((a, b) => nearestFirst(a.least, b.least))) {
    if (misses.length === limit) break;
    const miss = missOf(one, least, told);
    if (isTelling(miss, told.record)) misses.push(miss);
  }
  return misses;
}

/**
 * That a value was another is worth telling where it would have changed the decision, but not that the payment had
 * something a rule is about the want of; a number that was near always is.
 */
function isTelling({ changes, instead }: NearMiss, { outcome, threeDs }: DecisionRecord): boolean {
  if (changes.some(({ fact }) => fact === 'has')) return false;
  if (instead === undefined || changes.every(({ kind }) => kind !== 'value')) return true;
  return instead.outcome !== outcome || instead.threeDs !== threeDs;
}

type KnownRule = KeptRule & { readonly rule: NonNullable<KeptRule['rule']> };

function mayStillHit(state: RuleState): boolean {
  return state === 'no-hit' || state === 'unknown';
}

function missOf(
  { ruleSet, name, rule, state }: KnownRule,
  { changes, held, changed }: LeastChange,
  told: Omit<MissedRules, 'rules'>,
): NearMiss {
  const { type, params } = rule.event;
  const { record } = told;
  const instead = decidedWith(changed, told);
  const lacked = changes.map(({ text }) => text).join('; ');
  return {
    ruleSet,
    rule: name,
    description: rule.description ?? '',
    state,
    asks: type,
    threeDs: params.threeDs ?? 'none',
    reason: params.reason,
    score: params.score ?? 0,
    changes,
    held,
    instead,
    text: `${ruleSet}/${name} (${asksText(rule.event)}) nearly hit: ${lacked}${insteadText(record, instead)}`,
  };
}

/** The decision with other facts: rules that read them too may hit with it, or not any more. */
function decidedWith(
  changed: LeastChange['changed'],
  { record, program, factOf }: Omit<MissedRules, 'rules'>,
): NearMiss['instead'] {
  if (program === undefined) return undefined;
  const values = program.slots.map(({ key }) => (changed.has(key) ? changed.get(key) : factOf(key)));
  const { outcome, threeDs } = decidedAgain(record, program, program.evaluate(values));
  return { outcome, threeDs };
}

/** What a rule asks for, for people: `reject`, `20 points`, `review, 3DS challenge`. */
function asksText({ type, params }: KnownRule['rule']['event']): string {
  const { score = 0, threeDs = 'none' } = params;
  const parts = [
    type === 'score' ? '' : type,
    score === 0 ? '' : `${score} points`,
    threeDs === 'none' ? '' : `3DS ${threeDs}`,
  ];
  return parts.filter((part) => part !== '').join(', ') || type;
}

function insteadText({ outcome, threeDs }: DecisionRecord, instead: NearMiss['instead']): string {
  if (instead === undefined) return '';
  if (instead.outcome !== outcome) return `; then ${instead.outcome}, not ${outcome}`;
  if (instead.threeDs !== threeDs) return `; then 3DS ${instead.threeDs}, not ${threeDs}`;
  return '; the decision would have been the same';
}
