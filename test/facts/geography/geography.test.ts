import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { createGeography, NO_GEOGRAPHY } from '../../../src/facts/geography/geography.js';

const file = createRequire(import.meta.url).resolve(
  '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb',
);

describe('geography', () => {
  const geography = createGeography(readFileSync(file));

  it.each([
    ['193.99.144.80', 'DE'],
    ['::ffff:193.99.144.80', 'DE'],
    ['133.11.0.1', 'JP'],
    ['200.160.2.3', 'BR'],
    ['2001:67c:2e8:22::c100:68b', 'NL'],
  ])('%s is in %s', (ip, country) => {
    expect(geography.country(ip)).toBe(country);
    // Again, from memory.
    expect(geography.country(ip)).toBe(country);
  });

  it.each(['', '10.0.0.1', '127.0.0.1', '::1', 'fe80::1', 'not an address', '1.2.3.4.5', '193.99.144.80/24'])(
    'knows no country for %j',
    (ip) => {
      expect(geography.country(ip)).toBe('');
    },
  );

  it('knows no country where a set says EU', () => {
    const bytes = Buffer.from(readFileSync(file).toString('latin1').replaceAll('\x42DE', '\x42EU'), 'latin1');
    expect(createGeography(bytes).country('193.99.144.80')).toBe('');
    expect(createGeography(bytes).country('133.11.0.1')).toBe('JP');
  });

  it('says at once that bytes are no geography file', () => {
    expect(() => createGeography(Buffer.from('nothing of the kind'))).toThrow();
  });

  it('can be absent', () => {
    expect(NO_GEOGRAPHY.country('193.99.144.80')).toBe('');
  });
});
