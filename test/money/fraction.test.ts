import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalFraction, fractionOf, mulDiv, multiply, type Rounding } from '../../src/money/fraction.js';

/** The definition, with nothing but whole numbers: tries both neighbours of `product / d`. */
function naive(product: bigint, d: bigint, rounding: Rounding): number | undefined {
  const below = product / d;
  const [down, up] = [product - below * d, (below + 1n) * d - product];
  const even = below % 2n === 0n ? below : below + 1n;
  const nearest = down === up ? even : down < up ? below : below + 1n;
  const rounded = rounding === 'floor' ? below : nearest;
  return rounded <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(rounded) : undefined;
}

const amount = fc.oneof(fc.nat(1000), fc.nat(), fc.maxSafeNat());
const divisor = amount.map((value) => Math.max(1, value));
const rounding = fc.constantFrom<Rounding[]>('half-even', 'floor');

describe('products of amounts', () => {
  it('are exact before they are rounded, whatever the sizes', () => {
    fc.assert(
      fc.property(amount, amount, divisor, rounding, (a, b, d, how) => {
        const expected = naive(BigInt(a) * BigInt(b), BigInt(d), how);
        expect(mulDiv(a, b, d, how)).toBe(expected);
        expect(multiply(a, fractionOf(BigInt(b), BigInt(d)), how)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('go half to even, or down', () => {
    expect([1, 3, 5, 7].map((a) => mulDiv(a, 1, 2, 'half-even'))).toEqual([0, 2, 2, 4]);
    expect([1, 3, 5, 7].map((a) => mulDiv(a, 1, 2, 'floor'))).toEqual([0, 1, 2, 3]);
  });

  it('that are no safe integer are not made up', () => {
    expect(mulDiv(Number.MAX_SAFE_INTEGER, 2, 1, 'floor')).toBeUndefined();
    expect(multiply(Number.MAX_SAFE_INTEGER, fractionOf(3n, 2n), 'half-even')).toBeUndefined();
  });
});

describe('a number as the decimal it is written as', () => {
  it.each([
    [0, 0n, 1n],
    [1, 1n, 1n],
    [0.57, 57n, 100n],
    [1e-7, 1n, 10_000_000n],
    [2.5e-9, 1n, 400_000_000n],
    [1.5e21, 1_500_000_000_000_000_000_000n, 1n],
  ])('%d', (value, numerator, denominator) => {
    expect(decimalFraction(value)).toMatchObject({ numerator, denominator });
  });

  it.each([-1, Number.NaN, Infinity])('is refused: %d', (value) => {
    expect(() => decimalFraction(value)).toThrow(RangeError);
  });
});
