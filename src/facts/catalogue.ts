import { CURRENCIES } from '../money/currencies.js';
import type { FactCatalogue, FactDefinition } from '../rules/catalogue.js';
import { PAYMENT_ATTRIBUTES } from './attributes/vocabulary.js';
import { containsCardNumber } from './card-number.js';
import { guarded, guardOf } from './guards.js';
import { LIST_FACT } from './lists/fact.js';
import { REQUEST_FACTS } from './request/request-facts.js';
import { STREAM_FACTS } from './velocity/stream-facts.js';

/** Every fact that rules may ask, by name: what the JSON Schema, the static checks and the docs are made from. */
export const FACT_CATALOGUE: FactCatalogue = new Map<string, FactDefinition>(
  [...REQUEST_FACTS, LIST_FACT, ...STREAM_FACTS].map((fact) => [fact.name, guarded(fact)]),
);

/**
 * What else rule documents are checked for: the attributes and currencies of limits, what no document
 * may hold, and what a payment may lack.
 */
export const RULE_VOCABULARY = {
  attributes: new Set<string>(PAYMENT_ATTRIBUTES),
  currencies: new Set<string>(CURRENCIES),
  holdsCardNumber: containsCardNumber,
  guardOf,
} as const;
