import { describe, expect, it } from 'vitest';
import { CURRENCIES, currencyExponent, isCurrency } from '../../src/money/currencies.js';

describe('currencies', () => {
  it('knows the decimals of ISO 4217', () => {
    expect(['EUR', 'USD', 'JPY', 'KWD', 'CLF', 'ISK', 'HUF', 'TND'].map(currencyExponent)).toEqual([
      2, 2, 0, 3, 4, 0, 2, 3,
    ]);
  });

  it('agrees with the platform wherever that follows ISO 4217', () => {
    // ICU shortens the decimals of some currencies to what cash has; these are the ones where it is meant to be ISO's.
    for (const code of [
      'BHD',
      'BRL',
      'CAD',
      'CHF',
      'CNY',
      'GBP',
      'JOD',
      'KRW',
      'MXN',
      'OMR',
      'PLN',
      'VND',
      'XOF',
    ])
      expect(currencyExponent(code)).toBe(
        new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions()
          .maximumFractionDigits,
      );
  });

  it('refuses what is no currency with a minor unit', () => {
    for (const code of ['eur', 'EURO', '', 'XXX', 'XAU', 'XTS', 'constructor'])
      expect(isCurrency(code)).toBe(false);
    expect(CURRENCIES.length).toBeGreaterThan(160);
    expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length);
    expect(CURRENCIES.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
  });
});
