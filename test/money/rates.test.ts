import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { currencyExponent } from '../../src/money/currencies.js';
import { parseRates, toBaseMinor, type Rates } from '../../src/money/rates.js';

function ratesOf(base: string, rates: Record<string, string>): Rates {
  const parsed = parseRates({ id: 't', base, asOf: '2026-06-30', rates });
  if (!('ok' in parsed)) throw new Error(parsed.problems.join());
  return parsed.ok;
}

/** The definition, with nothing but whole numbers: the nearest integer to minor x rate, ties to the even one. */
function naive(minor: bigint, rate: string, from: number, to: number): bigint {
  const [whole = '', fraction = ''] = rate.split('.');
  const product = minor * BigInt(whole + fraction) * 10n ** BigInt(to);
  const unit = 10n ** BigInt(fraction.length + from);
  const below = product / unit;
  const candidates = [below, below + 1n];
  const distance = (n: bigint): bigint => {
    const gap = n * unit - product;
    return gap < 0n ? -gap : gap;
  };
  const [a, b] = candidates as [bigint, bigint];
  if (distance(a) !== distance(b)) return distance(a) < distance(b) ? a : b;
  return a % 2n === 0n ? a : b;
}

const rate = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 15n }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, scale]) => {
    const text = digits.toString().padStart(scale + 1, '0');
    return scale === 0 ? text.slice(0, 12) : `${text.slice(0, -scale).slice(-12)}.${text.slice(-scale)}`;
  })
  .filter((text) => /[1-9]/.test(text));
const currency = fc.constantFrom('JPY', 'EUR', 'KWD', 'CLF', 'GBP');

describe('exchange rates', () => {
  it('gives the base currency back unchanged', () => {
    const rates = ratesOf('USD', { EUR: '1.0825' });
    fc.assert(fc.property(fc.maxSafeNat(), (minor) => toBaseMinor(minor, 'USD', rates) === minor));
  });

  it('minds the decimals of both currencies and rounds half to even', () => {
    const rates = ratesOf('USD', { EUR: '1.0825', JPY: '0.0065', KWD: '3.25', GBP: '0.5' });
    expect(toBaseMinor(10_000, 'EUR', rates)).toBe(10_825);
    expect(toBaseMinor(1000, 'JPY', rates)).toBe(650);
    expect(toBaseMinor(1000, 'KWD', rates)).toBe(325);
    expect([1, 3, 5, 7].map((minor) => toBaseMinor(minor, 'GBP', rates))).toEqual([0, 2, 2, 4]);
    expect(toBaseMinor(-3, 'GBP', rates)).toBe(-2);
    expect(toBaseMinor(1, 'CHF', rates)).toBeUndefined();
  });

  it('is the exact product rounded half to even, for any amount, rate and pair of currencies', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(), fc.maxSafeNat(), fc.nat(1000)),
        rate,
        currency,
        fc.constantFrom('USD', 'TND', 'KRW'),
        (minor, text, from, base) => {
          const expected = naive(
            BigInt(minor),
            text,
            currencyExponent(from) ?? 0,
            currencyExponent(base) ?? 0,
          );
          const given = toBaseMinor(minor, from, ratesOf(base, { [from]: text }));
          expect(given).toBe(expected <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(expected) : undefined);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('rounds ties to even on both ways of computing', () => {
    for (const digits of ['0.5', '0.500000000000', '1000000000.5']) {
      const rates = ratesOf('USD', { GBP: digits });
      for (let minor = 1; minor < 40; minor += 2)
        expect(toBaseMinor(minor, 'GBP', rates)).toBe(Number(naive(BigInt(minor), digits, 2, 2)));
    }
  });

  it('names all problems of a file', () => {
    const parsed = parseRates({
      id: 'a b',
      base: 'usd',
      asOf: 'yesterday',
      extra: 1,
      rates: { EUR: 1.08, ZZZ: '1', GBP: '0.000', CHF: '-1', PLN: '1e3', CZK: '0.04' },
    });
    expect('problems' in parsed && parsed.problems).toEqual([
      'unknown field extra',
      'id: 1 to 64 of [A-Za-z0-9._-]',
      'asOf: an ISO 8601 date or time',
      'base: an ISO 4217 currency code in capitals',
      expect.stringContaining('rates.EUR: a decimal string'),
      'rates.ZZZ: not an ISO 4217 currency code',
      'rates.GBP: must be above zero',
      expect.stringContaining('rates.CHF: a decimal string'),
      expect.stringContaining('rates.PLN: a decimal string'),
    ]);
    expect(parseRates([])).toEqual({ problems: ['a rate file is a JSON object'] });
    expect(parseRates({ id: 'x', base: 'USD', asOf: '2026-01-01', rates: { USD: '1.1' } })).toEqual({
      problems: ['rates.USD: the base currency is 1'],
    });
  });

  it('ships a sample file that reads', () => {
    const parsed = parseRates(JSON.parse(readFileSync('rules/data/rates.json', 'utf8')));
    expect('ok' in parsed && parsed.ok.base).toBe('USD');
    expect('ok' in parsed && parsed.ok.factors.size).toBeGreaterThan(35);
  });
});
