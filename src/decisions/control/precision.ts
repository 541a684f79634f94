import { ATTRIBUTE_INDEX, type Attribute, type StreamKind } from '../../facts/attributes.js';
import type { StreamEvent } from '../../facts/stream.js';
import { weightedDesignEffect } from '../../statistics/design-effect.js';
import {
  mergeOutcomes,
  NO_OUTCOMES,
  weightedOutcome,
  weightedProportion,
  type WeightedOutcomes,
} from '../../statistics/weighted-proportion.js';
import { goesOn } from '../limits/holds.js';
import type { DecisionRecord } from '../record.js';
import type { ControlLot } from './control-lot.js';

const LABEL = ATTRIBUTE_INDEX.label;
const PAYMENT = ATTRIBUTE_INDEX.payment;
const THREE_DS = ATTRIBUTE_INDEX.threeDs;
/** What says that a payment should have been stopped, unless somebody has labelled it since. */
const TROUBLE: ReadonlySet<StreamKind> = new Set(['chargeback', 'fraud-warning', 'refund-claimed']);
/** What says that a payment was not made, unless it was all the same, by another attempt. */
const UNMADE: ReadonlySet<StreamKind> = new Set(['declined', 'abandoned', 'cancelled']);
const UNAUTHENTICATED = ['failed', 'rejected', 'abandoned'];
/** Into how many groups payers are spread, to see how far payments of one payer end alike. */
const GROUPS = 20;
/** Spreads draws over the groups, also where all are small: no fraction of it is one of how finely draws are made. */
const SPREAD = 1e6 * ((1 + Math.sqrt(5)) / 2);

/**
 * How a payment that was let go has ended. `open`: it may still turn out to be bad. `unmade`: it was declined, cancelled or
 * given up, so nobody will ever claim it back, whoever paid: that it stays quiet says nothing of the payer.
 */
export type Ending = 'bad' | 'good' | 'open' | 'unmade';

/** When an ending is known, and of which payments. */
export interface EndingOptions {
  /** Processing time, epoch ms. */
  readonly now: number;
  /** After so long without trouble a payment was good, ms. */
  readonly maturityMs: number;
  readonly hash: (attribute: Attribute, value: string) => number;
}

/** How a payment has ended, by what the stream says of whoever made it. The label that came last counts before all else. */
export function endingOf(
  payment: StreamEvent,
  events: readonly StreamEvent[],
  { now, maturityMs, hash }: EndingOptions,
): Ending {
  const id = payment.attributes[PAYMENT];
  const own = events.filter(
    ({ kind, attributes }) => kind !== 'payment' && id !== 0 && attributes[PAYMENT] === id,
  );
  const label = own
    .filter(({ kind }) => kind === 'label')
    .toSorted((a, b) => a.knownAt - b.knownAt || a.seq - b.seq)
    .at(-1);
  if (label !== undefined) return label.attributes[LABEL] === hash('label', 'fraud') ? 'bad' : 'good';
  if (own.some(({ kind }) => TROUBLE.has(kind))) return 'bad';
  if (payment.at + maturityMs > now) return 'open';
  return isUnmade(own, hash) ? 'unmade' : 'good';
}

/** Of a payment of which nothing was reported it is not known, and taken for made. */
function isUnmade(own: readonly StreamEvent[], hash: EndingOptions['hash']): boolean {
  const lastOf = (kind: StreamKind): number =>
    own.reduce((last, event) => (event.kind === kind ? Math.max(last, event.at) : last), -Infinity);
  // At the same instant the cancellation came second.
  if (lastOf('captured') > -Infinity || lastOf('authorised') > lastOf('cancelled')) return false;
  const refused = new Set(UNAUTHENTICATED.map((status) => hash('threeDs', status)));
  return own.some(
    ({ kind, attributes }) =>
      UNMADE.has(kind) || (kind === 'three-ds-result' && refused.has(attributes[THREE_DS] ?? 0)),
  );
}

/** What is known of a rule's stops, and of what they would have been. */
export interface RulePrecision {
  /** Decisions in which it hit. */
  readonly hits: number;
  /** Of these: those that were stopped, or would have been but for the control group. */
  readonly stopped: number;
  /** Of these: those that it alone stopped, while it had a control group. Only of these can anything be said. */
  readonly eligible: number;
  readonly drawn: number;
  /** Drawn, and stopped since the caps of the day were full. */
  readonly capFull: number;
  /** Let go, and not stopped by a cumulative limit. */
  readonly letGo: number;
  /** Of those let go: fraud, or charged back, warned of or claimed back. */
  readonly bad: number;
  readonly good: number;
  /** Those of which it is too early to say. */
  readonly open: number;
  /** Those that were never made: nothing is learnt of them. */
  readonly unmade: number;
  /** Those of whose payer too much is known to look through. */
  readonly unread: number;
  /** The share of bad payments among those that are eligible, from those let go and made; undefined before any has ended. */
  readonly precision: number | undefined;
  /** From where to where it is with the confidence asked for. */
  readonly low: number;
  readonly high: number;
  /** How many independent payments would tell as much. */
  readonly effectiveCases: number;
}

/** Adds up decisions in which a rule hit. */
export class PrecisionTally {
  readonly #rule: { readonly ruleSet: string; readonly rule: string };
  /** What was seen of those who went on, by group of payers. */
  readonly #groups: WeightedOutcomes[] = Array.from({ length: GROUPS }, () => NO_OUTCOMES);
  #counts = {
    hits: 0,
    stopped: 0,
    eligible: 0,
    drawn: 0,
    capFull: 0,
    letGo: 0,
    bad: 0,
    good: 0,
    open: 0,
    unmade: 0,
    unread: 0,
  };

  constructor(rule: { readonly ruleSet: string; readonly rule: string }) {
    this.#rule = rule;
  }

  get hits(): number {
    return this.#counts.hits;
  }

  /** Counts a decision; gives back its lot where it was let go: then its ending is to follow. */
  add({ outcome, control }: DecisionRecord): ControlLot | undefined {
    const counts = this.#counts;
    counts.hits += 1;
    const own =
      control?.ruleSet === this.#rule.ruleSet && control.rule === this.#rule.rule ? control : undefined;
    if (!goesOn(outcome) || own?.letGo === true) counts.stopped += 1;
    if (own === undefined) return undefined;
    counts.eligible += 1;
    if (own.drawn) counts.drawn += 1;
    if (own.cap === 'full') counts.capFull += 1;
    if (!own.letGo || !goesOn(outcome)) return undefined;
    counts.letGo += 1;
    return own;
  }

  /** How a payment that was let go has ended; undefined: it could not be read. */
  end({ share, draw }: Pick<ControlLot, 'share' | 'draw'>, ending: Ending | undefined): void {
    this.#counts[ending ?? 'unread'] += 1;
    if (ending !== 'bad' && ending !== 'good') return;
    const group = groupOf(draw);
    const seen = weightedOutcome(share, ending === 'bad');
    this.#groups[group] = mergeOutcomes(this.#groups[group] ?? NO_OUTCOMES, seen);
  }

  /** `alpha`: how often the interval may miss. */
  result(alpha: number): RulePrecision {
    const { share, low, high, effectiveCases } = weightedProportion(
      thinned(this.#groups.reduce(mergeOutcomes), weightedDesignEffect(this.#groups, alpha)),
      alpha,
    );
    return { ...this.#counts, precision: share, low, high, effectiveCases };
  }
}

/** By the draw alone payers are spread evenly, however small the shares, and each stays in one group when the share changes. */
function groupOf(draw: number): number {
  return Math.floor(((draw * SPREAD) % 1) * GROUPS);
}

/** The same shares, of so many times fewer cases: payments of one payer tell less than as many of different ones. */
function thinned(seen: WeightedOutcomes, effect: number): WeightedOutcomes {
  return {
    cases: seen.cases / effect,
    events: seen.events / effect,
    weight: seen.weight / effect,
    weightSquared: seen.weightSquared / effect,
    eventWeight: seen.eventWeight / effect,
    eventWeightSquared: seen.eventWeightSquared / effect,
  };
}
