import type { FactParams } from '../../rules/document/document.js';
import { DERIVED_FACTS } from './derived-facts.js';
import { INSTRUMENT_FACTS } from './instrument-facts.js';
import { PAYER_FACTS } from './payer-facts.js';
import { PAYMENT_FACTS } from './payment-facts.js';
import type { FactReader, RequestFact } from './request-fact.js';
import { SITE_FACTS } from './site-facts.js';

/** All facts that are known from the payment and its context alone. */
export const REQUEST_FACTS: readonly RequestFact[] = [
  ...PAYMENT_FACTS,
  ...SITE_FACTS,
  ...INSTRUMENT_FACTS,
  ...PAYER_FACTS,
  ...DERIVED_FACTS,
];

const BY_NAME: ReadonlyMap<string, RequestFact> = new Map(REQUEST_FACTS.map((fact) => [fact.name, fact]));

/** Prepares the reading of a fact with checked params: once per slot, so that a decision only calls it. Throws for a name it does not know. */
export function requestFact(name: string, params: FactParams | undefined): FactReader {
  const fact = BY_NAME.get(name);
  if (fact === undefined) throw new RangeError(`no request fact is named ${name}`);
  return fact.reader(params ?? {});
}
