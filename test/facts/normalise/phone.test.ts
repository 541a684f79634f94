import * as fc from 'fast-check';
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' };
import { getCountries, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { createPhoneReader } from '../../../src/facts/normalise/phone.js';

describe('telephone numbers', () => {
  const read = createPhoneReader();

  it.each([
    ['+49 170 1234567', '', '+491701234567', 'DE'],
    ['0049 (0) 170-123 45 67', '', '+491701234567', 'DE'],
    ['0170 1234567', 'DE', '+491701234567', 'DE'],
    ['+44 (0)20 7946 0958', '', '+442079460958', 'GB'],
    ['+44 020 7946 0958', '', '+442079460958', 'GB'],
    ['+39 06 6982', '', '+39066982', 'IT'],
    ['(202) 555-0123', 'US', '+12025550123', 'US'],
    ['+1 416 555 1234', '', '+14165551234', 'CA'],
    ['+1 809 555 1234', 'US', '+18095551234', 'DO'],
    ['+7 701 123 45 67', 'RU', '+77011234567', 'KZ'],
    ['8 (912) 345-67-89', 'RU', '+79123456789', 'RU'],
    ['11 91234-5678', 'BR', '+5511912345678', 'BR'],
    ['+870 773 111 632', '', '+870773111632', ''],
  ])('%s in %j is %s of %s', (text, country, number, of) => {
    expect(read(text, country)).toEqual({ number, country: of });
  });

  it.each([
    ['', 'DE'],
    ['0170 1234567', ''],
    ['0170 1234567', 'XX'],
    ['call me', 'DE'],
    ['+1', ''],
    ['+1234567890123456789', ''],
    ['+0170 1234567', ''],
  ])('%j in %j cannot be read', (text, country) => {
    expect(read(text, country)).toEqual({ number: '', country: '' });
  });

  it('is idempotent, whatever comes in', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789 +-()./'.split('')), maxLength: 20 }),
      fc
        .string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: 6, maxLength: 14 })
        .map((d) => `+${d}`),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('', 'DE', 'US', 'IT', 'BR', 'RU', 'XX'), (written, country) => {
        const once = read(written, country);
        expect(read(once.number, country).number).toBe(once.number);
        expect(once.number).toMatch(/^(\+[1-9]\d{4,14})?$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not led astray by what was read before: country and number are told apart', () => {
    const fresh = createPhoneReader();
    expect(fresh('DE01701234567', '').number).toBe('');
    expect(fresh('01701234567', 'DE').number).toBe('+491701234567');
  });

  it('agrees with the full numbering plans of all countries', () => {
    const example = fc
      .constantFrom(...getCountries())
      .map((country) => getExampleNumber(country, examples)?.number ?? '')
      .filter((number) => number !== '');
    fc.assert(
      fc.property(example, fc.nat(99), (number, tail) => {
        const text = number.slice(0, -2) + String(tail).padStart(2, '0');
        expect(read(text, '').number).toBe(parsePhoneNumberFromString(text)?.number);
      }),
      { numRuns: 500 },
    );
  });

  it('knows the country of all countries’ numbers, dependencies counted with their main country', () => {
    const wrong = getCountries().filter((country) => {
      const number = getExampleNumber(country, examples)?.number ?? '';
      return read(number, '').country !== country;
    });
    expect(wrong.sort()).toEqual([
      'AC',
      'AX',
      'BL',
      'BQ',
      'CC',
      'CX',
      'EH',
      'GG',
      'IM',
      'JE',
      'MF',
      'SJ',
      'TA',
      'VA',
      'YT',
    ]);
  });
});
