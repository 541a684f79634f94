import type { Rule, RuleEventType, RuleSetDocument, Threshold } from '../document/document.js';
import {
  HIT,
  NO_HIT,
  OUTCOMES,
  SKIPPED,
  strongerDemand,
  strongerOutcome,
  UNKNOWN,
  type Authentication,
  type Outcome,
  type ScaExemption,
  type ThreeDsDemand,
} from '../outcome.js';
import type { Hit, Program, RuleSetVersion } from '../program.js';
import { reasonsOf, type Said } from './reasons.js';

/**
 * Wishes for an exemption, weakest first. The order between them is a convention: the narrower the reason, the
 * stronger the wish, since a channel can always fall back to a weaker one.
 */
const EXEMPTION_ORDER: readonly ScaExemption[] = ['none', 'tra', 'low-value', 'trusted', 'corporate'];

/** Why 3-D Secure cannot run, as a reason code. */
const CANNOT_RUN: Readonly<Record<Exclude<Authentication, 'possible'>, string>> = {
  'no-card': 'three-ds.no-card',
  'merchant-initiated': 'three-ds.merchant-initiated',
};

/** Reasons that no rule gives: why no demand of 3-D Secure is left. */
export const CANNOT_RUN_REASONS: readonly string[] = Object.values(CANNOT_RUN);

/** One rule set's place in the vector of states, and what its states mean. */
interface SetPlan {
  readonly ruleSet: string;
  readonly from: number;
  readonly rules: readonly Rule[];
  /** By rising score. */
  readonly thresholds: readonly Threshold[];
  readonly onUnknown: Outcome;
  readonly onError: Outcome;
  readonly withoutThreeDs: Outcome;
  /** Reached without any hit. */
  readonly always: boolean;
}

/** What all sets have said so far. */
interface Talk {
  /** Whether 3-D Secure can run. */
  readonly able: boolean;
  outcome: Outcome;
  threeDs: ThreeDsDemand;
  /** What those who allow demand themselves. */
  allowed: ThreeDsDemand;
  exemption: ScaExemption;
  degraded: boolean;
  /** Some block could be neither found nor ruled out. */
  mayBlock: boolean;
  /** Some review became something else because 3-D Secure cannot run. */
  replaced: boolean;
  readonly said: Said[];
  readonly hits: Hit[];
  readonly scores: Record<string, number>;
}

/**
 * What the states of a program's rules come to. Per set: a hit asks for its event's outcome, a reached threshold for
 * its own; an unknown rule for the weaker of the policy's `onUnknown` and what it would have said; a failed rule for
 * `onError`. Over all sets the strongest wins. An unknown rule never allows, never exempts, and demands 3-D Secure
 * only as a request, and only where `onUnknown` is not accept.
 *
 * An outcome of allow lifts what others demand of 3-D Secure, short of a mandate. Where 3-D Secure cannot run no demand
 * is left, since none could be met, and each set's own reviews are what its policy says they become, before anything is
 * compared: so the strictest set wins.
 *
 * Nothing is allowed while a block may stand, of a rule or of a threshold within reach of points, that is unknown or has
 * failed, unless the set accepts that: the strongest of all else wins. `onError` stands for a failed rule's points too.
 */
export function verdictOf(versions: readonly RuleSetVersion[]): Program['verdict'] {
  let from = 0;
  const plans = versions.map(({ ruleSet, document }) => {
    const plan = planOf(ruleSet, document, from);
    from += document.rules.length;
    return plan;
  });
  return (states, authentication) => {
    const cannot = authentication === 'possible' ? undefined : CANNOT_RUN[authentication];
    const talk: Talk = {
      able: cannot === undefined,
      outcome: 'accept',
      threeDs: 'none',
      allowed: 'none',
      exemption: 'none',
      degraded: false,
      mayBlock: false,
      replaced: false,
      said: [],
      hits: [],
      scores: {},
    };
    for (const plan of plans) hear(plan, states, talk);
    const { hits, scores, degraded, said } = talk;
    const outcome = talk.mayBlock && talk.outcome === 'allow' ? withoutAllow(said) : talk.outcome;
    const lifted = outcome === 'allow' && talk.threeDs !== 'mandate';
    const demand = lifted ? talk.allowed : talk.threeDs;
    const exemption = demand === 'none' || demand === 'request' ? talk.exemption : 'none';
    // A lifted demand is that of those who allow: their reasons are given for the outcome.
    const reasons = reasonsOf(said, { outcome, threeDs: lifted ? 'none' : demand, exemption });
    if (cannot === undefined) return { outcome, threeDs: demand, exemption, reasons, hits, scores, degraded };
    const changed = demand !== 'none' || talk.replaced;
    const why = changed ? [...reasons.filter((reason) => reason !== cannot), cannot] : reasons;
    return { outcome, threeDs: 'none', exemption, reasons: why, hits, scores, degraded };
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
    withoutThreeDs: policy?.withoutThreeDs ?? 'review',
    always: rising.some(({ score }) => score <= 0),
  };
}

function hear(plan: SetPlan, states: Uint8Array, talk: Talk): void {
  const { rules, from } = plan;
  let score = 0;
  let scored = plan.always;
  let possible = 0;
  let failed = 0;
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
      failed += Math.max(0, points);
      ask(talk, plan.onError, rule.event.params.reason);
      if (rule.event.type === 'block' && plan.onError !== 'accept') talk.mayBlock = true;
      talk.hits.push(hitOf(plan, rule, 'error', plan.onError));
    }
  }
  if (score !== 0) setScore(talk.scores, plan.ruleSet, score);
  if (scored) hearScore(plan, states, score, talk);
  if (possible > 0) hearPossibleScore(plan, states, score, score + possible, talk);
  const most = score + possible + failed;
  const blocks = plan.thresholds.some(
    (one) => one.outcome === 'block' && one.score > score && one.score <= most,
  );
  if (failed > 0 && blocks && plan.onError !== 'accept') talk.mayBlock = true;
}

function hearHit(plan: SetPlan, rule: Rule, talk: Talk): void {
  const { type, params } = rule.event;
  const outcome = type === 'score' ? 'accept' : meant(plan, type, talk);
  if (outcome !== type && type !== 'score') talk.replaced = true;
  const { threeDs = 'none', exemption = 'none' } = params;
  if (type !== 'score' || threeDs !== 'none') ask(talk, outcome, params.reason, threeDs, exemption);
  demand(talk, threeDs, type);
  talk.exemption = strongerWish(talk.exemption, exemption);
  talk.hits.push(hitOf(plan, rule, 'hit', outcome));
}

function hearUnknown(plan: SetPlan, rule: Rule, talk: Talk): void {
  const { type, params } = rule.event;
  const outcome = type === 'allow' || type === 'score' ? 'accept' : ifUnknown(plan, type, talk);
  const demanded = plan.onUnknown !== 'accept' && (params.threeDs ?? 'none') !== 'none';
  talk.degraded = true;
  if (outcome !== 'accept') ask(talk, outcome, params.reason, demanded ? 'request' : 'none');
  if (type === 'block' && outcome !== 'accept') talk.mayBlock = true;
  if (demanded) talk.threeDs = strongerDemand(talk.threeDs, 'request');
  talk.hits.push(hitOf(plan, rule, 'unknown', outcome));
}

/** The highest threshold that the score has reached speaks, and the rules whose points brought it there. */
function hearScore(plan: SetPlan, states: Uint8Array, score: number, talk: Talk): void {
  const reached = plan.thresholds.findLast((threshold) => threshold.score <= score);
  if (reached === undefined) return;
  const outcome = meant(plan, reached.outcome, talk);
  if (outcome !== reached.outcome) talk.replaced = true;
  ask(talk, outcome, reached.reason, reached.threeDs);
  if (reached.threeDs !== undefined) demand(talk, reached.threeDs, reached.outcome);
  scorers(plan, states, HIT, (rule) => ask(talk, outcome, rule.event.params.reason, reached.threeDs));
}

/**
 * What the thresholds could still give if the unknown rules with points had hit: only points above zero are added, so
 * that a missing input can make the answer stricter, never laxer.
 */
function hearPossibleScore(plan: SetPlan, states: Uint8Array, score: number, most: number, talk: Talk): void {
  let outcome: Outcome = 'accept';
  let demanded = false;
  let reason = '';
  for (const threshold of plan.thresholds) {
    if (threshold.score <= score || threshold.score > most || threshold.outcome === 'allow') continue;
    const given = ifUnknown(plan, threshold.outcome, talk);
    if (threshold.outcome === 'block' && given !== 'accept') talk.mayBlock = true;
    if (OUTCOMES.indexOf(given) > OUTCOMES.indexOf(outcome)) {
      outcome = given;
      reason = threshold.reason;
    }
    if (threshold.threeDs !== undefined && threshold.threeDs !== 'none') demanded = true;
  }
  const threeDs = demanded && plan.onUnknown !== 'accept' ? 'request' : 'none';
  talk.threeDs = strongerDemand(talk.threeDs, threeDs);
  if (outcome === 'accept') return;
  ask(talk, outcome, reason, threeDs);
  scorers(plan, states, UNKNOWN, (rule) => {
    ask(talk, outcome, rule.event.params.reason, threeDs);
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

/** What a set means by an outcome for this payment: its reviews are something else where 3-D Secure cannot run. */
function meant({ withoutThreeDs }: SetPlan, outcome: Outcome, { able }: Talk): Outcome {
  return outcome === 'review' && !able ? withoutThreeDs : outcome;
}

/** What is asked for where it is unknown whether `outcome` would be. */
function ifUnknown(plan: SetPlan, outcome: Outcome, talk: Talk): Outcome {
  const asked = weaker(plan.onUnknown, meant(plan, outcome, talk));
  if (asked !== weaker(plan.onUnknown, outcome)) talk.replaced = true;
  return asked;
}

function demand(talk: Talk, wanted: ThreeDsDemand, by: RuleEventType): void {
  talk.threeDs = strongerDemand(talk.threeDs, wanted);
  if (by === 'allow') talk.allowed = strongerDemand(talk.allowed, wanted);
}

function ask(
  talk: Talk,
  outcome: Outcome,
  reason: string,
  threeDs: ThreeDsDemand = 'none',
  exemption: ScaExemption = 'none',
): void {
  talk.outcome = strongerOutcome(talk.outcome, outcome);
  talk.said.push({ outcome, threeDs, exemption, reason });
}

function hitOf({ ruleSet }: SetPlan, rule: Rule, state: Hit['state'], outcome: Outcome): Hit {
  const { reason, score } = rule.event.params;
  return { ruleSet, rule: rule.name, state, outcome, reason, score: state === 'hit' ? (score ?? 0) : 0 };
}

function withoutAllow(said: readonly Said[]): Outcome {
  return said.reduce<Outcome>(
    (strongest, { outcome }) => (outcome === 'allow' ? strongest : strongerOutcome(strongest, outcome)),
    'accept',
  );
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
