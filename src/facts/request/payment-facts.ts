import { PAYMENT_KINDS } from '../payment.js';
import { CURRENCY } from './forms.js';
import { fact, present, type RequestFact } from './request-fact.js';

const AMOUNT: readonly [number, number] = [0, Number.MAX_SAFE_INTEGER];

/** What the payment itself says. */
export const PAYMENT_FACTS: readonly RequestFact[] = [
  fact(
    {
      name: 'payment.kind',
      type: 'string',
      source: 'request',
      description:
        'Why the instrument is asked: an ordinary payment, a zero-amount card check, or made by the merchant.',
      values: PAYMENT_KINDS,
      example: { fact: 'payment.kind', operator: 'equal', value: 'card-check' },
    },
    ({ input }) => input.kind,
  ),
  fact(
    {
      name: 'payment.amountMinor',
      type: 'number',
      source: 'request',
      description:
        'Amount in minor units of the payment’s own currency; compare it only beside payment.currency.',
      unit: 'minor units of its own currency',
      range: AMOUNT,
      whole: true,
      example: { fact: 'payment.amountMinor', operator: 'greaterThan', value: 50_000 },
    },
    ({ input }) => input.minor,
  ),
  fact(
    {
      name: 'payment.currency',
      type: 'string',
      form: CURRENCY,
      source: 'request',
      description: 'Currency of the payment, ISO 4217.',
      example: { fact: 'payment.currency', operator: 'in', value: ['EUR', 'GBP'] },
    },
    ({ input }) => input.currency,
  ),
  fact(
    {
      name: 'payment.amountBase',
      type: 'number',
      source: 'rates',
      description:
        'Amount in minor units of the base currency at the rate of admission; missing without a rate.',
      unit: 'minor units of the base currency',
      range: AMOUNT,
      whole: true,
      example: { fact: 'payment.amountBase', operator: 'greaterThanInclusive', value: 100_000 },
    },
    ({ baseMinor }) => (Number.isNaN(baseMinor) ? undefined : baseMinor),
  ),
  fact(
    {
      name: 'payment.language',
      type: 'string',
      source: 'request',
      description: 'Language version of the site the payer used, BCP 47.',
      example: { fact: 'payment.language', operator: 'equal', value: 'ru' },
    },
    ({ input }) => present(input.language),
  ),
  fact(
    {
      name: 'payment.itemCount',
      type: 'number',
      source: 'request',
      description: 'Number of pieces ordered, over all lines.',
      range: AMOUNT,
      whole: true,
      example: { fact: 'payment.itemCount', operator: 'greaterThan', value: 20 },
    },
    ({ input }) => input.items.reduce((sum, item) => sum + item.quantity, 0),
  ),
  fact(
    {
      name: 'payment.itemCategories',
      type: 'string-list',
      source: 'request',
      description: 'Distinct categories of the items; empty when none is given.',
      example: { fact: 'payment.itemCategories', operator: 'contains', value: 'gift-cards' },
    },
    ({ input }) => distinct(input.items.map((item) => item.category)),
  ),
  fact(
    {
      name: 'payment.skus',
      type: 'string-list',
      source: 'request',
      description: 'Distinct article numbers of the items; empty when none is given.',
      example: { fact: 'payment.skus', operator: 'contains', value: 'PHONE-256' },
    },
    ({ input }) => distinct(input.items.map((item) => item.sku)),
  ),
  fact(
    {
      name: 'payment.attributes',
      type: 'object',
      source: 'request',
      // Nobody knows what a site sends along.
      personal: true,
      description: 'What the site sent along by name; name one with a path such as $.campaign.',
      example: { fact: 'payment.attributes', path: '$.campaign', operator: 'equal', value: 'newsletter' },
    },
    ({ input }) => input.attributes,
  ),
  fact(
    {
      name: 'order.id',
      type: 'string',
      source: 'request',
      description: 'The site’s order number.',
      example: { fact: 'order.id', operator: 'equal', value: 'A-1001' },
    },
    ({ input }) => present(input.orderId),
  ),
];

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== ''))];
}
