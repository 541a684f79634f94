import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import { createPaymentResolver, type PaymentContext } from '../../src/facts/context.js';
import { REQUEST_FACTS, requestFact } from '../../src/facts/request/request-facts.js';
import type { PaymentInput } from '../../src/facts/payment.js';
import { checkRuleSet } from '../../src/rules/check/check.js';
import type { Json } from '../../src/rules/document/document.js';
import type { FactValue } from '../../src/rules/program.js';
import { aCard, aPayment, contextOptions } from './payments.js';

const resolve = createPaymentResolver(
  contextOptions({
    geography: { country: () => 'FR' },
    bins: {
      ranges: 1,
      find: (bin) =>
        bin === '453231' ? { country: 'VE', brand: 'visa', funding: 'credit', prepaid: false } : undefined,
    },
  }),
);

function contextOf(over: Partial<PaymentInput> = {}): PaymentContext {
  return resolve(aPayment(over), Date.UTC(2026, 6, 2));
}

function valueOf(
  name: string,
  context: PaymentContext,
  params?: { readonly [name: string]: Json },
): FactValue {
  return requestFact(name, params)(context);
}

const BARE: PaymentInput = aPayment({
  language: '',
  merchant: '',
  terminal: '',
  orderId: '',
  instrument: aCard({ type: 'voucher', token: '', fingerprint: '', bin: '', last4: '' }),
  customer: { id: '', email: '', phone: '', name: '', registeredAt: undefined },
  device: { id: '', userAgent: '', acceptLanguage: '', utcOffsetMinutes: undefined },
  ip: '',
  billing: undefined,
  shipping: undefined,
  items: [],
  currency: 'CHF',
  attributes: {},
});

describe('facts of a payment', () => {
  it('tells what the payment says', () => {
    const context = contextOf();
    const expected: Record<string, FactValue> = {
      'payment.kind': 'payment',
      'payment.amountMinor': 1000,
      'payment.currency': 'EUR',
      'payment.amountBase': 1100,
      'payment.language': 'de',
      'payment.itemCount': 3,
      'payment.itemCategories': ['shoes'],
      'payment.skus': ['S1', 'S2'],
      'payment.attributes': { campaign: 'newsletter' },
      'order.id': 'o-1',
      'site.id': 'shop-de',
      'site.known': true,
      'site.group': 'europe',
      'site.country': 'DE',
      'site.currency': 'EUR',
      'merchant.id': 'm-1',
      'merchant.known': true,
      'merchant.riskGrade': 'B',
      'merchant.small': true,
      'merchant.country': 'BR',
      'terminal.id': 't-1',
      'instrument.type': 'card',
      'instrument.method': 'visa',
      'instrument.funding': 'credit',
      'card.bin': '453231',
      'card.brand': 'visa',
      'card.issuerCountry': 'VE',
      'card.funding': 'credit',
      'card.prepaid': false,
      'card.wallet': 'none',
      'card.fingerprint': 'fp_1',
      'customer.id': 'c-1',
      'customer.guest': false,
      'customer.email': 'janedoe@gmail.com',
      'customer.emailDomain': 'gmail.com',
      'customer.phone': '+491701234567',
      'customer.phoneCountry': 'DE',
      'customer.name': 'Jane Doe',
      'customer.accountAgeDays': 30,
      'device.id': 'd-1',
      'device.userAgent': 'Mozilla/5.0',
      'device.language': 'de-DE',
      'ip.address': '193.99.144.80',
      'ip.country': 'FR',
      'billing.country': 'DE',
      'billing.postalCode': '10115',
      'shipping.country': 'AT',
      'shipping.postalCode': '1010',
    };
    const plain = REQUEST_FACTS.filter((fact) => fact.params === undefined).map((fact) => fact.name);
    expect(Object.fromEntries(plain.map((name) => [name, valueOf(name, context)]))).toEqual(expected);
  });

  it('has nothing to tell of what the payment lacks, and says so', () => {
    const context = contextOf(BARE);
    const known = REQUEST_FACTS.filter((fact) => fact.params === undefined)
      .filter((fact) => valueOf(fact.name, context) !== undefined)
      .map((fact) => fact.name);
    expect(known).toEqual([
      'payment.kind',
      'payment.amountMinor',
      'payment.currency',
      'payment.itemCount',
      'payment.itemCategories',
      'payment.skus',
      'payment.attributes',
      'site.id',
      'site.known',
      'site.group',
      'site.country',
      'site.currency',
      'merchant.known',
      'merchant.small',
      'instrument.type',
      'customer.guest',
    ]);
    expect(valueOf('merchant.small', context)).toBe(false);
    expect(valueOf('customer.guest', context)).toBe(true);
  });

  it('keeps to the types, values and ranges the catalogue promises', () => {
    for (const context of [contextOf(), contextOf(BARE)])
      for (const { name, type, values, range, params } of REQUEST_FACTS) {
        if (params !== undefined) continue;
        const value = valueOf(name, context);
        if (value === undefined) continue;
        expect([name, Array.isArray(value) ? 'string-list' : typeof value]).toEqual([name, type]);
        if (values !== undefined) expect(values).toContain(value);
        if (range !== undefined) expect(value).toBeGreaterThanOrEqual(range[0]);
      }
  });

  it('reads the clock of the site, the merchant or a named zone', () => {
    // Wednesday 22:30 UTC: Thursday in Berlin, Wednesday in São Paulo, Thursday in Kathmandu.
    const context = contextOf();
    expect(valueOf('time.hour', context)).toBe(0);
    expect(valueOf('time.hour', context, { zone: 'site' })).toBe(0);
    expect(valueOf('time.hour', context, { zone: 'merchant' })).toBe(19);
    expect(valueOf('time.hour', context, { zone: 'Asia/Kathmandu' })).toBe(4);
    expect(valueOf('time.weekday', context)).toBe(4);
    expect(valueOf('time.weekday', context, { zone: 'merchant' })).toBe(3);
  });

  it('compares countries only when both are known', () => {
    const context = contextOf();
    expect(valueOf('geo.mismatch', context, { a: 'ip', b: 'billing' })).toBe(true);
    expect(valueOf('geo.mismatch', context, { a: 'site', b: 'billing' })).toBe(false);
    expect(valueOf('geo.mismatch', context, { a: 'phone', b: 'issuer' })).toBe(true);
    expect(valueOf('geo.mismatch', contextOf(BARE), { a: 'site', b: 'billing' })).toBeUndefined();
  });

  it('always says whether the payment has an attribute', () => {
    expect(valueOf('has', contextOf(), { of: 'device' })).toBe(true);
    expect(valueOf('has', contextOf(BARE), { of: 'device' })).toBe(false);
    expect(valueOf('has', contextOf(), { of: 'outcome' })).toBe(false);
  });

  it('refuses a fact it does not know', () => {
    expect(() => requestFact('velocity', {})).toThrow(RangeError);
  });
});

describe('the fact catalogue', () => {
  it('holds the whole vocabulary', () => {
    for (const name of ['velocity', 'history', 'habit', 'list', ...REQUEST_FACTS.map((fact) => fact.name)])
      expect(FACT_CATALOGUE.get(name)?.name).toBe(name);
    expect(FACT_CATALOGUE.size).toBe(REQUEST_FACTS.length + 4);
  });

  it('has an example for every fact that the checks of rule sets take without a remark', () => {
    for (const { name, example } of FACT_CATALOGUE.values()) {
      expect(example).toMatchObject({ fact: name });
      const rule = {
        name: 'example',
        conditions: { all: [example] },
        event: { type: 'review', params: { reason: 'example' } },
      };
      const document = { id: 'example', description: 'Example.', owner: 'tests', rules: [rule] };
      const { findings } = checkRuleSet(document, { catalogue: FACT_CATALOGUE });
      // A guard is beside the point of an example.
      expect([name, findings.filter(({ code }) => code !== 'missing-guard')]).toEqual([name, []]);
    }
  });

  it('checks what a schema cannot say', () => {
    const problems = (name: string, params: { readonly [name: string]: Json }): readonly string[] =>
      FACT_CATALOGUE.get(name)
        ?.checkParams?.(params)
        .map(({ path }) => path) ?? [];
    expect(problems('time.hour', { zone: 'Europe/Atlantis' })).toEqual(['/zone']);
    expect(problems('time.hour', { zone: 'merchant' })).toEqual([]);
    expect(problems('geo.mismatch', { a: 'ip', b: 'ip' })).toEqual(['/b']);
    expect(problems('velocity', { fn: 'count', by: 'currency', window: '1h' })).not.toEqual([]);
    expect(problems('history', { by: 'card', what: 'nothing' })).not.toEqual([]);
    expect(problems('habit', { by: 'card' })).not.toEqual([]);
  });
});
