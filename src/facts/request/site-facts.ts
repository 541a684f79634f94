import { COUNTRY, CURRENCY } from './forms.js';
import { fact, present, type RequestFact } from './request-fact.js';

/** Where the payment is made, and who takes the money. */
export const SITE_FACTS: readonly RequestFact[] = [
  fact(
    {
      name: 'site.id',
      type: 'string',
      source: 'request',
      description: 'The shop site, as the payment names it.',
      example: { fact: 'site.id', operator: 'in', value: ['shop-de', 'shop-at'] },
    },
    ({ input }) => input.site,
  ),
  fact(
    {
      name: 'site.known',
      type: 'boolean',
      source: 'site',
      description: 'Whether the site is configured; if not, the default site’s settings stand in.',
      example: { fact: 'site.known', operator: 'equal', value: false },
    },
    ({ siteKnown }) => siteKnown,
  ),
  fact(
    {
      name: 'site.group',
      type: 'string',
      source: 'site',
      description: 'The group of the site; missing when it has none.',
      example: { fact: 'site.group', operator: 'equal', value: 'europe' },
    },
    ({ site }) => present(site.group),
  ),
  fact(
    {
      name: 'site.country',
      type: 'string',
      form: COUNTRY,
      source: 'site',
      description: 'Country of the site, ISO 3166-1 alpha-2.',
      example: { fact: 'site.country', operator: 'equal', value: 'BR' },
    },
    ({ site }) => present(site.country),
  ),
  fact(
    {
      name: 'site.currency',
      type: 'string',
      form: CURRENCY,
      source: 'site',
      description: 'Currency of the site, ISO 4217.',
      example: { fact: 'site.currency', operator: 'notEqual', value: { fact: 'payment.currency' } },
    },
    ({ site }) => present(site.currency),
  ),
  fact(
    {
      name: 'merchant.id',
      type: 'string',
      source: 'request',
      description: 'Who takes the money; missing when the payment does not say.',
      example: { fact: 'merchant.id', operator: 'equal', value: 'm-17' },
    },
    ({ input }) => present(input.merchant),
  ),
  fact(
    {
      name: 'merchant.known',
      type: 'boolean',
      source: 'site',
      description: 'Whether the payment names a merchant that is configured.',
      example: { fact: 'merchant.known', operator: 'equal', value: false },
    },
    ({ merchantKnown }) => merchantKnown,
  ),
  fact(
    {
      name: 'merchant.riskGrade',
      type: 'string',
      source: 'site',
      description: 'The merchant’s risk grade, A (best) to E; missing when not graded.',
      values: ['A', 'B', 'C', 'D', 'E'],
      example: { fact: 'merchant.riskGrade', operator: 'in', value: ['D', 'E'] },
    },
    ({ merchant, merchantKnown }) => (merchantKnown ? present(merchant.riskGrade) : undefined),
  ),
  fact(
    {
      name: 'merchant.small',
      type: 'boolean',
      source: 'site',
      description: 'Whether the merchant counts as small; false for one that is not configured.',
      example: { fact: 'merchant.small', operator: 'equal', value: true },
    },
    ({ merchant, merchantKnown }) => merchantKnown && merchant.small,
  ),
  fact(
    {
      name: 'merchant.country',
      type: 'string',
      form: COUNTRY,
      source: 'site',
      description: 'Country of the merchant, ISO 3166-1 alpha-2; missing when not configured.',
      example: { fact: 'merchant.country', operator: 'equal', value: 'BR' },
    },
    ({ merchant, merchantKnown }) => (merchantKnown ? present(merchant.country) : undefined),
  ),
  fact(
    {
      name: 'terminal.id',
      type: 'string',
      source: 'request',
      description: 'The terminal; missing when the payment does not say.',
      example: { fact: 'terminal.id', operator: 'equal', value: 't-3' },
    },
    ({ input }) => present(input.terminal),
  ),
];
