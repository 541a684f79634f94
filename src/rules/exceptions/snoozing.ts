import { RULE_STATES, type Authentication } from '../outcome.js';
import type { Hit, Program, ProgramRule, Verdict } from '../program.js';
import { isHeard, rulesOf, verdictWithout } from './excepted.js';
import type { Snooze, SnoozedRule } from './snooze.js';

/** A verdict, and what snoozes changed in what was heard for it. */
export interface SnoozedVerdict {
  readonly verdict: Verdict;
  readonly snoozed: readonly SnoozedRule[];
}

/** Whether a list is one that no exception may lift: an embargo. What is not known is one. */
export type IsEmbargo = (list: string) => boolean;

/**
 * The verdict of a program on a payment that these snoozes cover; undefined where they change nothing that is heard.
 * Rules that read an embargo list are heard all the same. For whichever version: rules go by their names.
 */
export function snoozedVerdict(
  program: Program,
  states: Uint8Array,
  authentication: Authentication,
  covering: readonly Snooze[],
  isEmbargo: IsEmbargo,
): SnoozedVerdict | undefined {
  const by = new Map<number, Snooze>();
  const rules = rulesOf(program);
  for (const snooze of covering)
    for (const place of placesOf(snooze, program))
      if (isHeard(states[place]) && !by.has(place) && !rules.listsAt(place).some(isEmbargo))
        by.set(place, snooze);
  if (by.size === 0) return undefined;
  const full = program.verdict(states, authentication);
  const places = [...by.keys()].toSorted((a, b) => a - b);
  return {
    verdict: verdictWithout(program, states, authentication, places, full),
    snoozed: places.map((place) => {
      const { id, until, actor, reason } = by.get(place) as Snooze;
      return { ...unheard(program, states, full.hits, place), snooze: id, until, actor, reason };
    }),
  };
}

function placesOf({ ruleSet, rule }: Snooze, program: Program): readonly number[] {
  const rules = rulesOf(program);
  if (rule === '') return rules.placesOf(ruleSet);
  const place = rules.placeOf(ruleSet, rule);
  return place === undefined ? [] : [place];
}

/** What the rule at a place would have said. */
function unheard(
  program: Program,
  states: Uint8Array,
  hits: readonly Hit[],
  place: number,
): Pick<SnoozedRule, 'ruleSet' | 'rule' | 'state' | 'outcome'> {
  const { ruleSet, rule } = program.rules[place] as ProgramRule;
  const hit = hits.find((one) => one.ruleSet === ruleSet && one.rule === rule.name);
  const state = RULE_STATES[states[place] ?? 0] as SnoozedRule['state'];
  return { ruleSet, rule: rule.name, state, outcome: hit?.outcome ?? 'accept' };
}

/** The verdict again, of what a record says was snoozed: the snoozes may have ended since. */
export function verdictAsSnoozed(
  program: Program,
  states: Uint8Array,
  authentication: Authentication,
  snoozed: readonly SnoozedRule[],
): SnoozedVerdict {
  const full = program.verdict(states, authentication);
  const rules = rulesOf(program);
  const places: number[] = [];
  const again: SnoozedRule[] = [];
  for (const one of snoozed) {
    const place = rules.placeOf(one.ruleSet, one.rule);
    if (place === undefined || !isHeard(states[place])) continue;
    places.push(place);
    again.push({ ...one, ...unheard(program, states, full.hits, place) });
  }
  if (places.length === 0) return { verdict: full, snoozed: again };
  return { verdict: verdictWithout(program, states, authentication, places, full), snoozed: again };
}

/** For people: what a snooze changed. */
export function snoozedText({ ruleSet, rule, state, outcome, until, actor, reason }: SnoozedRule): string {
  const would =
    state === 'hit' ? `would have asked for ${outcome}` : `(${state}) would have asked for ${outcome}`;
  const end = new Date(until).toISOString().replace(/\.\d+Z$/, 'Z');
  return `${ruleSet}/${rule} ${would}; snoozed until ${end} by ${actor} because: ${reason}`;
}
