import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Reader, type CountryResponse } from 'maxmind';
import { expect, it } from 'vitest';
import { SIM_COUNTRIES, simAddress } from '../../src/simulate/countries.js';
import { createRandom } from '../../src/simulate/random.js';

const database = createRequire(import.meta.url).resolve(
  '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country-ipv4.mmdb',
);

it('gives payers addresses that the shipped geography places in their country', () => {
  const reader = new Reader<CountryResponse & { country_code?: string }>(readFileSync(database));
  const random = createRandom(1, 'addresses');
  const found: Record<string, boolean> = {};
  for (const country of Object.keys(SIM_COUNTRIES)) {
    const addresses = Array.from({ length: 40 }, () => simAddress(country, random));
    const right = addresses.filter((address) => reader.get(address)?.country_code === country).length;
    found[country] = right >= 36;
  }
  expect(Object.keys(found).filter((country) => found[country] === false)).toEqual([]);
});
