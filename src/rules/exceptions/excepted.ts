import { conditionResolver, readsOf, testsOf } from '../document/resolve.js';
import type { Rule, RuleSetDocument } from '../document/document.js';
import { ERROR, HIT, SKIPPED, UNKNOWN, type Authentication } from '../outcome.js';
import type { Program, Verdict } from '../program.js';

/** The lists that a rule reads, also through named conditions. */
export function listsReadBy(rule: Rule, document: RuleSetDocument): readonly string[] {
  const lists = new Set<string>();
  for (const test of testsOf(conditionResolver(document.conditions)(rule.conditions)))
    for (const { fact, params } of readsOf(test)) {
      const list = params?.['list'];
      if (fact === 'list' && typeof list === 'string') lists.add(list);
    }
  return [...lists];
}

/** Where the rules of a program stand, and which lists each reads. */
export interface ProgramRules {
  /** By rule set, in the order of the document. */
  readonly placesOf: (ruleSet: string) => readonly number[];
  /** undefined: there is no such rule. */
  readonly placeOf: (ruleSet: string, rule: string) => number | undefined;
  readonly listsAt: (place: number) => readonly string[];
}

const known = new WeakMap<Program, ProgramRules>();

/** Found out once for each program. */
export function rulesOf(program: Program): ProgramRules {
  const there = known.get(program);
  if (there !== undefined) return there;
  const sets = new Map<string, number[]>();
  const places = new Map<string, number>();
  for (const { index, ruleSet, rule } of program.rules) {
    places.set(`${ruleSet}/${rule.name}`, index);
    sets.set(ruleSet, [...(sets.get(ruleSet) ?? []), index]);
  }
  const documents = new Map(program.versions.map(({ ruleSet, document }) => [ruleSet, document]));
  const lists = new Map<number, readonly string[]>();
  const made: ProgramRules = {
    placesOf: (ruleSet) => sets.get(ruleSet) ?? [],
    placeOf: (ruleSet, rule) => places.get(`${ruleSet}/${rule}`),
    listsAt(place) {
      const found = lists.get(place);
      if (found !== undefined) return found;
      const rule = program.rules[place];
      const document = documents.get(rule?.ruleSet ?? '');
      const read = rule === undefined || document === undefined ? [] : listsReadBy(rule.rule, document);
      lists.set(place, read);
      return read;
    },
  };
  known.set(program, made);
  return made;
}

/** Whether a rule in this state says anything. */
export function isHeard(state: number | undefined): boolean {
  return state === HIT || state === UNKNOWN || state === ERROR;
}

/**
 * What a program says when the rules at some places are heard as skipped. A mandate of 3-D Secure that stands with them
 * stands without them: no exception lifts it. `full`: the verdict with all rules. Pure.
 */
export function verdictWithout(
  program: Program,
  states: Uint8Array,
  authentication: Authentication,
  places: readonly number[],
  full: Verdict = program.verdict(states, authentication),
): Verdict {
  const heard = states.slice();
  for (const place of places) heard[place] = SKIPPED;
  const verdict = program.verdict(heard, authentication);
  if (full.threeDs !== 'mandate' || verdict.threeDs === 'mandate') return verdict;
  const reasons = [...verdict.reasons, ...mandatesOf(program, states, full, places)];
  return { ...verdict, threeDs: 'mandate', exemption: 'none', reasons: [...new Set(reasons)] };
}

/** The reasons of the rules at these places, and of the thresholds, that mandate 3-D Secure. */
function mandatesOf(
  program: Program,
  states: Uint8Array,
  { scores }: Verdict,
  places: readonly number[],
): string[] {
  const rules = places.flatMap((place) => {
    const params = program.rules[place]?.rule.event.params;
    return states[place] === HIT && params?.threeDs === 'mandate' ? [params.reason] : [];
  });
  const reached = program.versions.flatMap(({ ruleSet, document }) => {
    const score = Object.hasOwn(scores, ruleSet) ? (scores[ruleSet] ?? 0) : 0;
    const rising = (document.thresholds ?? []).toSorted((a, b) => a.score - b.score);
    const threshold = rising.findLast((one) => one.score <= score);
    return threshold?.threeDs === 'mandate' ? [threshold.reason] : [];
  });
  return [...rules, ...reached];
}
