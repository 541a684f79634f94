import { LIST_TYPES } from '../facts/lists/list-store.js';
import { STREAM_KINDS } from '../facts/attributes.js';
import { CARD_FUNDINGS, PAYMENT_KINDS } from '../facts/payment.js';
import { CLAIMS, LABELS, THREE_DS_RESULTS } from '../facts/attributes/report-words.js';
import type { Json } from '../rules/document/document.js';
import { OUTCOMES, SCA_EXEMPTIONS, THREE_DS_DEMANDS } from '../rules/outcome.js';
import { DURATION_PATTERN, MOMENT_PATTERN } from './moments.js';

type Schema = { readonly [keyword: string]: Json };

const object = (required: readonly string[], properties: Schema, description?: string): Schema => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
  required,
  properties,
  additionalProperties: false,
});
const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  maxLength: 1000,
  description,
  ...more,
});
const nullable = (description: string): Schema => text(description, { type: ['string', 'null'] });
const choice = (values: readonly string[], description: string): Schema => ({ enum: values, description });
const list = (items: Schema, description: string, maxItems = 1000): Schema => ({
  type: 'array',
  maxItems,
  items,
  description,
});
const names = (description: string): Schema =>
  list(text('rule or set/rule', { pattern: '^[a-z0-9-]{1,64}(/[a-z0-9-]{1,64})?$' }), description, 100);
const moment = (description: string): Schema =>
  text(`${description} +/-90s, 10m, 24h, 7d from the case's now, or ISO 8601.`, { pattern: MOMENT_PATTERN });
const duration = (description: string): Schema => text(description, { pattern: DURATION_PATTERN });
const amount = (description: string): Schema =>
  text(`${description} Decimal and ISO 4217 code, as in "25.00 EUR".`, {
    pattern: '^([0-9]|\\{n\\}){1,15}(\\.([0-9]|\\{n\\}){1,4})? [A-Z]{3}$',
  });
const country = (description: string): Schema => text(description, { pattern: '^[A-Z]{2}$' });

const FUNDING = choice(CARD_FUNDINGS, 'How the card or account is funded.');

const ADDRESS: Schema = {
  ...object([], {
    name: text('Addressee.'),
    line1: text('Street and number.'),
    line2: text('More of the street.'),
    city: text('City.'),
    region: text('Region or state.'),
    postalCode: text('Postal code.'),
    country: country('ISO 3166-1 alpha-2.'),
  }),
  type: ['object', 'null'],
};

const CARD: Schema = {
  ...object([], {
    fingerprint: text('Keyed fingerprint: what tells the card.'),
    token: text('Vault token.'),
    paymentAccountReference: text('The account behind wallets.'),
    bin: text('Leading digits, six or eight.', { pattern: '^[0-9]{6}([0-9]{2})?$' }),
    last4: text('Last four digits.', { pattern: '^[0-9]{4}$' }),
    brand: text('visa, mastercard …'),
    issuerCountry: country('Country of the issuer.'),
    funding: FUNDING,
    wallet: text('apple_pay, google_pay …'),
  }),
  type: ['object', 'null'],
};

const account = (description: string): Schema =>
  object(
    [],
    {
      method: text('Method or operator.'),
      account: text('Keyed fingerprint of the account.'),
      country: country('Country.'),
      funding: FUNDING,
    },
    description,
  );

const PAYMENT = object(
  [],
  {
    site: text('Default "shop".'),
    language: text('BCP 47.'),
    merchant: nullable('Merchant id.'),
    terminal: nullable('Terminal id.'),
    order: nullable('Order id.'),
    kind: choice(PAYMENT_KINDS, 'Default payment.'),
    amount: amount('Default "20.00 USD".'),
    card: { ...CARD, description: 'The card; the default instrument.' },
    localMethod: account('A local method in place of the card.'),
    voucher: account('A voucher in place of the card.'),
    bankTransfer: account('A bank transfer in place of the card.'),
    staticCode: account('A static code in place of the card.'),
    customer: nullable('Id of the customer account.'),
    email: nullable('E-mail address.'),
    phone: nullable('Telephone number.'),
    name: nullable('Name of the payer.'),
    registered: { ...moment('When the customer account was made.'), type: ['string', 'null'] },
    device: nullable('Device id.'),
    userAgent: nullable('Browser.'),
    acceptLanguage: nullable('What the browser asks for.'),
    ip: nullable('IP address; its country stands in ipCountries.'),
    billing: { ...ADDRESS, description: 'Where the bill goes.' },
    shipping: { ...ADDRESS, description: 'Where the goods go.' },
    items: list(
      object([], {
        sku: text('Article number.'),
        category: text('Category.'),
        quantity: { type: 'integer', minimum: 1, maximum: 10_000, description: 'How many; default 1.' },
        price: amount('Price of one.'),
      }),
      'What is bought.',
      100,
    ),
    attributes: {
      type: 'object',
      maxProperties: 50,
      description: 'What else the site sends, by name.',
      additionalProperties: text('Value.'),
    },
  },
  'Only what matters for the case; null takes a default away.',
);

const EVENT: Schema = {
  event: choice(
    STREAM_KINDS.filter((kind) => kind !== 'payment'),
    'What happened.',
  ),
  amount: amount('Default: the amount of the payment.'),
  code: text('Decline code or chargeback reason.'),
  claim: choice(CLAIMS, 'What the payer claims.'),
  threeDs: choice(THREE_DS_RESULTS, 'Result of 3-D Secure.'),
  liabilityShifted: { type: 'boolean', description: 'Whether the issuer bears fraud.' },
  label: choice(LABELS, 'What an analyst says it was.'),
  fraud: { type: 'boolean', description: 'A chargeback for fraud.' },
  channel: text('Which channel.'),
  happened: moment('When it happened; default: when it becomes known.'),
};

const EXPECT = object(
  [],
  {
    outcome: choice(OUTCOMES, 'What is decided.'),
    threeDs: choice(THREE_DS_DEMANDS, 'What is demanded of 3-D Secure.'),
    exemption: choice(SCA_EXEMPTIONS, 'Which exemption is asked for.'),
    reasons: list(text('Reason code.'), 'Reasons that must be given.', 100),
    notReasons: list(text('Reason code.'), 'Reasons that must not be given.', 100),
    hits: names('Rules that must hit.'),
    notHits: names('Rules that must not hit, and not be unknown.'),
    unknown: names('Rules that must be unknown for want of an input.'),
    held: names('Limits in which the amount must be reserved.'),
    exceeded: names('Limits that must have too little room.'),
    notDue: names('Limits that must not count the payment.'),
    degraded: {
      type: 'boolean',
      description: 'Whether an input was lacking or a rule failed. Default false.',
    },
  },
  'What must come out.',
);

const FOLLOW = object(['event'], { ...EVENT, after: duration('How long after the payment. Default 1s.') });

const PINNED = object(
  ['fact'],
  {
    fact: text('Name of the fact.'),
    params: { type: 'object', description: 'Its parameters, as the rule writes them.' },
    value: { description: 'Its value; without one the fact is missing.' },
  },
  'A fact and what it is.',
);

const PAYMENT_ENTRY = object(
  ['payment'],
  {
    at: moment('When it is decided; default now.'),
    id: text('What events call it by; may hold {n}.'),
    payment: PAYMENT,
    repeat: { type: 'integer', minimum: 1, maximum: 2000, description: 'How many times.' },
    every: duration('Between repetitions. Default 1s.'),
    followedBy: { description: 'What follows each of them.', anyOf: [FOLLOW, list(FOLLOW, '', 20)] },
    facts: list(
      PINNED,
      'Facts that are given in place of what would be read from the stream and the payment.',
    ),
    used: {
      type: 'object',
      description: 'What of a limit had been used before, by its name or set/limit.',
      propertyNames: text('limit or set/limit', { pattern: '^[a-z0-9-]{1,64}(/[a-z0-9-]{1,64})?$' }),
      additionalProperties: amount('Money used in the period, whatever the key.'),
    },
    expect: EXPECT,
  },
  'A payment; {n} in its texts is 1, 2, 3 … when it is repeated.',
);

const EVENT_ENTRY = object(
  ['event', 'of'],
  { at: moment('When it becomes known; default now.'), of: text('Id of its payment.'), ...EVENT },
  'Something reported about an earlier payment.',
);

const LISTS: Schema = {
  type: 'object',
  description: 'Values added to lists, by list id; with a type for lists that do not ship.',
  propertyNames: { type: 'string', pattern: '^[a-z0-9-]{1,64}$' },
  additionalProperties: {
    anyOf: [
      list(text('Value.'), 'Values.'),
      object(['type', 'values'], {
        type: choice(LIST_TYPES, 'What its entries are.'),
        values: list(text('Value.'), ''),
      }),
    ],
  },
};

const SITE = object(['id'], {
  id: text('Site id.'),
  timeZone: text('IANA name; default UTC.'),
  country: country('Country.'),
  currency: text('Default USD.', { pattern: '^[A-Z]{3}$' }),
  group: text('Site group.'),
});

const MERCHANT = object(['id'], {
  id: text('Merchant id.'),
  owner: text('Identity of its owner.'),
  riskGrade: choice(['A', 'B', 'C', 'D', 'E'], 'Risk grade.'),
  timeZone: text('IANA name; default UTC.'),
  country: country('Country.'),
  currency: text('Default USD.', { pattern: '^[A-Z]{3}$' }),
  small: { type: 'boolean', description: 'Cumulative limits for small merchants apply.' },
});

const SITES = list(SITE, 'Sites; any other is not configured and runs in UTC.');
const MERCHANTS = list(MERCHANT, 'Merchants; any other is not configured.');
const IP_COUNTRIES: Schema = {
  type: 'object',
  description: 'Country of IP addresses; others are not known.',
  additionalProperties: country('Country.'),
};
const BASE = text('The base currency that facts, limits and rates reckon in; default USD.', {
  pattern: '^[A-Z]{3}$',
});
const RATES: Schema = {
  type: 'object',
  description:
    'Units of the base currency for one unit of a currency; of USD some are known, of another base none.',
  additionalProperties: text('Decimal.', { pattern: '^[0-9]{1,12}(\\.[0-9]{1,12})?$' }),
};

const CASE = object(['name', 'stream'], {
  name: text('What is shown; unique in the file.', { minLength: 1, maxLength: 200 }),
  description: text('For people: where it comes from, why it matters.', { maxLength: 4000 }),
  now: text('ISO 8601; what at: +0s is.', { pattern: MOMENT_PATTERN.replace('[+-][0-9]{1,9}[smhd]|', '') }),
  lists: LISTS,
  sites: SITES,
  merchants: MERCHANTS,
  ipCountries: IP_COUNTRIES,
  baseCurrency: BASE,
  rates: RATES,
  defaults: PAYMENT,
  stream: list({ anyOf: [PAYMENT_ENTRY, EVENT_ENTRY] }, 'What happens, in any order.', 200),
  expect: EXPECT,
});

/** JSON Schema of golden cases, in the subset that schema-subset.ts checks: written to rules/cases.schema.json too. */
export const CASES_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Golden cases of Tollgate rule sets',
  ...object(['cases'], {
    $schema: text('This schema.'),
    description: text('For people.', { maxLength: 4000 }),
    ruleSets: list(
      text('Rule set id.'),
      'The sets that are in force; default: the one the file is named after.',
    ),
    lists: LISTS,
    sites: SITES,
    merchants: MERCHANTS,
    ipCountries: IP_COUNTRIES,
    baseCurrency: BASE,
    rates: RATES,
    now: text('ISO 8601; default 2026-03-02T12:00:00Z, a Monday.', {
      pattern: MOMENT_PATTERN.replace('[+-][0-9]{1,9}[smhd]|', ''),
    }),
    defaults: PAYMENT,
    cases: list(CASE, 'The cases.', 2000),
  }),
};
