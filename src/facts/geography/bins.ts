import { parse } from 'csv-parse/sync';
import { isCountry } from './countries.js';
import type { CardFunding } from '../payment.js';
import { messageOf } from '../../errors/error-text.js';

/** What the issuer's digits tell of a card; what is not known is '' (undefined for prepaid). */
export interface BinInfo {
  /** ISO 3166-1 alpha-2 of the issuer. */
  readonly country: string;
  /** Lower case: visa, mastercard, amex, … */
  readonly brand: string;
  readonly funding: CardFunding | '';
  readonly prepaid: boolean | undefined;
}

/** Ranges of BINs, ready to look up. Immutable. */
export interface Bins {
  readonly ranges: number;
  /**
   * What is known of the cards that begin with these digits. Where ranges of several issuers begin so, only what they
   * agree on is told. Undefined when nothing is known.
   */
  find(bin: string): BinInfo | undefined;
}

/** How reading a file ended. */
export type ParsedBins = { readonly ok: Bins } | { readonly problems: readonly string[] };

interface Range {
  readonly first: number;
  readonly last: number;
  readonly info: number;
}

/** BINs are compared as the 11-digit numbers they begin. */
const DIGITS = 11;
const MAX_PROBLEMS = 20;
/** Issuers one short BIN may stand for before looking further is pointless. */
const MAX_SPAN = 1000;

/** A card range file that knows nothing. */
export const NO_BINS: Bins = { ranges: 0, find: () => undefined };

/**
 * Reads card ranges from CSV with the columns iin_start, iin_end, scheme, brand, type, prepaid and country (others are
 * ignored). Where ranges overlap, the narrower one counts, and of equals the later one.
 */
export function parseBins(csv: string): ParsedBins {
  let head: string[] = [];
  let rows: readonly Record<string, string>[];
  try {
    rows = parse(csv, {
      bom: true,
      columns: (names: string[]) => (head = names),
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    return { problems: [messageOf(error)] };
  }
  if (!head.includes('iin_start')) return { problems: ['there is no column iin_start'] };
  const problems: string[] = [];
  const infos: BinInfo[] = [];
  const known = new Map<string, number>();
  const ranges: Range[] = [];
  for (const [index, row] of rows.entries()) {
    const start = row['iin_start'] ?? '';
    const end = row['iin_end'] || start;
    if (!/^\d{4,11}$/.test(start) || !/^\d{4,11}$/.test(end) || lastOf(end) < firstOf(start)) {
      problems.push(`row ${index + 2}: iin_start and iin_end are 4 to 11 digits, in order`);
      if (problems.length >= MAX_PROBLEMS) break;
      continue;
    }
    const info = infoOf(row);
    const key = JSON.stringify(info);
    let id = known.get(key);
    if (id === undefined) {
      id = infos.push(info) - 1;
      known.set(key, id);
    }
    ranges.push({ first: firstOf(start), last: lastOf(end), info: id });
  }
  return problems.length > 0 ? { problems } : { ok: createBins(ranges, infos) };
}

function createBins(ranges: readonly Range[], infos: readonly BinInfo[]): Bins {
  const flat = flatten(ranges);
  const firsts = Float64Array.from(flat, (range) => range.first);
  const lasts = Float64Array.from(flat, (range) => range.last);
  const ids = Uint32Array.from(flat, (range) => range.info);

  return {
    ranges: flat.length,
    find(bin) {
      if (bin.length < 4) return undefined;
      const digits = bin.slice(0, DIGITS);
      const first = firstOf(digits);
      const last = lastOf(digits);
      let low = 0;
      let high = lasts.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((lasts[middle] ?? 0) < first) low = middle + 1;
        else high = middle;
      }
      let found: BinInfo | undefined;
      for (let at = low; at < firsts.length && (firsts[at] ?? 0) <= last; at++) {
        if (at - low > MAX_SPAN) return undefined;
        const info = infos[ids[at] ?? 0];
        if (info === undefined || info === found) continue;
        found = found === undefined ? info : agreed(found, info);
      }
      return found;
    },
  };
}

/** Disjoint ranges in order: the narrower ranges are cut out of the wider ones. */
function flatten(ranges: readonly Range[]): readonly Range[] {
  const wideFirst = ranges
    .map((range, order) => ({ range, order }))
    .sort((a, b) => b.range.last - b.range.first - (a.range.last - a.range.first) || a.order - b.order);
  const edges = [...new Set(ranges.flatMap(({ first, last }) => [first, last + 1]))].sort((a, b) => a - b);
  const place = new Map(edges.map((edge, index) => [edge, index]));
  const owner = new Int32Array(edges.length).fill(-1);
  for (const { range } of wideFirst)
    owner.fill(range.info, place.get(range.first) ?? 0, place.get(range.last + 1) ?? 0);
  const flat: Range[] = [];
  for (const [index, first] of edges.entries()) {
    const info = owner[index] ?? -1;
    const last = (edges[index + 1] ?? first) - 1;
    const before = flat.at(-1);
    if (info === -1) continue;
    if (before !== undefined && before.info === info && before.last + 1 === first)
      flat[flat.length - 1] = { ...before, last };
    else flat.push({ first, last, info });
  }
  return flat;
}

function agreed(a: BinInfo, b: BinInfo): BinInfo {
  return {
    country: a.country === b.country ? a.country : '',
    brand: a.brand === b.brand ? a.brand : '',
    funding: a.funding === b.funding ? a.funding : '',
    prepaid: a.prepaid === b.prepaid ? a.prepaid : undefined,
  };
}

function infoOf(row: Record<string, string>): BinInfo {
  const country = (row['country'] ?? '').toUpperCase();
  const type = (row['type'] ?? '').toLowerCase();
  const mark = (row['prepaid'] ?? '').toLowerCase();
  const prepaid = type === 'prepaid' || mark === 'y' ? true : mark === 'n' ? false : undefined;
  return {
    country: isCountry(country) ? country : '',
    brand: brandOf(row['scheme'] ?? '', row['brand'] ?? ''),
    funding: prepaid === true ? 'prepaid' : type === 'credit' || type === 'debit' ? type : '',
    prepaid,
  };
}

function brandOf(scheme: string, brand: string): string {
  return brand.toLowerCase() === 'maestro' ? 'maestro' : scheme.toLowerCase();
}

function firstOf(digits: string): number {
  return Number(digits.padEnd(DIGITS, '0'));
}

function lastOf(digits: string): number {
  return Number(digits.padEnd(DIGITS, '9'));
}
