import type { Rule, RuleSetDocument, Threshold } from './document.js';
import {
  HIT,
  NO_HIT,
  OUTCOMES,
  SKIPPED,
  strongerDemand,
  strongerOutcome,
  UNKNOWN,
  type Outcome,
  type ScaExemption,
  type ThreeDsDemand,
} from './outcome.js';
import type { Hit, RuleSetVersion, Verdict } from './program.js';

/**
 * Wishes for an exemption, weakest first. The order between them is a convention: the narrower the reason, the
 * stronger the wish, since a channel can always fall back to a weaker one.
 */
const EXEMPTION_ORDER: readonly ScaExemption[] = ['none', 'tra', 'low-value', 'trusted', 'corporate'];

/** One rule set's place in the vector of states, and what its states mean. */
interface SetPlan {
  readonly ruleSet: string;
  readonly from: number;
  readonly rules: readonly Rule[];
  /** By rising score. */
  readonly thresholds: readonly Threshold[];
  readonly onUnknown: Outcome;
  readonly onError: Outcome;
  /** Reached without any hit. */
  readonly always: boolean;
}

/** A reason, and the outcome that it made. */
interface Said {
  readonly outcome: Outcome;
  readonly reason: string;
}

/** What all sets have said so far. */
interface Talk {
  outcome: Outcome;
  threeDs: ThreeDsDemand;
  exemption: ScaExemption;
  degraded: boolean;
  readonly said: Said[];
  readonly hits: Hit[];
  readonly scores: Record<string, number>;
}

/**
 * What the states of a program's rules come to. Per set: a hit asks for its event's outcome, a reached threshold for
 * its own; an unknown rule for the weaker of the policy's `onUnknown` and what it would have said; a failed rule for
 * `onError`. Over all sets the strongest wins. An unknown rule never allows, never exempts, and demands 3-D Secure
 * only as a request, and only where `onUnknown` is not accept.
 */
export function verdictOf(versions: readonly RuleSetVersion[]): (states: Uint8Array) => Verdict {
  let from = 0;
  const plans = versions.map(({ ruleSet, document }) => {
    const plan = planOf(ruleSet, document, from);
    from += document.rules.length;
    return plan;
  });
  return (states) => {
    const talk: Talk = {
      outcome: 'accept',
      threeDs: 'none',
      exemption: 'none',
      degraded: false,
      said: [],
      hits: [],
      scores: {},
    };
    for (const plan of plans) hear(plan, states, talk);
    const { outcome, threeDs, hits, scores, degraded, said } = talk;
    const exemption = threeDs === 'none' || threeDs === 'request' ? talk.exemption : 'none';
    return { outcome, threeDs, exemption, reasons: reasonsOf(said), hits, scores, degraded };
  };
}

function planOf(ruleSet: string, { policy, thresholds, rules }: RuleSetDocument, from: number): SetPlan {
  const rising = (thresholds ?? []).toSorted((a, b) => a.score - b.score);
  return {
    ruleSet,
    from,
    rules,
    thresholds: rising,
    onUnknown: policy?.onUnknown ?? 'review',
    onError: policy?.onError ?? 'review',
    always: rising.some(({ score }) => score <= 0),
  };
}

function hear(plan: SetPlan, states: Uint8Array, talk: Talk): void {
  const { rules, from } = plan;
  let score = 0;
  let scored = plan.always;
  let possible = 0;
  for (let place = 0; place < rules.length; place++) {
    const state = states[from + place];
    if (state === NO_HIT || state === SKIPPED || state === undefined) continue;
    const rule = rules[place] as Rule;
    const points = rule.event.params.score ?? 0;
    if (state === HIT) {
      score += points;
      if (points !== 0) scored = true;
      hearHit(plan, rule, talk);
    } else if (state === UNKNOWN) {
      possible += Math.max(0, points);
      hearUnknown(plan, rule, talk);
    } else {
      talk.degraded = true;
      ask(talk, plan.onError, rule.event.params.reason);
      talk.hits.push(hitOf(plan, rule, 'error', plan.onError));
    }
  }
  if (score !== 0) setScore(talk.scores, plan.ruleSet, score);
  if (scored) hearScore(plan, states, score, talk);
  if (possible > 0) hearPossibleScore(plan, states, score, score + possible, talk);
}

function hearHit(plan: SetPlan, rule: Rule, talk: Talk): void {
  const { type, params } = rule.event;
  const outcome = type === 'score' ? 'accept' : type;
  if (type !== 'score') ask(talk, outcome, params.reason);
  else if (params.threeDs !== undefined && params.threeDs !== 'none') ask(talk, 'accept', params.reason);
  if (params.threeDs !== undefined) talk.threeDs = strongerDemand(talk.threeDs, params.threeDs);
  if (params.exemption !== undefined) talk.exemption = strongerWish(talk.exemption, params.exemption);
  talk.hits.push(hitOf(plan, rule, 'hit', outcome));
}

function hearUnknown(plan: SetPlan, rule: Rule, talk: Talk): void {
  const { type, params } = rule.event;
  const outcome = type === 'allow' || type === 'score' ? 'accept' : weaker(plan.onUnknown, type);
  talk.degraded = true;
  if (outcome !== 'accept') ask(talk, outcome, params.reason);
  if (plan.onUnknown !== 'accept' && params.threeDs !== undefined && params.threeDs !== 'none') {
    talk.threeDs = strongerDemand(talk.threeDs, 'request');
  }
  talk.hits.push(hitOf(plan, rule, 'unknown', outcome));
}

/** The highest threshold that the score has reached speaks, and the rules whose points brought it there. */
function hearScore(plan: SetPlan, states: Uint8Array, score: number, talk: Talk): void {
  const reached = plan.thresholds.findLast((threshold) => threshold.score <= score);
  if (reached === undefined) return;
  ask(talk, reached.outcome, reached.reason);
  if (reached.threeDs !== undefined) talk.threeDs = strongerDemand(talk.threeDs, reached.threeDs);
  scorers(plan, states, HIT, (rule) => ask(talk, reached.outcome, rule.event.params.reason));
}

/**
 * What the thresholds could still give if the unknown rules with points had hit: only points above zero are added, so
 * that a missing input can make the answer stricter, never laxer.
 */
function hearPossibleScore(plan: SetPlan, states: Uint8Array, score: number, most: number, talk: Talk): void {
  let outcome: Outcome = 'accept';
  let demand = false;
  let reason = '';
  for (const threshold of plan.thresholds) {
    if (threshold.score <= score || threshold.score > most || threshold.outcome === 'allow') continue;
    const given = weaker(plan.onUnknown, threshold.outcome);
    if (OUTCOMES.indexOf(given) > OUTCOMES.indexOf(outcome)) {
      outcome = given;
      reason = threshold.reason;
    }
    if (threshold.threeDs !== undefined && threshold.threeDs !== 'none') demand = true;
  }
  if (demand && plan.onUnknown !== 'accept') talk.threeDs = strongerDemand(talk.threeDs, 'request');
  if (outcome === 'accept') return;
  ask(talk, outcome, reason);
  scorers(plan, states, UNKNOWN, (rule) => {
    ask(talk, outcome, rule.event.params.reason);
    const at = talk.hits.findIndex((hit) => hit.ruleSet === plan.ruleSet && hit.rule === rule.name);
    const hit = talk.hits[at];
    if (hit !== undefined) talk.hits[at] = { ...hit, outcome: strongerOutcome(hit.outcome, outcome) };
  });
}

/** Calls back for the rules in a state that add points. */
function scorers(
  { rules, from }: SetPlan,
  states: Uint8Array,
  state: number,
  each: (rule: Rule) => void,
): void {
  rules.forEach((rule, place) => {
    if (states[from + place] === state && (rule.event.params.score ?? 0) > 0) each(rule);
  });
}

function ask(talk: Talk, outcome: Outcome, reason: string): void {
  talk.outcome = strongerOutcome(talk.outcome, outcome);
  talk.said.push({ outcome, reason });
}

function hitOf({ ruleSet }: SetPlan, rule: Rule, state: Hit['state'], outcome: Outcome): Hit {
  const { reason, score } = rule.event.params;
  return { ruleSet, rule: rule.name, state, outcome, reason, score: state === 'hit' ? (score ?? 0) : 0 };
}

function reasonsOf(said: readonly Said[]): readonly string[] {
  if (said.length < 2) return said.map(({ reason }) => reason);
  const strongestFirst = said.toSorted((a, b) => OUTCOMES.indexOf(b.outcome) - OUTCOMES.indexOf(a.outcome));
  return [...new Set(strongestFirst.map(({ reason }) => reason))];
}

function weaker(a: Outcome, b: Outcome): Outcome {
  return strongerOutcome(a, b) === a ? b : a;
}

function strongerWish(a: ScaExemption, b: ScaExemption): ScaExemption {
  return EXEMPTION_ORDER.indexOf(a) >= EXEMPTION_ORDER.indexOf(b) ? a : b;
}

/** A rule set may be called `constructor`: define, never look up through a prototype. */
function setScore(scores: Record<string, number>, ruleSet: string, score: number): void {
  Object.defineProperty(scores, ruleSet, {
    value: score,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
