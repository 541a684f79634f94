import { expect, test } from 'vitest';
import { checkReport, reportedBase } from '../../../src/decisions/pipeline/check-report.js';
import type { TollgateError } from '../../../src/errors/errors.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES, type StreamKind } from '../../../src/facts/attributes.js';
import type { PaymentInput } from '../../../src/facts/payment.js';
import type { StreamEvent } from '../../../src/facts/stream.js';

const NOW = 1_700_000_000_000;
const SKEW = 1_000;
const YEAR = 365 * 86_400_000;
const hash = (_: string, value: string): number =>
  Buffer.from(value).reduce((sum, byte) => sum * 31 + byte, 7);
const payment = (minor: number, baseMinor: number, currency = 'EUR'): StreamEvent => {
  const attributes = ATTRIBUTES.map(() => 0);
  attributes[ATTRIBUTE_INDEX.currency] = hash('currency', currency);
  return {
    log: 1,
    seq: 1,
    kind: 'payment',
    at: NOW,
    knownAt: NOW,
    paymentAt: NOW,
    minor,
    baseMinor,
    attributes,
  };
};
const fields = (
  kind: StreamKind,
  eventTime: number,
  arrivalTime?: number,
  currency?: string,
  own?: Pick<PaymentInput, 'minor' | 'currency'>,
  onSkew: 'flag' | 'refuse' = 'refuse',
): string[] => {
  const amount = currency === undefined ? undefined : { minor: 1, currency };
  try {
    checkReport({ kind, eventTime, arrivalTime, amount, payment: own as PaymentInput }, payment(100, 100), {
      now: NOW,
      skewMs: SKEW,
      onSkew,
      hash,
    });
    return [];
  } catch (error) {
    return (error as TollgateError).violations.map(({ field }) => field);
  }
};

test('nothing is known before it happens, but clocks may be a little apart', () => {
  expect(fields('declined', NOW + SKEW)).toEqual([]);
  expect(fields('declined', NOW + SKEW + 1)).toEqual(['event_time']);
  expect(fields('declined', NOW, NOW - SKEW)).toEqual([]);
  expect(fields('declined', NOW, NOW - SKEW - 1)).toEqual(['arrival_time']);
});

test('nothing is known in time to come, but clocks may be minutes apart', () => {
  const minutes = 300_000;
  expect(fields('label', NOW, NOW + minutes)).toEqual([]);
  expect(fields('label', NOW, NOW + minutes + 1)).toEqual(['arrival_time']);
  expect(fields('label', NOW + YEAR, NOW + YEAR)).toEqual(['arrival_time']);
  expect(fields('label', NOW + YEAR, NOW + YEAR, undefined, undefined, 'flag')).toEqual([]);
});

test('what is refused is told with the skew as it is configured', () => {
  const at = { kind: 'declined', eventTime: NOW, amount: undefined, payment: undefined } as const;
  const terms = { now: NOW - 3_600_001, skewMs: 3_600_000, onSkew: 'flag', hash } as const;
  expect(() => checkReport({ ...at, arrivalTime: undefined }, payment(1, 1), terms)).toThrow('skew of 1h');
  expect(() => checkReport({ ...at, arrivalTime: terms.now }, payment(1, 1), terms)).toThrow('skew of 1h');
});

test('nothing is refused for being old', () => {
  expect(fields('chargeback', NOW - 9 * YEAR)).toEqual([]);
  expect(fields('chargeback', NOW - 9 * YEAR, NOW - 8 * YEAR)).toEqual([]);
  expect(fields('payment', NOW - 9 * YEAR, NOW - 9 * YEAR)).toEqual([]);
});

test('money moves in the currency of its payment, disputes may differ; every field at fault is named', () => {
  for (const kind of ['authorised', 'captured', 'refunded'] as const) {
    expect(fields(kind, NOW, NOW, 'EUR')).toEqual([]);
    expect(fields(kind, NOW, NOW, 'USD')).toEqual(['amount.currency']);
  }
  for (const kind of ['refund-claimed', 'fraud-warning', 'chargeback'] as const)
    expect(fields(kind, NOW, NOW, 'USD')).toEqual([]);
  expect(fields('refunded', NOW + YEAR, NOW, 'USD')).toEqual(['arrival_time', 'amount.currency']);
});

test('a report that names one payment does not carry another', () => {
  const own = (minor: number, currency: string) =>
    fields('declined', NOW, NOW, undefined, { minor, currency });
  expect(own(100, 'EUR')).toEqual([]);
  expect(own(101, 'EUR')).toEqual(['payment.amount']);
  expect(own(100, 'USD')).toEqual(['payment.amount']);
});

test('an amount counts by the rate of its payment, whatever the rate is today', () => {
  const today = (minor: number): number => minor * 7;
  expect(reportedBase({ minor: 300, currency: 'USD' }, payment(300, 271, 'USD'), hash, today)).toBe(271);
  expect(reportedBase({ minor: 100, currency: 'USD' }, payment(300, 271, 'USD'), hash, today)).toBe(90);
  expect(reportedBase({ minor: 100, currency: 'JPY' }, payment(300, 271, 'USD'), hash, today)).toBe(700);
  // The halves of 55 are 27.5 each: to the even 28, as at admission; those of 53 to 26.
  expect(reportedBase({ minor: 50, currency: 'USD' }, payment(100, 55, 'USD'), hash, today)).toBe(28);
  expect(reportedBase({ minor: 50, currency: 'USD' }, payment(100, 53, 'USD'), hash, today)).toBe(26);
  const large = payment(9_007_199_254_740_991, 9_007_199_254_740_989);
  expect(reportedBase({ minor: large.minor, currency: 'EUR' }, large, hash, today)).toBe(large.baseMinor);
});

test('without a rate at admission today’s counts, and without any nothing is known', () => {
  const unknown = payment(300, Number.NaN, 'XAF');
  expect(reportedBase({ minor: 10, currency: 'XAF' }, unknown, hash, () => 5)).toBe(5);
  expect(reportedBase({ minor: 10, currency: 'XAF' }, unknown, hash, () => undefined)).toBeNaN();
  expect(reportedBase({ minor: 10, currency: 'EUR' }, payment(0, 0), hash, () => 5)).toBe(5);
});
