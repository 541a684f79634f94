import { LRUCache } from 'lru-cache';
import { Reader, type Response } from 'maxmind';
import { isCountry } from './countries.js';
import { formatIp, parseIp } from '../normalise/ip.js';

/** Where addresses are. */
export interface Geography {
  /** ISO 3166-1 alpha-2 of an IPv4 or IPv6 address; '' when not known. Never throws. */
  country(ip: string): string;
  /** When what it knows was put together, epoch ms; left out: not known. */
  readonly builtAt?: number;
}

/** Knows no address: what a service without a geography file runs on. */
export const NO_GEOGRAPHY: Geography = { country: () => '' };

const REMEMBERED = 50_000;

/** Reads countries from the bytes of an MMDB file. Throws when the bytes are none. */
export function createGeography(mmdb: Buffer): Geography {
  const reader = new Reader<Response>(mmdb);
  const cache = new LRUCache<string, string>({ max: REMEMBERED });
  return {
    builtAt: reader.metadata.buildEpoch.getTime(),
    country(ip) {
      if (ip === '') return '';
      const known = cache.get(ip);
      if (known !== undefined) return known;
      const address = parseIp(ip);
      const country = address === undefined ? '' : countryOf(reader.get(formatIp(address)));
      cache.set(ip, country);
      return country;
    },
  };
}

/**
 * Both forms in use: {country_code} of the flat sets, {country: {iso_code}} of the nested ones. What some sets call EU or
 * ZZ is no country.
 */
function countryOf(record: unknown): string {
  const { country_code: flat, country } = (record ?? {}) as {
    readonly country_code?: unknown;
    readonly country?: { readonly iso_code?: unknown };
  };
  const code = flat ?? country?.iso_code;
  return typeof code === 'string' && isCountry(code) ? code : '';
}
