import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containsCardNumber, containsCardNumberApart } from '../../src/facts/card-number.js';

/** Appends the digit that makes the Luhn check pass. */
function withCheckDigit(body: string): string {
  for (let digit = 0; digit < 10; digit++) if (luhn(body + digit)) return body + digit;
  throw new Error('unreachable');
}

function luhn(digits: string): boolean {
  const sum = digits
    .split('')
    .reverse()
    .map((digit, i) => Number(digit) * (i % 2 === 1 ? 2 : 1))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return sum % 10 === 0;
}

const cardNumber = fc
  .constantFrom<readonly [prefix: string, length: number]>(
    ['4', 16],
    ['4', 13],
    ['4', 19],
    ['51', 16],
    ['2221', 16],
    ['272099', 16],
    ['34', 15],
    ['37', 15],
    ['36', 14],
    ['6011', 16],
    ['65', 16],
    ['3528', 16],
    ['62', 19],
    ['6759', 13],
    ['2200', 16],
  )
  .chain(([prefix, length]) =>
    fc
      .string({
        unit: fc.constantFrom(...'0123456789'.split('')),
        minLength: length - prefix.length - 1,
        maxLength: length - prefix.length - 1,
      })
      .map((rest) => withCheckDigit(prefix + rest)),
  );
/** Text that holds no digit and does not continue a run. */
const around = fc.string({ maxLength: 60 }).map((text) => text.replace(/\d/g, 'x'));

/** The rule, told plainly: find maximal runs by a scan over all characters. */
function naive(text: string): string[] {
  return text.match(/\d(?:[ -]?\d)*/g)?.map((run) => run.replace(/\D/g, '')) ?? [];
}

describe('card numbers in other scripts', () => {
  it.each([
    ['full-width digits', '名前 ４１１１１１１１１１１１１１１１'],
    ['full-width digits in groups', '４１１１　１１１１　１１１１　１１１１'],
    ['Arabic digits', '٤١١١١١١١١١١١١١١١'],
    ['no-break spaces', '4111\u00a01111\u00a01111\u00a01111'],
    ['no-break hyphens', '4111\u20111111\u20111111\u20111111'],
  ])('are found: %s', (_, text) => {
    expect(containsCardNumber(text)).toBe(true);
    expect(containsCardNumberApart(text)).toBe(true);
  });

  it.each([
    '名前 ４１１１１１１１１１１１１１１２',
    '４１１１１１１１１１１１１１１１１１１１',
    'é 12345678901234567890',
  ])('are no other numbers: %s', (text) => {
    expect(containsCardNumber(text)).toBe(false);
  });
});

describe('card numbers in free text', () => {
  it.each([
    '4111111111111111',
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '4111-1111 1111-1111',
    'card: 5555555555554444.',
    'a378282246310005b',
    'x 3056 930902 5904 y',
    '6011111111111117',
    '3530111333300000',
    'first 12345, then 4222222222222',
    'ünï 4012888888881881 ✓',
    '  -4111111111111111- ',
  ])('finds the one in %j', (text) => {
    expect(containsCardNumber(text)).toBe(true);
  });

  it.each([
    ['', 'nothing'],
    ['4111111111111112', 'fails the check'],
    ['1234567812345670', 'passes the check, no brand'],
    ['411111111111116', 'Visa prefix, no Visa length'],
    ['41111111111111110000', 'part of a run of 20'],
    ['12 4111 1111 1111 1111', 'part of a longer run'],
    ['4111 1111 1111 1111 2026', 'part of a longer run'],
    ['4111  1111 1111 1111', 'two spaces end a run'],
    ['4111--1111-1111-1111', 'two hyphens end a run'],
    ['4111.1111.1111.1111', 'points are no separators'],
    ['+49 170 1234567', 'a phone number'],
    ['2026-11-23 10:50:53', 'a time'],
    ['550e8400-e29b-41d4-a716-446655440000', 'a UUID'],
    ['*****1111', 'last four'],
  ])('finds none in %j: %s', (text) => {
    expect(containsCardNumber(text)).toBe(false);
  });

  it('finds any number of any brand, however it is grouped and wherever it stands', () => {
    fc.assert(
      fc.property(
        cardNumber,
        fc.array(fc.constantFrom('', '', '', ' ', '-'), { minLength: 19, maxLength: 19 }),
        around,
        around,
        (number, separators, before, after) => {
          const grouped = number
            .split('')
            .map((digit, i) => (i === 0 ? digit : (separators[i] ?? '') + digit))
            .join('');
          expect(containsCardNumber(before + grouped + after)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('finds exactly what a plain scan of all runs finds', () => {
    const piece = fc.oneof(
      cardNumber,
      fc.constantFrom(' ', '-', '  ', '.', 'a', 'order ', '4', '12', '\n'),
      fc.string({ unit: fc.constantFrom(...'0123456789 -x'.split('')), maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        // Each run by itself is judged by the function as a whole text: what is tested is that no run is missed or cut.
        expect(containsCardNumber(text)).toBe(naive(text).some((run) => containsCardNumber(run)));
      }),
      { numRuns: 3000 },
    );
  });

  it('never takes a number that fails the check', () => {
    fc.assert(
      fc.property(cardNumber, fc.integer({ min: 1, max: 9 }), (number, shift) => {
        const last = (Number(number.at(-1)) + shift) % 10;
        return !containsCardNumber(number.slice(0, -1) + last);
      }),
    );
  });

  it('takes one pass over hostile text', () => {
    // A quadratic scan would need some 10^11 steps for these.
    const size = 400_000;
    expect(containsCardNumber('4 '.repeat(size))).toBe(false);
    expect(containsCardNumber('4'.repeat(size))).toBe(false);
    expect(containsCardNumber('4111111111111112 x'.repeat(size / 10))).toBe(false);
    expect(containsCardNumber('- '.repeat(size))).toBe(false);
  });
});

describe('card numbers in ids that machines make', () => {
  it.each([
    '4111111111111111',
    'order 4111 1111 1111 1111',
    'pan:4111111111111111;exp=1229',
    '#4111-1111-1111-1111',
  ])('stand apart in %s', (text) => {
    expect(containsCardNumberApart(text)).toBe(true);
  });

  it.each([
    'a4111111111111111f',
    'ord_4111111111111111',
    'x-4111-1111-1111-1111',
    '4111111111111111-eu',
    'заказ4111111111111111',
    'order 4111111111111112',
    '411111111111111111112',
  ])('are parts of an id in %s', (text) => {
    expect(containsCardNumberApart(text)).toBe(false);
  });
});
