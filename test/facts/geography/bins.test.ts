import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NO_BINS, parseBins, type Bins } from '../../../src/facts/geography/bins.js';

const HEADER = 'iin_start,iin_end,number_length,scheme,brand,type,prepaid,country\n';

function binsOf(...rows: string[]): Bins {
  const parsed = parseBins(HEADER + rows.join('\n'));
  if (!('ok' in parsed)) throw new Error(parsed.problems.join());
  return parsed.ok;
}

describe('card ranges', () => {
  it('tells country, brand, funding and prepaid', () => {
    const bins = binsOf(
      '341142,,,AMEX,,CREDIT,,US',
      '45719028,45719029,16,VISA,Visa/Dankort,DEBIT,,DK',
      '534248,,,MASTERCARD,,DEBIT,y,GB',
      '676280,,,MASTERCARD,Maestro,DEBIT,n,AT',
    );
    expect(bins.find('341142')).toEqual({
      country: 'US',
      brand: 'amex',
      funding: 'credit',
      prepaid: undefined,
    });
    expect(bins.find('34114299')?.country).toBe('US');
    expect(bins.find('45719029')).toEqual({
      country: 'DK',
      brand: 'visa',
      funding: 'debit',
      prepaid: undefined,
    });
    expect(bins.find('45719030')).toBeUndefined();
    expect(bins.find('53424811')).toEqual({
      country: 'GB',
      brand: 'mastercard',
      funding: 'prepaid',
      prepaid: true,
    });
    expect(bins.find('676280')).toEqual({
      country: 'AT',
      brand: 'maestro',
      funding: 'debit',
      prepaid: false,
    });
    expect(binsOf('341142,,,AMEX,,CREDIT,,UK').find('341142')?.country).toBe('');
    for (const none of ['', '341', '999999', 'x']) expect(bins.find(none)).toBeUndefined();
  });

  it('tells for a short BIN only what all of its ranges agree on', () => {
    const bins = binsOf(
      '40000000,,,VISA,,CREDIT,,US',
      '40000001,,,VISA,,DEBIT,,US',
      '40000002,,,VISA,,DEBIT,,CA',
    );
    expect(bins.find('400000')).toEqual({ country: '', brand: 'visa', funding: '', prepaid: undefined });
    expect(bins.find('40000001')?.funding).toBe('debit');
  });

  it('lets the narrower of overlapping ranges count, whatever their order in the file', () => {
    const row = fc
      .record({
        start: fc.integer({ min: 400_000, max: 400_009 }),
        more: fc.nat(5),
        narrow: fc.boolean(),
        tail: fc.nat(99),
        country: fc.constantFrom('DE', 'FR', 'US', 'BR'),
      })
      .map(({ start, more, narrow, tail, country }) =>
        narrow
          ? { first: start * 100 + tail, last: start * 100 + tail, country }
          : { first: start * 100, last: (start + more) * 100 + 99, country },
      );
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 39_999_990, max: 40_001_600 }),
        (rows, bin) => {
          const bins = binsOf(
            ...rows.map(({ first, last, country }) => `${first},${last},,VISA,,CREDIT,,${country}`),
          );
          const naive = rows
            .filter(({ first, last }) => first <= bin && bin <= last)
            .reduce<(typeof rows)[number] | undefined>(
              (best, next) =>
                best === undefined || next.last - next.first <= best.last - best.first ? next : best,
              undefined,
            );
          expect(bins.find(String(bin))?.country).toBe(naive?.country);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('names rows that are no ranges', () => {
    expect(parseBins(`${HEADER}12,,,VISA,,,,\n400000,,,VISA,,,,\n400009,400000,,VISA,,,,`)).toEqual({
      problems: [
        'row 2: iin_start and iin_end are 4 to 11 digits, in order',
        'row 4: iin_start and iin_end are 4 to 11 digits, in order',
      ],
    });
    expect(parseBins('a,b\n1,2')).toEqual({ problems: ['there is no column iin_start'] });
    expect('problems' in parseBins(`${HEADER}1,2`)).toBe(true);
  });

  it('takes a file that is none for none, and a byte-order mark for nothing', () => {
    for (const text of ['', 'x', 'iin_end\n']) {
      expect(parseBins(text)).toEqual({ problems: ['there is no column iin_start'] });
    }
    expect(parseBins(`\uFEFF${HEADER}400000,,,VISA,,,,`)).toMatchObject({ ok: { ranges: 1 } });
  });

  it('reads the shipped file', () => {
    const parsed = parseBins(readFileSync('rules/data/bin-ranges.csv', 'utf8'));
    if (!('ok' in parsed)) throw new Error(parsed.problems.join());
    expect(parsed.ok.find('453231')).toMatchObject({ country: 'VE', brand: 'visa', funding: 'credit' });
    expect(parsed.ok.find('45719028')).toMatchObject({ country: 'DK' });
    expect(parsed.ok.ranges).toBeGreaterThan(3000);
    expect(NO_BINS.find('453231')).toBeUndefined();
  });
});
