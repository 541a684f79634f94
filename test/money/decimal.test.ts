import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMinor, parseMinor } from '../../src/money/decimal.js';

describe('decimal amounts', () => {
  it.each([
    ['12.5', 2, 1250],
    ['12', 2, 1200],
    ['0.29', 2, 29],
    ['1.005', 3, 1005],
    ['500', 0, 500],
    ['500.00', 0, 500],
    ['0.1000', 2, 10],
    ['-3.07', 2, -307],
    ['90071992547409.91', 2, Number.MAX_SAFE_INTEGER],
  ])('%s with %i decimals is %i minor units', (text, exponent, minor) => {
    expect(parseMinor(text, exponent)).toEqual({ ok: minor });
  });

  it.each(['', '.5', '5.', '1e3', '1,000', ' 1', '+1', '0x10', 'NaN', '१'])('%j is malformed', (text) => {
    expect(parseMinor(text, 2)).toEqual({ problem: 'malformed' });
  });

  it('refuses digits the currency cannot express and amounts beyond exact integers', () => {
    expect(parseMinor('1.001', 2)).toEqual({ problem: 'too-precise' });
    expect(parseMinor('1.5', 0)).toEqual({ problem: 'too-precise' });
    expect(parseMinor('90071992547409.92', 2)).toEqual({ problem: 'too-large' });
  });

  it('writes what it reads, for every safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(0, 2, 3, 4), (minor, exponent) => {
        expect(parseMinor(formatMinor(minor, exponent), exponent)).toEqual({ ok: minor });
      }),
    );
  });
});
