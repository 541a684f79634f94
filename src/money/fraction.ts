/** How what is no whole number is made one. Half to even is the rule for amounts, floor that for caps. */
export type Rounding = 'half-even' | 'floor';

/** An exact fraction above or equal to zero, in lowest terms. The number fields are used as long as products stay exact. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly n: number;
  readonly d: number;
  /** Largest amount whose product with `n` is a safe integer; -1: always take the BigInt way. */
  readonly exactUpTo: number;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const DECIMAL_NUMBER = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/** `numerator / denominator`; not negative, the denominator above zero. */
export function fractionOf(numerator: bigint, denominator: bigint): Fraction {
  const divisor = gcd(numerator, denominator);
  const [above, below] = [numerator / divisor, denominator / divisor];
  const small = above <= MAX_SAFE && below <= MAX_SAFE;
  return {
    numerator: above,
    denominator: below,
    n: Number(above),
    d: Number(below),
    exactUpTo: !small ? -1 : above === 0n ? Number.MAX_SAFE_INTEGER : Number(MAX_SAFE / above),
  };
}

/** The decimal that a number is written as: 0.57 is 57/100, not the binary fraction next to it. Finite, not negative. */
export function decimalFraction(value: number): Fraction {
  const [, whole = '', decimals = '', exponent = '0'] = DECIMAL_NUMBER.exec(String(value)) ?? [];
  if (whole === '') throw new RangeError(`${value} is no decimal number from zero on`);
  const scale = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  return scale >= 0
    ? fractionOf(digits * 10n ** BigInt(scale), 1n)
    : fractionOf(digits, 10n ** BigInt(-scale));
}

/** `amount`, a safe integer from zero on, times a fraction: exact, then rounded. Undefined when it is no safe integer. */
export function multiply(amount: number, fraction: Fraction, rounding: Rounding): number | undefined {
  if (amount <= fraction.exactUpTo) return divide(amount * fraction.n, fraction.d, rounding);
  return divideBig(BigInt(amount) * fraction.numerator, fraction.denominator, rounding);
}

/** `a * b / d` of safe integers from zero on, `d` above it: exact, then rounded. Undefined when it is no safe integer. */
export function mulDiv(a: number, b: number, d: number, rounding: Rounding): number | undefined {
  const product = a * b;
  if (Number.isSafeInteger(product)) return divide(product, d, rounding);
  return divideBig(BigInt(a) * BigInt(b), BigInt(d), rounding);
}

function divide(product: number, d: number, rounding: Rounding): number {
  const rest = product % d;
  const quotient = (product - rest) / d;
  if (rounding === 'floor') return quotient;
  const other = d - rest;
  return rest > other || (rest === other && quotient % 2 === 1) ? quotient + 1 : quotient;
}

function divideBig(product: bigint, d: bigint, rounding: Rounding): number | undefined {
  let quotient = product / d;
  const twice = (product % d) * 2n;
  if (rounding === 'half-even' && (twice > d || (twice === d && quotient % 2n === 1n))) quotient += 1n;
  return quotient <= MAX_SAFE ? Number(quotient) : undefined;
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
