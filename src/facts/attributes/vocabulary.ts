import { OUTCOMES } from '../../rules/outcome.js';
import { ATTRIBUTES, type Attribute } from '../attributes.js';
import { CARD_FUNDINGS, INSTRUMENT_TYPES, PAYMENT_KINDS } from '../payment.js';
import { CLAIMS, LABELS, THREE_DS_RESULTS } from './report-words.js';

/** The values of attributes that have a closed set of them: a filter for any other would count nothing, for ever. */
export const ATTRIBUTE_VALUES: Readonly<Partial<Record<Attribute, readonly string[]>>> = {
  instrument: INSTRUMENT_TYPES,
  outcome: OUTCOMES,
  claim: CLAIMS,
  threeDs: THREE_DS_RESULTS,
  liabilityShift: ['yes', 'no'],
  label: LABELS,
  funding: CARD_FUNDINGS,
  paymentKind: PAYMENT_KINDS,
};

/** Attributes that come to be known after the decision, or by it: what is decided never has them, so they make no key. */
const LATER: ReadonlySet<Attribute> = new Set<Attribute>([
  'outcome',
  'code',
  'claim',
  'threeDs',
  'liabilityShift',
  'label',
  'channel',
  'payment',
]);

/** Attributes that only reports can have: no payment ever does, decided or from history. */
export const REPORT_ATTRIBUTES: readonly Attribute[] = [
  'code',
  'claim',
  'threeDs',
  'liabilityShift',
  'label',
];

/** What a payment that is being decided can have: what keys of velocities and limits are made of. */
export const PAYMENT_ATTRIBUTES: readonly Attribute[] = ATTRIBUTES.filter((name) => !LATER.has(name));
