import { COUNTRY, DOMAIN, EMAIL, PHONE } from './forms.js';
import { fact, present, type RequestFact } from './request-fact.js';

const DAY = 86_400_000;

/** Who pays, and from where. */
export const PAYER_FACTS: readonly RequestFact[] = [
  fact(
    {
      name: 'customer.id',
      type: 'string',
      source: 'request',
      personal: true,
      description: 'The merchant’s id of the payer’s account; missing for a guest.',
      example: { fact: 'customer.id', operator: 'equal', value: 'c-1001' },
    },
    ({ input }) => present(input.customer.id),
  ),
  fact(
    {
      name: 'customer.guest',
      type: 'boolean',
      source: 'request',
      description: 'Whether the payer has no account.',
      example: { fact: 'customer.guest', operator: 'equal', value: true },
    },
    ({ input }) => input.customer.id === '',
  ),
  fact(
    {
      name: 'customer.email',
      type: 'string',
      form: EMAIL,
      source: 'request',
      personal: true,
      description:
        'The mailbox: the e-mail address in lower case, without tags and points the provider ignores.',
      example: { fact: 'customer.email', operator: 'equal', value: 'jane@example.com' },
    },
    ({ email }) => present(email),
  ),
  fact(
    {
      name: 'customer.emailDomain',
      type: 'string',
      form: DOMAIN,
      source: 'request',
      description: 'Domain of the e-mail address, lower case, in ASCII.',
      example: { fact: 'customer.emailDomain', operator: 'equal', value: 'example.com' },
    },
    ({ emailDomain }) => present(emailDomain),
  ),
  fact(
    {
      name: 'customer.phone',
      type: 'string',
      form: PHONE,
      source: 'request',
      personal: true,
      description: 'Telephone number as E.164; missing when it cannot be read.',
      example: { fact: 'customer.phone', operator: 'equal', value: '+491701234567' },
    },
    ({ phone }) => present(phone.number),
  ),
  fact(
    {
      name: 'customer.phoneCountry',
      type: 'string',
      form: COUNTRY,
      source: 'request',
      description: 'Country of the telephone number, ISO 3166-1 alpha-2.',
      example: { fact: 'customer.phoneCountry', operator: 'equal', value: 'DE' },
    },
    ({ phone }) => present(phone.country),
  ),
  fact(
    {
      name: 'customer.name',
      type: 'string',
      source: 'request',
      personal: true,
      description: 'Name of the payer, as sent.',
      example: { fact: 'customer.name', operator: 'equal', value: 'Test Test' },
    },
    ({ input }) => present(input.customer.name),
  ),
  fact(
    {
      name: 'customer.accountAgeDays',
      type: 'number',
      source: 'request',
      description: 'Whole days since the account was registered; missing when that is not known.',
      unit: 'days',
      range: [0, Number.MAX_SAFE_INTEGER],
      whole: true,
      example: { fact: 'customer.accountAgeDays', operator: 'lessThan', value: 1 },
    },
    ({ input, eventTime }) => {
      const { registeredAt } = input.customer;
      return registeredAt === undefined
        ? undefined
        : Math.max(0, Math.floor((eventTime - registeredAt) / DAY));
    },
  ),
  fact(
    {
      name: 'device.id',
      type: 'string',
      source: 'request',
      personal: true,
      description: 'Stable id of the payer’s device.',
      example: { fact: 'device.id', operator: 'equal', value: 'd-77' },
    },
    ({ input }) => present(input.device.id),
  ),
  fact(
    {
      name: 'device.userAgent',
      type: 'string',
      source: 'request',
      description: 'The browser’s own name.',
      example: { fact: 'device.userAgent', operator: 'equal', value: 'curl/8.5.0' },
    },
    ({ input }) => present(input.device.userAgent),
  ),
  fact(
    {
      name: 'device.language',
      type: 'string',
      source: 'request',
      description: 'The first language the browser asks for, BCP 47.',
      example: { fact: 'device.language', operator: 'equal', value: 'de-DE' },
    },
    ({ input }) => present(firstLanguage(input.device.acceptLanguage)),
  ),
  fact(
    {
      name: 'ip.address',
      type: 'string',
      source: 'request',
      personal: true,
      description: 'The payer’s address, as sent.',
      example: { fact: 'ip.address', operator: 'equal', value: '203.0.113.7' },
    },
    ({ input }) => present(input.ip),
  ),
  fact(
    {
      name: 'ip.country',
      type: 'string',
      form: COUNTRY,
      source: 'geography',
      description: 'Country of the payer’s address, ISO 3166-1 alpha-2; missing when not known.',
      example: { fact: 'ip.country', operator: 'in', value: ['DE', 'AT'] },
    },
    ({ ipCountry }) => present(ipCountry),
  ),
  fact(
    {
      name: 'billing.country',
      type: 'string',
      form: COUNTRY,
      source: 'request',
      description: 'Country of the billing address, ISO 3166-1 alpha-2.',
      example: { fact: 'billing.country', operator: 'equal', value: 'FR' },
    },
    ({ billingCountry }) => present(billingCountry),
  ),
  fact(
    {
      name: 'billing.postalCode',
      type: 'string',
      source: 'request',
      personal: true,
      description: 'Postal code of the billing address, as sent.',
      example: { fact: 'billing.postalCode', operator: 'equal', value: '10115' },
    },
    ({ input }) => present(input.billing?.postalCode ?? ''),
  ),
  fact(
    {
      name: 'shipping.country',
      type: 'string',
      form: COUNTRY,
      source: 'request',
      description: 'Country of the shipping address, ISO 3166-1 alpha-2.',
      example: { fact: 'shipping.country', operator: 'equal', value: 'FR' },
    },
    ({ shippingCountry }) => present(shippingCountry),
  ),
  fact(
    {
      name: 'shipping.postalCode',
      type: 'string',
      source: 'request',
      personal: true,
      description: 'Postal code of the shipping address, as sent.',
      example: { fact: 'shipping.postalCode', operator: 'equal', value: '10115' },
    },
    ({ input }) => present(input.shipping?.postalCode ?? ''),
  ),
];

function firstLanguage(acceptLanguage: string): string {
  const end = acceptLanguage.search(/[,;]/);
  return (end === -1 ? acceptLanguage : acceptLanguage.slice(0, end)).trim();
}
