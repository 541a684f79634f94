import { HIT, OUTCOMES, THREE_DS_DEMANDS, type Outcome, type ThreeDsDemand } from '../outcome.js';
import { verdictDiffers, type Judged, type RulePair } from './shadow-difference.js';

/** Payments, and their amounts in minor units of the base currency; those without a rate count as payments only. */
export interface Counted {
  count: number;
  baseMinor: number;
}

/** By what live said, then by what shadow said: every cell is there, also those on the diagonal. */
export type Transitions<T extends string> = Readonly<Record<T, Readonly<Record<T, Counted>>>>;

/** How often a rule hit in either program, and in one without the other. */
export interface RuleTally {
  liveHits: number;
  shadowHits: number;
  readonly onlyLive: Counted;
  readonly onlyShadow: Counted;
}

/**
 * Why shadow has said nothing of a payment: more was waiting than may; a window that only shadow asks for was not in
 * memory; the instance stopped first; asking it failed, which is a bug.
 */
export const DROP_REASONS = ['busy', 'cold', 'closing', 'failed'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/**
 * What was counted of live against shadow. It belongs to one pair of programs: as large as they have rules, and a new
 * live version begins a new one. Plain JSON; instances count for themselves and what they counted is added up.
 */
export interface ShadowTally {
  /** Payments that both judged. */
  compared: number;
  /** Payments that shadow has said nothing of. */
  readonly dropped: Record<DropReason, number>;
  /** Of those compared: verdicts with a rule that was unknown or failed. */
  degradedLive: number;
  degradedShadow: number;
  /** Of those compared: outcome, demand or exemption differ. */
  readonly changed: Counted;
  /** Of those compared: no exchange rate, so no amount is counted. */
  unpriced: number;
  readonly outcomes: Transitions<Outcome>;
  readonly threeDs: Transitions<ThreeDsDemand>;
  /** By `RULE_SET/RULE`; rules that hit in neither are left out. */
  readonly rules: Readonly<Record<string, RuleTally>>;
}

/** A tally of nothing. */
export function createShadowTally(): ShadowTally {
  return {
    compared: 0,
    dropped: { busy: 0, cold: 0, closing: 0, failed: 0 },
    degradedLive: 0,
    degradedShadow: 0,
    changed: nothing(),
    unpriced: 0,
    outcomes: transitions(OUTCOMES),
    threeDs: transitions(THREE_DS_DEMANDS),
    rules: {},
  };
}

/** A rule that hit nowhere yet. */
export function createRuleTally(): RuleTally {
  return { liveHits: 0, shadowHits: 0, onlyLive: nothing(), onlyShadow: nothing() };
}

/** Counts a payment that both judged; `baseMinor` NaN: no exchange rate. Makes nothing but a rule's first entry. */
export function countCompared(
  tally: ShadowTally,
  pairs: readonly RulePair[],
  live: Judged,
  shadow: Judged,
  baseMinor: number,
): void {
  const [a, b] = [live.verdict, shadow.verdict];
  const minor = Number.isNaN(baseMinor) ? 0 : baseMinor;
  tally.compared++;
  if (Number.isNaN(baseMinor)) tally.unpriced++;
  if (a.degraded) tally.degradedLive++;
  if (b.degraded) tally.degradedShadow++;
  if (verdictDiffers(a, b)) count(tally.changed, minor);
  count(tally.outcomes[a.outcome][b.outcome], minor);
  count(tally.threeDs[a.threeDs][b.threeDs], minor);
  for (const pair of pairs) {
    const inLive = live.states[pair.live] === HIT;
    const inShadow = shadow.states[pair.shadow] === HIT;
    if (!inLive && !inShadow) continue;
    const rule = ruleOf(tally, pair.rule);
    if (inLive) rule.liveHits++;
    if (inShadow) rule.shadowHits++;
    if (inLive !== inShadow) count(inLive ? rule.onlyLive : rule.onlyShadow, minor);
  }
}

/** Counts a payment that shadow has said nothing of. */
export function countDropped(tally: ShadowTally, reason: DropReason): void {
  tally.dropped[reason]++;
}

/** Adds all that `more` counted of the same pair of programs. */
export function addShadowTally(tally: ShadowTally, more: ShadowTally): void {
  tally.compared += more.compared;
  for (const reason of DROP_REASONS) tally.dropped[reason] += more.dropped[reason];
  tally.degradedLive += more.degradedLive;
  tally.degradedShadow += more.degradedShadow;
  tally.unpriced += more.unpriced;
  addCounted(tally.changed, more.changed);
  addTransitions(tally.outcomes, more.outcomes, OUTCOMES);
  addTransitions(tally.threeDs, more.threeDs, THREE_DS_DEMANDS);
  for (const [name, counted] of Object.entries(more.rules)) {
    const rule = ruleOf(tally, name);
    rule.liveHits += counted.liveHits;
    rule.shadowHits += counted.shadowHits;
    addCounted(rule.onlyLive, counted.onlyLive);
    addCounted(rule.onlyShadow, counted.onlyShadow);
  }
}

/** The tally of counters as they were stored, where those that are zero, or that a former build did not know, may be missing. */
export function shadowTallyOf(counters: unknown): ShadowTally {
  const { rules = {}, ...others } = (counters ?? {}) as Partial<ShadowTally>;
  const all = Object.entries(rules).map(([name, counted]) => [name, filled(createRuleTally(), counted)]);
  return { ...filled(createShadowTally(), others), rules: Object.fromEntries(all) as ShadowTally['rules'] };
}

function nothing(): Counted {
  return { count: 0, baseMinor: 0 };
}

function transitions<T extends string>(names: readonly T[]): Transitions<T> {
  const row = (): Record<T, Counted> =>
    Object.fromEntries(names.map((name) => [name, nothing()])) as Record<T, Counted>;
  return Object.fromEntries(names.map((name) => [name, row()])) as Record<T, Record<T, Counted>>;
}

function addTransitions<T extends string>(
  to: Transitions<T>,
  more: Transitions<T>,
  names: readonly T[],
): void {
  for (const live of names) for (const shadow of names) addCounted(to[live][shadow], more[live][shadow]);
}

function count(to: Counted, minor: number): void {
  to.count++;
  to.baseMinor += minor;
}

function addCounted(to: Counted, more: Counted): void {
  to.count += more.count;
  to.baseMinor += more.baseMinor;
}

function ruleOf({ rules }: ShadowTally, name: string): RuleTally {
  const known = rules[name];
  if (known !== undefined) return known;
  const made = createRuleTally();
  (rules as Record<string, RuleTally>)[name] = made;
  return made;
}

/** A shape of zeros with what is known put in. */
function filled<T extends object>(shape: T, known: object): T {
  for (const [name, value] of Object.entries(known)) {
    const there: unknown = shape[name as keyof T];
    if (typeof value === 'object' && value !== null && typeof there === 'object' && there !== null)
      filled(there, value as object);
    else (shape as Record<string, unknown>)[name] = value;
  }
  return shape;
}
