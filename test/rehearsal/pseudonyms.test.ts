import { describe, expect, it } from 'vitest';
import { NO_INSTRUMENT, type PaymentInput } from '../../src/facts/payment.js';
import { pseudonymous, textsIn } from '../../src/rehearsal/case-from/pseudonyms.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const address = {
  name: 'Jane Doe',
  line1: 'Calle Mayor 7',
  line2: '2 izq',
  city: 'Toledo',
  region: 'TO',
  postalCode: '45001',
  country: 'ES',
};
const payment: PaymentInput = {
  site: 'es',
  language: 'es',
  merchant: 'm-1',
  terminal: 't-1',
  orderId: 'o-4711',
  kind: 'payment',
  minor: 4990,
  currency: 'EUR',
  instrument: {
    ...NO_INSTRUMENT,
    fingerprint: 'fp-1f2e',
    token: 'tok-1f2e',
    paymentAccountReference: 'par-1f2e',
    bin: '40592100',
    last4: '4242',
    funding: 'debit',
    expiryMonth: 7,
    expiryYear: 2031,
  },
  customer: {
    id: 'c-77',
    email: 'Jane.Doe+shop@doe-family.example',
    phone: '+34 612 345 678',
    name: 'Jane Doe',
    registeredAt: NOW - 40.5 * 86_400_000,
  },
  device: { id: 'd-77', userAgent: 'Firefox/140', acceptLanguage: 'es-ES,es;q=0.9', utcOffsetMinutes: 60 },
  ip: '79.155.1.1',
  billing: address,
  shipping: undefined,
  items: [{ sku: 's-1', name: 'A present for Jane', category: 'shoes', quantity: 2, unitPriceMinor: 2495 }],
  eventTime: undefined,
  attributes: { campaign: 'spring', note: 'for Jane' },
};

describe('a payment under pseudonyms', () => {
  it('keeps what says what kind of payment it is, and nothing that tells the payer', () => {
    const form = pseudonymous(payment, NOW, new Set());
    expect(form).toEqual({
      site: 'es',
      language: 'es',
      merchant: 'm-1',
      terminal: 't-1',
      order: 'order-1',
      amount: '49.90 EUR',
      card: {
        fingerprint: 'card-1',
        token: 'token-1',
        paymentAccountReference: 'account-1',
        bin: '40592100',
        funding: 'debit',
      },
      customer: 'customer-1',
      email: 'payer@somewhere.example',
      phone: '+34615555555',
      name: 'A. Payer',
      registered: '-40d',
      device: 'device-1',
      userAgent: 'browser-1',
      acceptLanguage: 'es-ES',
      ip: '192.0.2.1',
      billing: {
        name: 'A. Payer',
        line1: 'Street 1',
        line2: 'Door 1',
        city: 'Town 1',
        region: 'Region 1',
        postalCode: '12341',
        country: 'ES',
      },
      items: [{ sku: 's-1', category: 'shoes', quantity: 2, price: '24.95 EUR' }],
      attributes: { campaign: 'value-1', note: 'value-2' },
    });
  });

  it('leaves what a rule names as it is: there it is no secret', () => {
    const conditions = {
      all: [
        { fact: 'customer.emailDomain', operator: 'in', value: ['doe-family.example'] },
        { fact: 'payment.attributes', path: '$.campaign', operator: 'equal', value: 'spring' },
        { fact: 'customer.id', operator: 'equal', value: 'c-77' },
      ],
    };
    const rule = { name: 'r', conditions, event: { type: 'review' as const, params: { reason: 'x' } } };
    const named = textsIn([{ id: 'a', description: 'd', owner: 'o', rules: [rule] }]);
    expect(pseudonymous(payment, NOW, named)).toMatchObject({
      email: 'payer@doe-family.example',
      attributes: { campaign: 'spring', note: 'value-1' },
      customer: 'c-77',
      name: 'A. Payer',
    });
  });

  it('has one name for what is the same, and two for what is not', () => {
    const shipping = { ...address, line1: 'Calle Menor 1', name: 'John Roe' };
    const form = pseudonymous({ ...payment, shipping }, NOW, new Set());
    expect(form.billing).toMatchObject({ name: 'A. Payer', line1: 'Street 1', postalCode: '12341' });
    expect(form.shipping).toMatchObject({ name: 'B. Payer', line1: 'Street 2', postalCode: '12341' });
  });

  it('leaves out what was not there', () => {
    const bare: PaymentInput = {
      ...payment,
      orderId: '',
      customer: { id: '', email: '', phone: '', name: '', registeredAt: undefined },
      device: { id: '', userAgent: '', acceptLanguage: '', utcOffsetMinutes: undefined },
      ip: '',
      billing: undefined,
      items: [],
      attributes: {},
    };
    const left = ['site', 'language', 'merchant', 'terminal', 'amount', 'card'];
    expect(Object.keys(pseudonymous(bare, NOW, new Set()))).toEqual(left);
  });
});
