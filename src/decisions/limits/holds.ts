import { ATTRIBUTE_INDEX, type Attribute } from '../../facts/attributes.js';
import type { StreamEvent } from '../../facts/stream.js';
import { periodEnd, periodName, periodStart } from '../../facts/velocity/calendar.js';
import { decimalFraction, multiply, type Fraction } from '../../money/fraction.js';
import { ERROR, HIT, NO_HIT, SKIPPED, type Outcome } from '../../rules/outcome.js';
import type { CumulativeLimit } from '../../rules/document/document.js';
import type { ProgramLimit } from '../../rules/program.js';
import type { Hold } from '../ports.js';
import type { CountedBy, HeldLimit, LimitUse, UnheldLimit } from '../record.js';

/** What a limit needs beside the payment's event. */
export interface LimitTerms {
  /** Minor units of the base currency; undefined when there is no rate. */
  toBaseMinor(minor: number, currency: string): number | undefined;
  readonly zones: { readonly site: string; readonly merchant: string };
  /** '' when not graded. */
  readonly riskGrade: string;
}

/** A limit that counts this payment, and what to hold against it, or why that cannot be said. */
export type DueLimit = HoldableLimit | UnholdableLimit;

interface Due {
  readonly ruleSet: string;
  readonly limit: CumulativeLimit;
  readonly periodStart: number;
}

/** A limit that can be asked for room. */
export interface HoldableLimit extends Due {
  readonly hold: Hold;
}

/** A limit that cannot. */
export interface UnholdableLimit extends Due {
  readonly hold: undefined;
  readonly unheld: Pick<UnheldLimit, 'why' | 'lacks'>;
}

/** The limits that count a payment. A limit whose key, cap or amount is unknown is due without hold: see `afterLimits`. */
export function dueLimits(
  limits: readonly ProgramLimit[],
  states: readonly number[],
  event: StreamEvent,
  terms: LimitTerms,
): DueLimit[] {
  const due: DueLimit[] = [];
  for (const [index, { ruleSet, limit }] of limits.entries()) {
    const state = states[index] ?? NO_HIT;
    if (state === NO_HIT || state === SKIPPED) continue;
    const wanted = limit.zone ?? 'merchant';
    const zone = wanted === 'merchant' ? terms.zones.merchant : wanted === 'site' ? terms.zones.site : wanted;
    const from = periodStart(event.at, limit.period, zone);
    const values = limit.by.map((name) => event.attributes[ATTRIBUTE_INDEX[name as Attribute]] ?? 0);
    const cap = terms.toBaseMinor(limit.cap.minor, limit.cap.currency);
    if (state !== HIT || values.includes(0) || cap === undefined || Number.isNaN(event.baseMinor)) {
      const unheld = whyUnheld(limit, state, values, cap);
      due.push({ ruleSet, limit, periodStart: from, hold: undefined, unheld });
      continue;
    }
    const key = values.map((value) => value.toString(36)).join('.');
    // By date, not by moment: shops of one owner in two zones share the counter of a date, and so its cap.
    const period = periodName(event.at, limit.period, zone);
    due.push({
      ruleSet,
      limit,
      periodStart: from,
      hold: {
        counter: `${ruleSet}/${limit.name}/${key}/${period}`,
        amount: event.baseMinor,
        cap: gradedCap(cap, limit, terms.riskGrade),
        periodEnd: periodEnd(event.at, limit.period, zone),
      },
    });
  }
  return due;
}

function whyUnheld(
  { by, cap: { currency } }: CumulativeLimit,
  state: number,
  values: readonly number[],
  cap: number | undefined,
): UnholdableLimit['unheld'] {
  if (state !== HIT) return { why: state === ERROR ? 'condition-failed' : 'input-missing', lacks: '' };
  const unkeyed = by[values.indexOf(0)];
  if (unkeyed !== undefined) return { why: 'no-key', lacks: unkeyed };
  return { why: 'no-rate', lacks: cap === undefined ? currency : '' };
}

/** Never more than the factor as it is written gives: 10,000 x 0.57 is 5,700. */
function gradedCap(cap: number, { gradeFactors }: CumulativeLimit, grade: string): number {
  if (gradeFactors === undefined || grade === '') return cap;
  let factors = factorsByGrade.get(gradeFactors);
  if (factors === undefined) {
    factors = new Map(Object.entries(gradeFactors).map(([name, factor]) => [name, decimalFraction(factor)]));
    factorsByGrade.set(gradeFactors, factors);
  }
  const factor = factors.get(grade);
  if (factor === undefined) return cap;
  return multiply(cap, factor, 'floor') ?? Number.MAX_SAFE_INTEGER;
}

/** Taken apart once for each limit. */
const factorsByGrade = new WeakMap<object, ReadonlyMap<string, Fraction>>();

/** Whether a limit only asks for a review: the payment goes on, so it counts beyond the cap too. */
export function asksReview({ outcome }: CumulativeLimit): boolean {
  return outcome === 'review';
}

/** Whether a payment with this outcome goes on, and so takes up room in the limits. */
export function goesOn(outcome: Outcome): boolean {
  return outcome === 'accept' || outcome === 'review' || outcome === 'allow';
}

/** What became of a limit that was asked for room: its line of the record. */
export function heldLimit(due: HoldableLimit, usedMinor: number, reserved: boolean): HeldLimit {
  const { counter, cap } = due.hold;
  return { ...countedBy(due), state: reserved ? 'held' : 'refused', counter, capMinor: cap, usedMinor };
}

/** The line of the record of a limit that could not be asked. */
export function unheldLimit(due: UnholdableLimit): UnheldLimit {
  return { ...countedBy(due), state: 'unheld', ...due.unheld };
}

function countedBy({ ruleSet, limit, periodStart }: Due): CountedBy {
  return { ruleSet, limit: limit.name, periodStart, refunds: limit.refunds ?? 'keep' };
}

/** The part of a verdict that limits can change. */
export interface LimitedVerdict {
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
  readonly degraded: boolean;
}

/**
 * Whether a limit said no: it could not be held at all, or there was too little room. `amountMinor` in base currency. A
 * limit that only asks for a review says so although the amount was reserved.
 */
export function exceeded(use: LimitUse, amountMinor: number): boolean {
  return use.state === 'unheld' || use.usedMinor + amountMinor > use.capMinor;
}

/**
 * The outcome after the limits. A limit that is exceeded, or cannot be held for want of key, rate or input, overrides
 * accept, review and allow alike: `allow` never lifts a cumulative limit. Pure, so that a replay says the same.
 */
export function afterLimits(
  verdict: LimitedVerdict,
  uses: readonly LimitUse[],
  amountMinor: number,
  limitOf: (ruleSet: string, limit: string) => CumulativeLimit | undefined,
): LimitedVerdict {
  if (!goesOn(verdict.outcome)) return verdict;
  const told = uses.filter((use) => exceeded(use, amountMinor));
  const isHard = (use: LimitUse): boolean => limitOf(use.ruleSet, use.limit)?.outcome !== 'review';
  // A store that refused is believed whatever its figures say by now: nothing goes on without having been held.
  const refused = told.some(isHard)
    ? undefined
    : uses.findLast((use) => use.state === 'refused' && isHard(use));
  const over = refused === undefined ? told : [...told, refused];
  if (over.length === 0) return verdict;
  const said = over.map(({ ruleSet, limit: name }) => {
    const limit = limitOf(ruleSet, name);
    return { outcome: limit?.outcome ?? ('reject' as const), reason: limit?.reason ?? 'limit' };
  });
  const outcome = strictest(said.map((one) => one.outcome));
  const reasons = said.filter((one) => one.outcome === outcome).map(({ reason }) => reason);
  // A payment that goes on keeps its 3-D Secure demand and exemption, and their reasons; an allow is overridden.
  if (goesOn(outcome) && verdict.outcome !== 'allow') reasons.push(...verdict.reasons);
  return {
    outcome,
    reasons: [...new Set(reasons)],
    degraded: verdict.degraded || over.some(({ state }) => state === 'unheld'),
  };
}

function strictest(outcomes: readonly ('block' | 'reject' | 'review')[]): 'block' | 'reject' | 'review' {
  if (outcomes.includes('block')) return 'block';
  return outcomes.includes('reject') ? 'reject' : 'review';
}
