import type { ContextOptions } from '../../src/facts/context.js';
import { NO_BINS } from '../../src/facts/geography/bins.js';
import { NO_GEOGRAPHY } from '../../src/facts/geography/geography.js';
import { createKeyHash } from '../../src/facts/attributes/key-hash.js';
import { createPhoneReader } from '../../src/facts/normalise/phone.js';
import type { AddressInput, InstrumentInput, PaymentInput } from '../../src/facts/payment.js';
import { parseRates } from '../../src/money/rates.js';
import type { Merchant, Site } from '../../src/sites/site-store.js';

export const SITE: Site = {
  id: 'shop-de',
  name: 'Shop',
  group: 'europe',
  timeZone: 'Europe/Berlin',
  country: 'DE',
  currency: 'EUR',
  languages: ['de'],
  revision: 1,
};

export const MERCHANT: Merchant = {
  id: 'm-1',
  name: 'Merchant',
  ownerIdentityHash: 'owner-1',
  riskGrade: 'B',
  timeZone: 'America/Sao_Paulo',
  country: 'BR',
  currency: 'BRL',
  small: true,
  revision: 1,
};

const CARD: InstrumentInput = {
  type: 'card',
  method: '',
  token: 'tok_1',
  fingerprint: 'fp_1',
  bin: '453231',
  last4: '1111',
  paymentAccountReference: '',
  issuerCountry: '',
  funding: '',
  wallet: '',
  expiryMonth: 12,
  expiryYear: 2028,
  country: '',
};

/** An address in Germany. */
export function anAddress(over: Partial<AddressInput> = {}): AddressInput {
  return {
    name: 'Jane Doe',
    line1: 'Hauptstr. 5',
    line2: '',
    city: 'Berlin',
    region: '',
    postalCode: '10115',
    country: 'DE',
    ...over,
  };
}

/** A card. */
export function aCard(over: Partial<InstrumentInput> = {}): InstrumentInput {
  return { ...CARD, ...over };
}

/** A payment of 10 EUR by card with everything said about it. */
export function aPayment(over: Partial<PaymentInput> = {}): PaymentInput {
  return {
    site: 'shop-de',
    language: 'de',
    merchant: 'm-1',
    terminal: 't-1',
    orderId: 'o-1',
    kind: 'payment',
    minor: 1000,
    currency: 'EUR',
    instrument: CARD,
    customer: {
      id: 'c-1',
      email: 'Jane.Doe+x@GoogleMail.com',
      phone: '0170 1234567',
      name: 'Jane Doe',
      registeredAt: Date.UTC(2026, 5, 1),
    },
    device: { id: 'd-1', userAgent: 'Mozilla/5.0', acceptLanguage: 'de-DE,de;q=0.9', utcOffsetMinutes: 120 },
    ip: '193.99.144.80',
    billing: anAddress(),
    shipping: anAddress({ country: 'AT', postalCode: '1010' }),
    items: [
      { sku: 'S1', name: 'Shoes', category: 'shoes', quantity: 2, unitPriceMinor: 400 },
      { sku: 'S2', name: 'Laces', category: 'shoes', quantity: 1, unitPriceMinor: 200 },
    ],
    eventTime: Date.UTC(2026, 6, 1, 22, 30),
    attributes: { campaign: 'newsletter' },
    ...over,
  };
}

/** What payments are resolved with: one known site, one known merchant, a rate for EUR. */
export function contextOptions(over: Partial<ContextOptions> = {}): ContextOptions {
  const rates = parseRates({ id: 'r-1', base: 'USD', asOf: '2026-06-30', rates: { EUR: '1.10' } });
  if (!('ok' in rates)) throw new Error(rates.problems.join());
  return {
    hash: createKeyHash(Uint8Array.from({ length: 32 }, (_, i) => i * 3)),
    readPhone: createPhoneReader(),
    geography: NO_GEOGRAPHY,
    bins: NO_BINS,
    rates: rates.ok,
    siteOf: (id) =>
      id === SITE.id ? { site: SITE, known: true } : { site: { ...SITE, id, group: '' }, known: false },
    merchantOf: (id, site) =>
      id === MERCHANT.id
        ? { merchant: MERCHANT, known: true }
        : {
            merchant: {
              ...MERCHANT,
              id,
              riskGrade: '',
              ownerIdentityHash: '',
              timeZone: site.timeZone,
              small: false,
            },
            known: false,
          },
    ...over,
  };
}
