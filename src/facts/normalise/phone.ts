import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min';
import { LRUCache } from 'lru-cache';

/** A telephone number as E.164 and the country it belongs to; both '' when it cannot be read. */
export interface Phone {
  readonly number: string;
  /** ISO 3166-1 alpha-2; '' for numbers of no country (satellite, toll-free). */
  readonly country: string;
}

const NONE: Phone = { number: '', country: '' };

/** Where one calling code serves a country and its dependencies, the country itself answers for all of them. */
const MAIN_COUNTRY: Readonly<Record<string, string>> = {
  '39': 'IT',
  '44': 'GB',
  '47': 'NO',
  '61': 'AU',
  '212': 'MA',
  '247': 'SH',
  '262': 'RE',
  '290': 'SH',
  '358': 'FI',
  '590': 'GP',
  '599': 'CW',
};

/** Calling code -> country; for +1 and +7 only the number itself tells, which is written ''. */
const COUNTRY_BY_CODE: ReadonlyMap<string, string> = new Map(
  getCountries().map((country) => {
    const code: string = getCountryCallingCode(country);
    return [code, code === '1' || code === '7' ? '' : (MAIN_COUNTRY[code] ?? country)];
  }),
);

/** Digits with the calling code. */
const SHORTEST = 7;
const LONGEST = 15;
const NATIONAL_NUMBERS = 20_000;

/**
 * Makes a reader of telephone numbers. Numbers with `+` or `00` are read by their calling code; national ones in the
 * given country ('' when unknown, which makes them unreadable). What was read lately is remembered.
 */
export function createPhoneReader(): (text: string, country: string) => Phone {
  const national = new LRUCache<string, Phone>({ max: NATIONAL_NUMBERS });
  const areaCodes = new Map<string, string>();

  /** The whole numbering plan, by libphonenumber. */
  function readThoroughly(text: string, country: string): Phone {
    const key = `${country} ${text}`;
    const known = national.get(key);
    if (known !== undefined) return known;
    const parsed = parsePhoneNumberFromString(text, isSupportedCountry(country) ? country : undefined);
    // More zeros than a trunk prefix has would be taken off one at a time, each time it is read.
    const settled =
      parsed?.nationalNumber.startsWith('0') !== true ||
      parsePhoneNumberFromString(parsed.number)?.number === parsed.number;
    const phone: Phone =
      parsed?.isPossible() === true && parsed.number.length > SHORTEST && settled
        ? { number: parsed.number, country: countryOf(parsed.number) ?? parsed.country ?? '' }
        : NONE;
    national.set(key, phone);
    return phone;
  }

  function countryOf(e164: string): string | undefined {
    for (let digits = 1; digits <= 3; digits++) {
      const country = COUNTRY_BY_CODE.get(e164.slice(1, 1 + digits));
      if (country !== undefined && country !== '') return country;
      if (country === '' && e164.startsWith('+7')) return e164[2] === '6' || e164[2] === '7' ? 'KZ' : 'RU';
      // In the North American plan the area code tells the country.
      if (country === '') return areaCountry(e164);
    }
    return undefined;
  }

  function areaCountry(e164: string): string {
    const area = e164.slice(2, 5);
    let country = areaCodes.get(area);
    if (country === undefined) {
      country = parsePhoneNumberFromString(`+1${area}5550123`)?.country ?? '';
      areaCodes.set(area, country);
    }
    return country;
  }

  return (text, country) => {
    if (text === '') return NONE;
    const international = internationalDigits(text);
    if (international === undefined) return readThoroughly(text.trim(), country);
    if (international.length < SHORTEST || international.length > LONGEST) return NONE;
    const e164 = `+${international}`;
    for (let digits = 1; digits <= 3; digits++) {
      if (!COUNTRY_BY_CODE.has(international.slice(0, digits))) continue;
      // A zero here is a trunk prefix in some countries and part of the number in others.
      if (international[digits] === '0') return readThoroughly(e164, '');
      break;
    }
    return { number: e164, country: countryOf(e164) ?? '' };
  };
}

/** The digits after `+` or `00` without spaces, points, hyphens and a trunk zero in brackets; undefined for any other writing. */
function internationalDigits(text: string): string | undefined {
  const match = /^\s*(?:\+|00)\s*([1-9][\d\s()./-]*)$/.exec(text);
  return match?.[1]?.replace('(0)', '').replace(/\D/g, '');
}
