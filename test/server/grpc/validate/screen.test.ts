import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { ScreenRequestSchema } from '../../../../src/gen/tollgate/v1/decision_service_pb.js';
import type { Card, Instrument, Payment } from '../../../../src/gen/tollgate/v1/payment_pb.js';
import {
  AddressSchema,
  CardSchema,
  CustomerSchema,
  DeviceSchema,
  InstrumentSchema,
  ItemSchema,
  MoneySchema,
  PaymentKind,
} from '../../../../src/gen/tollgate/v1/payment_pb.js';
import { checkScreen } from '../../../../src/server/grpc/validate/decision.js';
import { EVENT_MS, samplePayment, sampleRequest } from '../../support/requests.js';
import { violationsOf } from '../../support/violations.js';

const CARD_NUMBER = '4111 1111 1111 1111';
const LOOKS_LIKE_CARD = 'holds what looks like a card number; send a token or a keyed fingerprint instead';

function faults(change: Partial<Payment>): readonly string[] {
  return violationsOf(() => checkScreen(sampleRequest('r-1', change)));
}

function card(change: Partial<Card>): Partial<Payment> {
  const sample = samplePayment().instrument?.kind;
  if (sample?.case !== 'card') throw new TypeError('the sample pays by card');
  return {
    instrument: create(InstrumentSchema, { kind: { case: 'card', value: { ...sample.value, ...change } } }),
  };
}

const paidBy = (kind: Instrument['kind']): Partial<Payment> => ({
  instrument: create(InstrumentSchema, { kind }),
});
const amount = (minor: bigint, currency = 'EUR') => ({ amount: create(MoneySchema, { minor, currency }) });
const without = (...names: (keyof Payment)[]): Partial<Payment> =>
  Object.fromEntries(names.map((name) => [name, undefined]));

test('a payment with every field filled is right', () => {
  expect(faults({})).toEqual([]);
});

test('so is one with the least', () => {
  const least = create(ScreenRequestSchema, {
    requestId: 'r',
    payment: {
      site: 's',
      amount: { minor: 1n, currency: 'JPY' },
      instrument: { kind: { case: 'bankTransfer', value: {} } },
    },
  });
  expect(violationsOf(() => checkScreen(least))).toEqual([]);
});

test('a customer may have registered on the day of the payment, not later', () => {
  const registered = (ms: number) =>
    faults({ customer: create(CustomerSchema, { id: 'c', registeredAt: timestampFromMs(ms) }) });
  expect(registered(EVENT_MS + 86_400_000)).toEqual([]);
  expect(registered(EVENT_MS + 2 * 86_400_000)).toEqual([
    'payment.customer.registered_at: is after event_time',
  ]);
});

test('all faults are named at once', () => {
  const empty = create(ScreenRequestSchema, { payment: {} });
  expect(violationsOf(() => checkScreen(empty))).toEqual([
    'request_id: is required',
    'payment.site: is required',
    'payment.amount: is required',
    'payment.instrument: is required',
  ]);
  expect(violationsOf(() => checkScreen(create(ScreenRequestSchema, { requestId: 'r' })))).toEqual([
    'payment: is required',
  ]);
});

describe.each<[string, Partial<Payment>, string]>([
  ['a site with a space', { site: 'shop es' }, 'site: not 1 to 64 of [A-Za-z0-9._-]'],
  ['a long site', { site: 'x'.repeat(65) }, 'site: not 1 to 64 of [A-Za-z0-9._-]'],
  ['a language that is none', { language: 'es_ES' }, 'language: not a BCP 47 language tag'],
  [
    'a merchant in another script',
    { merchant: 'mérchant' },
    'merchant: holds characters other than printable ASCII',
  ],
  ['a long merchant', { merchant: 'm'.repeat(65) }, 'merchant: longer than 64 characters'],
  [
    'a terminal with a line break',
    { terminal: 't\n1' },
    'terminal: holds characters other than printable ASCII',
  ],
  ['a long order id', { orderId: 'o'.repeat(129) }, 'order_id: longer than 128 characters'],
  ['an order id that is a card number', { orderId: '4111111111111111' }, `order_id: ${LOOKS_LIKE_CARD}`],
  [
    'an order id in which a card number stands apart',
    { orderId: `order ${CARD_NUMBER}` },
    `order_id: ${LOOKS_LIKE_CARD}`,
  ],
  ['an unknown kind', { kind: 9 as PaymentKind }, 'kind: unknown value 9'],
  ['a negative kind', { kind: -1 as PaymentKind }, 'kind: unknown value -1'],
  ['no amount', { ...without('amount') }, 'amount: is required'],
  ['amount 0', amount(0n), 'amount.minor: must be above 0; only a card check has amount 0'],
  ['a negative amount', amount(-1n), 'amount.minor: is negative'],
  ['an amount beyond whole numbers', amount(2n ** 53n), 'amount.minor: larger than 9,007,199,254,740,991'],
  ['no currency', amount(1n, ''), 'amount.currency: is required'],
  [
    'a currency in small letters',
    amount(1n, 'eur'),
    'amount.currency: not an ISO 4217 currency code in capitals',
  ],
  ['an unknown currency', amount(1n, 'QQQ'), 'amount.currency: not an ISO 4217 currency code in capitals'],
  [
    'a card check of an amount',
    { kind: PaymentKind.CARD_CHECK, ...amount(1n) },
    'amount.minor: must be 0 for a card check',
  ],
  ['no instrument', { ...without('instrument') }, 'instrument: is required'],
  ['an instrument of no kind', { instrument: create(InstrumentSchema) }, 'instrument: is required'],
  [
    'a card that nothing tells',
    card({ token: '', fingerprint: '', paymentAccountReference: '' }),
    'instrument.card: needs a token, a fingerprint or a payment_account_reference',
  ],
  [
    'a card number as token',
    card({ token: '4111111111111111' }),
    `instrument.card.token: ${LOOKS_LIKE_CARD}`,
  ],
  [
    'a card number as fingerprint',
    card({ fingerprint: CARD_NUMBER }),
    `instrument.card.fingerprint: ${LOOKS_LIKE_CARD}`,
  ],
  ['a BIN of 7 digits', card({ bin: '4111111' }), 'instrument.card.bin: not 6 or 8 digits'],
  ['a BIN with a letter', card({ bin: '41111x' }), 'instrument.card.bin: not 6 or 8 digits'],
  ['three last digits', card({ last4: '111' }), 'instrument.card.last4: not 4 digits'],
  ['month 13', card({ expiryMonth: 13 }), 'instrument.card.expiry_month: not between 1 and 12'],
  ['a year without month', card({ expiryMonth: 0 }), 'instrument.card.expiry_month: not between 1 and 12'],
  [
    'a year of two digits',
    card({ expiryYear: 29 }),
    'instrument.card.expiry_year: not a year between 2000 and 2100',
  ],
  [
    'a brand in capitals',
    card({ brand: 'VISA' }),
    'instrument.card.brand: not 1 to 64 of [a-z0-9_.-], beginning with a letter or digit',
  ],
  [
    'an issuer country that is none',
    card({ issuerCountry: 'UK' }),
    'instrument.card.issuer_country: not an ISO 3166-1 alpha-2 country code in capitals',
  ],
  ['an unknown funding', card({ funding: 7 as never }), 'instrument.card.funding: unknown value 7'],
  [
    'a card number as holder',
    card({ holder: `Ana ${CARD_NUMBER}` }),
    `instrument.card.holder: ${LOOKS_LIKE_CARD}`,
  ],
  [
    'a local method without name',
    paidBy({ case: 'localMethod', value: { country: 'NL' } as never }),
    'instrument.local_method.method: is required',
  ],
  [
    'a slip that lives too long',
    paidBy({ case: 'voucher', value: { method: 'boleto', country: 'BR', expiresInHours: 2161 } as never }),
    'instrument.voucher.expires_in_hours: not between 0 and 2,160',
  ],
  [
    'a transfer from nowhere',
    paidBy({ case: 'bankTransfer', value: { country: 'Germany' } as never }),
    'instrument.bank_transfer.country: not an ISO 3166-1 alpha-2 country code in capitals',
  ],
  [
    'a static code with unknown funding',
    paidBy({ case: 'staticCode', value: { method: 'alipay', funding: 4 } as never }),
    'instrument.static_code.funding: unknown value 4',
  ],
  [
    'a card check without card',
    {
      kind: PaymentKind.CARD_CHECK,
      ...amount(0n),
      ...paidBy({ case: 'voucher', value: { method: 'oxxo' } as never }),
    },
    'kind: a card check needs a card',
  ],
  [
    'a voucher with the payer absent',
    {
      kind: PaymentKind.MERCHANT_INITIATED,
      ...paidBy({ case: 'voucher', value: { method: 'oxxo' } as never }),
    },
    'kind: this instrument needs the payer present',
  ],
  ['a host name as IP', { ip: 'shop.example' }, 'ip: not an IPv4 or IPv6 address'],
  ['an address range as IP', { ip: '10.0.0.0/8' }, 'ip: not an IPv4 or IPv6 address'],
  ['an IPv6 address with zone', { ip: 'fe80::1%eth0' }, 'ip: not an IPv4 or IPv6 address'],
  ['a number above 255 in an IP', { ip: '203.0.113.256' }, 'ip: not an IPv4 or IPv6 address'],
  [
    'an event before 1970',
    { eventTime: timestampFromMs(-1) },
    'event_time: not between the years 1970 and 9999',
  ],
  [
    'an event after 9999',
    { eventTime: { $typeName: 'google.protobuf.Timestamp', seconds: 253_402_300_800n, nanos: 0 } },
    'event_time: not between the years 1970 and 9999',
  ],
  [
    'nanos beyond a second',
    { eventTime: { $typeName: 'google.protobuf.Timestamp', seconds: 1n, nanos: 1_000_000_000 } },
    'event_time: nanos not between 0 and 999,999,999',
  ],
  [
    'an attribute name in capitals',
    { attributes: { Coupon: 'x' } },
    'attributes: a name is not 1 to 64 of [a-z0-9_.-]',
  ],
  [
    'a long attribute',
    { attributes: { note: 'x'.repeat(257) } },
    'attributes["note"]: longer than 256 characters',
  ],
  [
    'a card number as name of an attribute',
    { attributes: { '4111111111111111': 'x' } },
    'attributes: a name looks like a card number',
  ],
  [
    'a card number as attribute',
    { attributes: { note: CARD_NUMBER } },
    `attributes["note"]: ${LOOKS_LIKE_CARD}`,
  ],
])('%s', (_, change, violation) => {
  test('is refused, and nothing else', () => {
    expect(faults(change)).toEqual([`payment.${violation}`]);
  });
});

describe.each<[string, (text: string) => Partial<Payment>, number]>([
  ['customer.name', (text) => ({ customer: create(CustomerSchema, { name: text }) }), 200],
  ['device.user_agent', (text) => ({ device: create(DeviceSchema, { userAgent: text }) }), 1024],
  ['device.accept_language', (text) => ({ device: create(DeviceSchema, { acceptLanguage: text }) }), 256],
  ['billing.name', (text) => ({ billing: create(AddressSchema, { name: text }) }), 200],
  ['billing.line1', (text) => ({ billing: create(AddressSchema, { line1: text }) }), 200],
  ['billing.line2', (text) => ({ billing: create(AddressSchema, { line2: text }) }), 200],
  ['billing.city', (text) => ({ billing: create(AddressSchema, { city: text }) }), 100],
  ['billing.region', (text) => ({ billing: create(AddressSchema, { region: text }) }), 100],
  ['shipping.line1', (text) => ({ shipping: create(AddressSchema, { line1: text }) }), 200],
  ['shipping.city', (text) => ({ shipping: create(AddressSchema, { city: text }) }), 100],
  ['items[0].name', (text) => ({ items: [create(ItemSchema, { name: text, quantity: 1 })] }), 256],
  ['items[0].category', (text) => ({ items: [create(ItemSchema, { category: text, quantity: 1 })] }), 128],
  ['instrument.card.holder', (text) => card({ holder: text }), 200],
])('free text in %s', (field, change, max) => {
  test('may be anything up to its length', () => {
    expect(faults(change('Ünïcødé 文字 '.repeat(100).slice(0, max)))).toEqual([]);
    expect(faults(change('x'.repeat(max + 1)))).toEqual([`payment.${field}: longer than ${max} characters`]);
  });

  test('holds no card number, anywhere in it', () => {
    for (const text of [
      '4111111111111111',
      CARD_NUMBER,
      'pay with 5555-5555-5555-4444 please',
      '378282246310005',
    ]) {
      expect(faults(change(text))).toEqual([`payment.${field}: ${LOOKS_LIKE_CARD}`]);
    }
  });

  test('may hold numbers that are none: wrong check digit, longer runs, too short', () => {
    for (const text of ['4111111111111112', '41111111111111111111', '411111111111', '4111 1111']) {
      expect(faults(change(text))).toEqual([]);
    }
  });

  test('holds no control characters', () => {
    expect(faults(change('a\u0000b'))).toEqual([`payment.${field}: holds control characters`]);
  });
});

describe('ids', () => {
  test('with digits that look like a card number within them are fine', () => {
    const uuid = '4a4f1b2c-4111-1111-1111-111111111111';
    expect(faults({ orderId: uuid, ...card({ fingerprint: 'a4111111111111111f' }) })).toEqual([]);
    expect(faults({ customer: create(CustomerSchema, { id: uuid }) })).toEqual([]);
  });

  test('of a request: printable ASCII to 128', () => {
    const requestId = (text: string) => violationsOf(() => checkScreen(sampleRequest(text)));
    expect(requestId(' ')).toEqual(['request_id: is required']);
    expect(requestId('~'.repeat(128))).toEqual([]);
    expect(requestId('~'.repeat(129))).toEqual(['request_id: longer than 128 characters']);
    expect(requestId('é')).toEqual(['request_id: holds characters other than printable ASCII']);
    expect(requestId('4111111111111111')).toEqual([`request_id: ${LOOKS_LIKE_CARD}`]);
  });
});

describe('e-mail', () => {
  const email = (text: string) => faults({ customer: create(CustomerSchema, { email: text }) });
  test.each([
    'a@b.co',
    'ana.garcia+shop@sub.example.com',
    'ünï@bücher.example',
    "o'neil_1@x-y.org",
    '用户@例子.公司',
  ])('%s is fine', (text) => expect(email(text)).toEqual([]));
  test.each([
    'a',
    '@b.co',
    'a@',
    'a@b',
    'a b@c.de',
    'a@b..co',
    'a@.co',
    'a@b.co.',
    'a@@b.co',
    'a@b .co',
    `${'x'.repeat(65)}@b.co`,
  ])('%s is none', (text) => expect(email(text)).toEqual(['payment.customer.email: not an e-mail address']));
  test('is bounded', () => {
    expect(email(`a@${'b'.repeat(250)}.com`)).toEqual(['payment.customer.email: longer than 254 characters']);
  });
  test('does not carry a card number', () => {
    expect(email('4111111111111111@example.com')).toEqual([
      'payment.customer.email: its local part looks like a card number',
    ]);
  });
});

describe('phone', () => {
  const phone = (text: string) => faults({ customer: create(CustomerSchema, { phone: text }) });
  test.each([
    '+34 600 123 456',
    '0034600123456',
    '(030) 1234-5678',
    '600.123.456',
    '+1 (415) 555-0100 ext. 12',
  ])('%s is fine', (text) => expect(phone(text)).toEqual([]));
  test.each(['phone', '12', '+34 600 abc', '++34600123456', '+34;600123456'])('%s is none', (text) =>
    expect(phone(text)).toEqual(['payment.customer.phone: not a phone number']),
  );
  test('has at most 15 digits', () => {
    expect(phone('+1234567890123456')).toEqual(['payment.customer.phone: more than 15 digits']);
  });
});

test('numbers of devices and items are bounded', () => {
  expect(faults({ device: create(DeviceSchema, { utcOffsetMinutes: 841 }) })).toEqual([
    'payment.device.utc_offset_minutes: not between -840 and 840',
  ]);
  expect(faults({ items: [create(ItemSchema, { quantity: 0 })] })).toEqual([
    'payment.items[0].quantity: not between 1 and 1,000,000',
  ]);
  expect(faults({ items: [create(ItemSchema, { quantity: 1, unitPriceMinor: -1n })] })).toEqual([
    'payment.items[0].unit_price_minor: not between 0 and 9,007,199,254,740,991',
  ]);
});

test('a card check of 0 on a card is right', () => {
  expect(faults({ kind: PaymentKind.CARD_CHECK, ...amount(0n) })).toEqual([]);
});

test('every kind of instrument has a right form', () => {
  const kinds: Instrument['kind'][] = [
    { case: 'card', value: create(CardSchema, { token: 't' }) },
    { case: 'localMethod', value: { method: 'ideal', country: 'NL' } as never },
    { case: 'voucher', value: { method: 'oxxo', country: 'MX', expiresInHours: 72 } as never },
    { case: 'bankTransfer', value: { country: 'DE', accountFingerprint: 'f' } as never },
    { case: 'staticCode', value: { method: 'wechat_pay', accountFingerprint: 'f', funding: 1 } as never },
  ];
  for (const kind of kinds) {
    const instrument = create(InstrumentSchema, { kind: { case: kind.case, value: kind.value } as never });
    expect(faults({ instrument })).toEqual([]);
  }
});
