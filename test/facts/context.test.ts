import { describe, expect, it } from 'vitest';
import { createAttributeHash } from '../../src/facts/attributes/values.js';
import { keysOf } from '../../src/decisions/record/event-entry.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES, type Attribute } from '../../src/facts/attributes.js';
import { createPaymentResolver, instrumentDigest } from '../../src/facts/context.js';
import type { PaymentInput } from '../../src/facts/payment.js';
import { aCard, anAddress, aPayment, contextOptions } from './payments.js';

const EVENT_TIME = Date.UTC(2026, 6, 1, 22, 30);
const DECIDED_AT = Date.UTC(2026, 6, 2);
const options = contextOptions({
  geography: { country: (ip) => (ip === '193.99.144.80' ? 'DE' : '') },
  bins: {
    ranges: 1,
    find: (bin) =>
      bin === '453231' ? { country: 'VE', brand: 'visa', funding: 'credit', prepaid: undefined } : undefined,
  },
});
const resolve = createPaymentResolver(options);
const asked = createAttributeHash(options.hash, options.readPhone);

function attribute(input: PaymentInput, name: Attribute): number {
  return resolve(input, DECIDED_AT).event.attributes[ATTRIBUTE_INDEX[name]] ?? -1;
}

describe('the context of a payment', () => {
  it('gives the stream entry every attribute the payment has, as rules and queries would write it', () => {
    const { event } = resolve(aPayment(), DECIDED_AT);
    expect(event).toMatchObject({ kind: 'payment', minor: 1000, baseMinor: 1100 });
    expect(event.attributes).toHaveLength(ATTRIBUTES.length);
    const written: Partial<Record<Attribute, string>> = {
      card: 'fp_1',
      email: 'JANE.DOE@gmail.com',
      phone: '+49 170 1234567',
      ip: '193.99.144.80',
      device: 'd-1',
      customer: 'c-1',
      address: 'Hauptstr 5, 1010, at',
      bin: '4532 31',
      terminal: 't-1',
      merchant: 'm-1',
      owner: 'owner-1',
      site: 'shop-de',
      order: 'o-1',
      emailDomain: 'GMAIL.com',
      group: 'europe',
      issuerCountry: 've',
      ipCountry: 'DE',
      billingCountry: 'DE',
      shippingCountry: 'AT',
      instrument: 'card',
      method: 'Visa',
      currency: 'eur',
      amount: '1000 EUR',
      funding: 'credit',
      account: 'fp_1',
      paymentKind: 'payment',
    };
    for (const name of ATTRIBUTES) {
      const value = written[name];
      expect([name, event.attributes[ATTRIBUTE_INDEX[name]]]).toEqual([
        name,
        value === undefined ? 0 : asked(name, value),
      ]);
    }
  });

  it('goes by event time where there is one, else by the time of processing', () => {
    const timed = resolve(aPayment(), DECIDED_AT);
    expect([timed.eventTime, timed.event.at, timed.event.knownAt]).toEqual([
      EVENT_TIME,
      EVENT_TIME,
      EVENT_TIME,
    ]);
    const untimed = resolve(aPayment({ eventTime: undefined }), DECIDED_AT);
    expect([untimed.eventTime, untimed.event.at, untimed.event.knownAt]).toEqual([
      DECIDED_AT,
      DECIDED_AT,
      DECIDED_AT,
    ]);
  });

  it('counts one payer under one key, however it is written', () => {
    const same: readonly [Attribute, Partial<PaymentInput>, Partial<PaymentInput>][] = [
      ['ip', { ip: '193.99.144.80' }, { ip: '::ffff:193.99.144.80' }],
      ['ip', { ip: '2001:db8::1' }, { ip: '2001:db8:0:0:ffff::9' }],
      [
        'card',
        { instrument: aCard({ paymentAccountReference: 'PAR', wallet: 'apple_pay', fingerprint: 'x' }) },
        { instrument: aCard({ paymentAccountReference: 'PAR', token: 'other' }) },
      ],
      [
        'address',
        { shipping: undefined },
        { shipping: anAddress({ line1: 'HAUPTSTR 5', name: 'John' }), billing: undefined },
      ],
      [
        'phone',
        { customer: { ...aPayment().customer, phone: '+49 (0)170 1234567' } },
        { customer: { ...aPayment().customer, phone: '0170-1234567' } },
      ],
    ];
    for (const [name, a, b] of same) {
      expect(attribute(aPayment(a), name)).toBe(attribute(aPayment(b), name));
      expect(attribute(aPayment(a), name)).toBeGreaterThan(0);
    }
  });

  it('counts a card range by six digits of its BIN, and looks it up by all that were sent', () => {
    const withBin = (bin: string) => resolve(aPayment({ instrument: aCard({ bin }) }), DECIDED_AT);
    const binOf = (bin: string): number => withBin(bin).event.attributes[ATTRIBUTE_INDEX.bin] ?? -1;
    expect(binOf('45323199')).toBe(binOf('453231'));
    expect(binOf('453231')).toBeGreaterThan(0);
    expect(binOf('45323299')).not.toBe(binOf('453231'));
    expect(asked('bin', '4532 31')).toBe(binOf('45323100'));
    expect(withBin('45323199').bin).toBe('45323199');
    expect(withBin('453231').issuerCountry).toBe('VE');
    expect(withBin('45323199').issuerCountry).toBe('');
  });

  it('tells accounts of different methods apart and gives other instruments no card', () => {
    const local = (method: string): PaymentInput =>
      aPayment({
        instrument: aCard({ type: 'local-method', method, fingerprint: 'a1', token: '', bin: '' }),
      });
    expect(attribute(local('ideal'), 'account')).not.toBe(attribute(local('sofort'), 'account'));
    expect(attribute(local('ideal'), 'account')).toBe(attribute(local('iDEAL'), 'account'));
    for (const name of ['card', 'bin', 'issuerCountry'] as const)
      expect(attribute(local('ideal'), name)).toBe(0);
    expect(
      attribute(aPayment({ instrument: aCard({ type: 'voucher', token: '', fingerprint: '' }) }), 'account'),
    ).toBe(0);
  });

  it('knows a card and its account by one value, so that one key finds both', () => {
    const { event } = resolve(aPayment(), DECIDED_AT);
    const card = event.attributes[ATTRIBUTE_INDEX.card] ?? 0;
    expect(card).not.toBe(0);
    expect(event.attributes[ATTRIBUTE_INDEX.account]).toBe(card);
    expect(keysOf(event).filter((key) => key === card)).toHaveLength(1);
  });

  it('takes what the payment says over what the BIN says', () => {
    const context = resolve(
      aPayment({ instrument: aCard({ issuerCountry: 'US', funding: 'prepaid', method: 'AMEX' }) }),
      DECIDED_AT,
    );
    expect(context).toMatchObject({ issuerCountry: 'US', funding: 'prepaid', prepaid: true, method: 'amex' });
    expect(resolve(aPayment(), DECIDED_AT)).toMatchObject({
      issuerCountry: 'VE',
      funding: 'credit',
      prepaid: false,
      method: 'visa',
    });
  });

  it('has no base amount without a rate', () => {
    const context = resolve(aPayment({ currency: 'CHF' }), DECIDED_AT);
    expect(context.event.baseMinor).toBeNaN();
    expect(context.rateId).toBe('');
    expect(resolve(aPayment(), DECIDED_AT).rateId).toBe('r-1');
  });

  it('marks what is not configured and runs it on the defaults', () => {
    const context = resolve(aPayment({ site: 'nowhere', merchant: '' }), DECIDED_AT);
    expect(context).toMatchObject({
      siteKnown: false,
      merchantKnown: false,
      zones: { site: 'Europe/Berlin', merchant: 'Europe/Berlin' },
    });
    expect(context.event.attributes[ATTRIBUTE_INDEX.site]).toBe(asked('site', 'nowhere'));
    expect(context.event.attributes[ATTRIBUTE_INDEX.owner]).toBe(0);
  });
});

describe('the digest of an instrument', () => {
  const digest = (over: Parameters<typeof aCard>[0]): string =>
    instrumentDigest(aPayment({ instrument: aCard(over) }), options.hash);

  it('is the same for the same card and another for another', () => {
    expect(digest({})).toMatch(/^[0-9a-f]{14}$/);
    expect(digest({ token: 'tok_2' })).toBe(digest({}));
    expect(digest({ fingerprint: 'fp_2' })).not.toBe(digest({}));
    expect(digest({ type: 'static-code', method: 'fp_1' })).not.toBe(digest({}));
  });

  it('still tells instruments apart that name no account', () => {
    const none = { token: '', fingerprint: '' };
    expect(digest({ ...none, last4: '1' })).not.toBe(digest({ ...none, last4: '2' }));
    expect(digest({ ...none, type: 'voucher', method: 'boleto' })).not.toBe(
      digest({ ...none, type: 'voucher', method: 'oxxo' }),
    );
  });
});
