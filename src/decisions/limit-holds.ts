import { ATTRIBUTE_INDEX, type Attribute } from '../facts/attributes.js';
import type { StreamEvent } from '../facts/stream.js';
import { HIT, NO_HIT, SKIPPED, type Outcome } from '../rules/outcome.js';
import type { CumulativeLimit } from '../rules/document.js';
import type { ProgramLimit } from '../rules/program.js';
import type { Hold } from './ports.js';
import type { LimitUse } from './record.js';

/** What of the world a limit needs: handed in, so that this file stays pure. */
export interface LimitTerms {
  /** Minor units of the base currency; undefined when there is no rate. */
  toBaseMinor(minor: number, currency: string): number | undefined;
  /** First instant of the calendar period that holds `ms`. */
  periodStart(ms: number, unit: 'day' | 'month', zone: string): number;
  /** First instant after that period. */
  periodEnd(ms: number, unit: 'day' | 'month', zone: string): number;
  /** What a calendar calls that period, in whatever zone: `2026-03-02`, `2026-03`. */
  periodName(ms: number, unit: 'day' | 'month', zone: string): string;
  readonly zones: { readonly site: string; readonly merchant: string };
  /** '' when not graded. */
  readonly riskGrade: string;
}

/** A limit that counts this payment, and what to hold against it; undefined when that cannot be said. */
export interface DueLimit {
  readonly ruleSet: string;
  readonly limit: CumulativeLimit;
  readonly periodStart: number;
  readonly hold: Hold | undefined;
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
    const periodStart = terms.periodStart(event.at, limit.period, zone);
    const values = limit.by.map((name) => event.attributes[ATTRIBUTE_INDEX[name as Attribute]] ?? 0);
    const cap = terms.toBaseMinor(limit.cap.minor, limit.cap.currency);
    const keyed = values.every((value) => value !== 0);
    if (state !== HIT || !keyed || cap === undefined || Number.isNaN(event.baseMinor)) {
      due.push({ ruleSet, limit, periodStart, hold: undefined });
      continue;
    }
    const factor = limit.gradeFactors?.[terms.riskGrade] ?? 1;
    const key = values.map((value) => value.toString(36)).join('.');
    // By date, not by moment: shops of one owner in two zones share the counter of a date, and so its cap.
    const period = terms.periodName(event.at, limit.period, zone);
    due.push({
      ruleSet,
      limit,
      periodStart,
      hold: {
        counter: `${ruleSet}/${limit.name}/${key}/${period}`,
        amount: event.baseMinor,
        cap: gradedCap(cap, factor),
        periodEnd: terms.periodEnd(event.at, limit.period, zone),
      },
    });
  }
  return due;
}

/** 15 digits are what a double holds of a decimal: 10,000 x 0.57 is 5,700, not a hair below it. */
function gradedCap(cap: number, factor: number): number {
  return factor === 1 ? cap : Math.floor(Number((cap * factor).toPrecision(15)));
}

/** Whether a limit only asks for a review: the payment goes on, so it counts beyond the cap too. */
export function asksReview({ outcome }: CumulativeLimit): boolean {
  return outcome === 'review';
}

/** Whether a payment with this outcome goes on, and so takes up room in the limits. */
export function goesOn(outcome: Outcome): boolean {
  return outcome === 'accept' || outcome === 'review' || outcome === 'allow';
}

/** What became of a due limit: the line of the record. A limit that could not be held has a cap of -1. */
export function limitUse(due: DueLimit, usedMinor: number, reserved: boolean): LimitUse {
  const { ruleSet, limit, periodStart, hold } = due;
  const counter = hold?.counter ?? '';
  return {
    ruleSet,
    limit: limit.name,
    counter,
    periodStart,
    capMinor: hold?.cap ?? -1,
    usedMinor,
    reserved,
    refunds: limit.refunds ?? 'keep',
  };
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
  return use.capMinor < 0 ? !use.reserved : use.usedMinor + amountMinor > use.capMinor;
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
    : uses.findLast((use) => !use.reserved && use.capMinor >= 0 && isHard(use));
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
    degraded: verdict.degraded || over.some((use) => use.capMinor < 0),
  };
}

function strictest(outcomes: readonly ('block' | 'reject' | 'review')[]): 'block' | 'reject' | 'review' {
  if (outcomes.includes('block')) return 'block';
  return outcomes.includes('reject') ? 'reject' : 'review';
}
