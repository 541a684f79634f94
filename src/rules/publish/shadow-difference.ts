import {
  RULE_STATES,
  type Outcome,
  type RuleState,
  type ScaExemption,
  type ThreeDsDemand,
} from '../outcome.js';
import type { Program, Verdict } from '../program.js';

/** What a program said about one payment. The verdict is that of the rules, before limits reserve anything. */
export interface Judged {
  readonly verdict: Verdict;
  /** By rule index of its program. */
  readonly states: Uint8Array;
}

/** A rule of either program and its place in both; -1 where a program has no rule of that name. */
export interface RulePair {
  /** `RULE_SET/RULE`. */
  readonly rule: string;
  readonly live: number;
  readonly shadow: number;
}

/** How a rule ended, or that there is none of that name. */
export type PairedState = RuleState | 'absent';

/** A rule that ended otherwise. */
export interface RuleDifference {
  readonly rule: string;
  readonly live: PairedState;
  readonly shadow: PairedState;
}

/** What of a verdict is compared and kept. */
export interface Said {
  readonly outcome: Outcome;
  readonly threeDs: ThreeDsDemand;
  readonly exemption: ScaExemption;
  readonly reasons: readonly string[];
  /** By rule set. */
  readonly scores: Readonly<Record<string, number>>;
}

/** How live and shadow differed on one payment. Plain JSON. */
export interface ShadowDifference {
  /** Outcome, demand or exemption: whether the payer would have noticed. */
  readonly verdictDiffers: boolean;
  readonly live: Said;
  readonly shadow: Said;
  /** Rules that ended otherwise, in the order of the pairs. */
  readonly rules: readonly RuleDifference[];
}

/** Pairs the rules of two programs by name: those of the live one in its order, then those that only the shadow has. */
export function pairRules(live: Pick<Program, 'rules'>, shadow: Pick<Program, 'rules'>): readonly RulePair[] {
  const name = ({ ruleSet, rule }: Program['rules'][number]): string => `${ruleSet}/${rule.name}`;
  const places = new Map(shadow.rules.map((rule) => [name(rule), rule.index]));
  const pairs = live.rules.map((rule) => {
    const found = places.get(name(rule)) ?? -1;
    places.delete(name(rule));
    return { rule: name(rule), live: rule.index, shadow: found };
  });
  return [...pairs, ...Array.from(places, ([rule, index]) => ({ rule, live: -1, shadow: index }))];
}

/**
 * How two programs differed on a payment; undefined when they agree: the same outcome, demand, exemption, scores and
 * reasons in whatever order, and every rule in the same state. A rule that is absent or skipped agrees with one that
 * did not hit.
 */
export function differenceOf(
  pairs: readonly RulePair[],
  live: Judged,
  shadow: Judged,
): ShadowDifference | undefined {
  const rules: RuleDifference[] = [];
  for (const pair of pairs) {
    const [a, b] = [stateOf(live, pair.live), stateOf(shadow, pair.shadow)];
    if (a !== b && !(isQuiet(a) && isQuiet(b))) rules.push({ rule: pair.rule, live: a, shadow: b });
  }
  const differs = verdictDiffers(live.verdict, shadow.verdict);
  if (rules.length === 0 && !differs && sameGrounds(live.verdict, shadow.verdict)) return undefined;
  return { verdictDiffers: differs, live: said(live.verdict), shadow: said(shadow.verdict), rules };
}

/** Whether two verdicts differ in outcome, demand of 3-D Secure or exemption. */
export function verdictDiffers(a: Verdict, b: Verdict): boolean {
  return a.outcome !== b.outcome || a.threeDs !== b.threeDs || a.exemption !== b.exemption;
}

function stateOf({ states }: Judged, place: number): PairedState {
  return RULE_STATES[states[place] ?? -1] ?? 'absent';
}

function isQuiet(state: PairedState): boolean {
  return state === 'no-hit' || state === 'skipped' || state === 'absent';
}

function sameGrounds(a: Verdict, b: Verdict): boolean {
  const sets = Object.keys(a.scores);
  return (
    a.reasons.length === b.reasons.length &&
    a.reasons.every((reason) => b.reasons.includes(reason)) &&
    sets.length === Object.keys(b.scores).length &&
    sets.every((set) => Object.hasOwn(b.scores, set) && a.scores[set] === b.scores[set])
  );
}

function said({ outcome, threeDs, exemption, reasons, scores }: Verdict): Said {
  return { outcome, threeDs, exemption, reasons, scores };
}
