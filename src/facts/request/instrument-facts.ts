import type { PaymentContext } from '../context.js';
import { CARD_FUNDINGS, INSTRUMENT_TYPES } from '../payment.js';
import { BIN, COUNTRY, NAME } from './forms.js';
import { fact, present, type RequestFact } from './request-fact.js';

/** What is paid with. */
export const INSTRUMENT_FACTS: readonly RequestFact[] = [
  fact(
    {
      name: 'instrument.type',
      type: 'string',
      source: 'request',
      description: 'What is paid with.',
      values: INSTRUMENT_TYPES,
      example: { fact: 'instrument.type', operator: 'equal', value: 'card' },
    },
    ({ input }) => input.instrument.type,
  ),
  fact(
    {
      name: 'instrument.method',
      type: 'string',
      form: NAME,
      source: 'request',
      description:
        'Card brand, local method, voucher or operator, in lower case; a brand not sent is looked up by BIN.',
      example: { fact: 'instrument.method', operator: 'in', value: ['ideal', 'sofort'] },
    },
    ({ method }) => present(method),
  ),
  fact(
    {
      name: 'instrument.funding',
      type: 'string',
      source: 'geography',
      description: 'Who funds the card or static code; missing when not known, and for other instruments.',
      values: CARD_FUNDINGS,
      example: { fact: 'instrument.funding', operator: 'equal', value: 'credit' },
    },
    ({ input, funding }) =>
      input.instrument.type === 'card' || input.instrument.type === 'static-code'
        ? present(funding)
        : undefined,
  ),
  fact(
    {
      name: 'card.bin',
      type: 'string',
      form: BIN,
      source: 'request',
      description: 'The leading digits of the card number, as many as were sent; missing when it is no card.',
      example: { fact: 'card.bin', operator: 'in', value: ['411111', '55555555'] },
    },
    ({ bin }) => present(bin),
  ),
  fact(
    {
      name: 'card.brand',
      type: 'string',
      form: NAME,
      source: 'geography',
      description:
        'Brand of the card in lower case (visa, mastercard, amex, …), as sent, else looked up by BIN.',
      example: { fact: 'card.brand', operator: 'equal', value: 'amex' },
    },
    (context) => (isCard(context) ? present(context.method) : undefined),
  ),
  fact(
    {
      name: 'card.issuerCountry',
      type: 'string',
      form: COUNTRY,
      source: 'geography',
      description: 'Country of the card’s issuer, ISO 3166-1 alpha-2, as sent, else looked up by BIN.',
      example: { fact: 'card.issuerCountry', operator: 'notIn', value: ['DE', 'AT', 'CH'] },
    },
    ({ issuerCountry }) => present(issuerCountry),
  ),
  fact(
    {
      name: 'card.funding',
      type: 'string',
      source: 'geography',
      description: 'Who funds the card, as sent, else looked up by BIN.',
      values: CARD_FUNDINGS,
      example: { fact: 'card.funding', operator: 'equal', value: 'prepaid' },
    },
    (context) => (isCard(context) ? present(context.funding) : undefined),
  ),
  fact(
    {
      name: 'card.prepaid',
      type: 'boolean',
      source: 'geography',
      description: 'Whether the card is prepaid; missing when its funding is not known.',
      example: { fact: 'card.prepaid', operator: 'equal', value: true },
    },
    ({ prepaid }) => prepaid,
  ),
  fact(
    {
      name: 'card.wallet',
      type: 'string',
      form: NAME,
      source: 'request',
      description: 'The wallet the card came through (apple_pay, google_pay, …); none for a plain card.',
      example: { fact: 'card.wallet', operator: 'notEqual', value: 'none' },
    },
    (context) => (isCard(context) ? context.input.instrument.wallet || 'none' : undefined),
  ),
  fact(
    {
      name: 'card.fingerprint',
      type: 'string',
      source: 'request',
      personal: true,
      description: 'Keyed fingerprint of the card, the same over all sites.',
      example: { fact: 'card.fingerprint', operator: 'equal', value: 'fp_2c9a' },
    },
    (context) => (isCard(context) ? present(context.input.instrument.fingerprint) : undefined),
  ),
];

function isCard({ input }: PaymentContext): boolean {
  return input.instrument.type === 'card';
}
