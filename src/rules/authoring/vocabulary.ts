import type { FactType } from '../catalogue.js';
import type { OperatorName } from '../document/operators.js';
import type { Outcome, ScaExemption, ThreeDsDemand } from '../outcome.js';
import type { OfferedWord } from './words.js';

/** What the language's own words mean, for editors. */
export const OUTCOME_MEANINGS: Readonly<Record<Outcome | 'score', string>> = {
  accept: 'The payment may go on; with threeDs it asks for authentication and nothing else. The weakest.',
  review: 'The payment may go on, and is looked at.',
  reject: 'The payment may not go on, unless a rule allows it.',
  allow: 'The payment may go on whatever else rejects it; lifts no block, limit or mandate.',
  block: 'The payment may not go on, whatever else is said. The strongest.',
  score: 'Only adds points to the score of the set.',
};

export const DEMAND_MEANINGS: Readonly<Record<ThreeDsDemand, string>> = {
  none: 'Nothing is demanded.',
  request: 'Authentication is asked for; the issuer may leave it out.',
  challenge: 'The payer is to be challenged.',
  mandate: 'The payer must be challenged: not even an allow lifts it.',
};

export const EXEMPTION_MEANINGS: Readonly<Record<ScaExemption, string>> = {
  none: 'No exemption.',
  'low-value': 'The amount is small.',
  tra: 'Transaction risk analysis.',
  trusted: 'The payer trusts the merchant.',
  corporate: 'A corporate card over a secure process.',
};

const OPERATOR_MEANINGS: Readonly<Record<OperatorName, string>> = {
  equal: 'The fact is the value.',
  notEqual: 'The fact is anything but the value.',
  in: 'The fact is one of the values.',
  notIn: 'The fact is none of the values.',
  contains: 'The list has the value among its entries.',
  doesNotContain: 'The list does not have the value among its entries.',
  lessThan: 'The fact is less than the value.',
  lessThanInclusive: 'The fact is the value or less.',
  greaterThan: 'The fact is more than the value.',
  greaterThanInclusive: 'The fact is the value or more.',
};

const COMPARISONS = ['greaterThanInclusive', 'greaterThan', 'lessThanInclusive', 'lessThan'] as const;
const EQUALITIES = ['equal', 'notEqual'] as const;
const MEMBERSHIPS = ['in', 'notIn'] as const;
const CONTENTS = ['contains', 'doesNotContain'] as const;

const plain = (...names: readonly OperatorName[]): readonly OfferedWord[] =>
  names.map((word) => ({ word, description: OPERATOR_MEANINGS[word] }));

const OVER_ENTRIES: readonly OfferedWord[] = [
  { word: 'someFact:in', description: 'Some entry of the list is one of the values.' },
  { word: 'everyFact:in', description: 'Every entry of the list is one of the values.' },
  { word: 'not:someFact:in', description: 'No entry of the list is one of the values.' },
  { word: 'someFact:equal', description: 'Some entry of the list is the value.' },
];

/** The operators worth offering for a fact of a type; others may be written too. */
export const OPERATORS_FOR: Readonly<Record<FactType, readonly OfferedWord[]>> = {
  boolean: plain(...EQUALITIES),
  number: plain(...COMPARISONS, ...EQUALITIES, ...MEMBERSHIPS),
  string: plain(...EQUALITIES, ...MEMBERSHIPS),
  'string-list': [...plain(...CONTENTS), ...OVER_ENTRIES],
  object: plain(...EQUALITIES, ...MEMBERSHIPS, ...COMPARISONS, ...CONTENTS),
};

/** Every operator, and some of what decorators make of them. */
export const ALL_OPERATORS: readonly OfferedWord[] = [
  ...plain(...EQUALITIES, ...MEMBERSHIPS, ...COMPARISONS, ...CONTENTS),
  ...OVER_ENTRIES,
];
