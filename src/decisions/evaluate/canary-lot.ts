import type { Attribute } from '../../facts/attributes.js';
import type { PaymentContext } from '../../facts/context.js';
import { drawOf, isDrawn, subjectOf } from '../../rules/publish/draw.js';
import type { StagedVersion } from '../../rules/publish/stage.js';
import { knownBy } from './known-by.js';

/** What was drawn for a payment in a canary that ran for its site. */
export interface Lot {
  readonly ruleSet: string;
  readonly version: number;
  /** The revision that began this run. */
  readonly since: number;
  /** With which probability the canary decides: the propensity. */
  readonly share: number;
  /** From 0 up to, not including, 1: the canary has what is below its share. */
  readonly draw: number;
  /** Whether it decided. */
  readonly drawn: boolean;
}

/**
 * Draws for one canary. Draws for different versions are independent; a payment that another canary has (`free` is false)
 * is not drawn, so that each is compared with the stable versions alone.
 */
export function lotOf(
  { ruleSet, version, since, canary }: StagedVersion,
  context: PaymentContext,
  hash: (attribute: Attribute, value: string) => number,
  free: boolean,
): Lot {
  if (canary === undefined) throw new Error(`version ${version} of ${ruleSet} is a canary without settings`);
  const subject = subjectOf(knownBy(context), { prefer: canary.by });
  const draw = drawOf((text) => hash('payment', text), {
    purpose: 'canary',
    id: `${ruleSet}/${version}`,
    subject,
    periodMs: canary.periodMs,
    at: context.eventTime,
  });
  return {
    ruleSet,
    version,
    since,
    share: free ? canary.share : 0,
    draw,
    drawn: free && isDrawn(draw, canary.share),
  };
}
