import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import {
  formatIp,
  formatIpRange,
  normaliseIp,
  parseIp,
  parseIpRange,
} from '../../../src/facts/normalise/ip.js';

const wellFormed = fc.oneof(
  fc.ipV4(),
  // The reference takes the deprecated ::1.2.3.4 for ::ffff:1.2.3.4; RFC 4291 does not.
  fc.ipV6().filter((text) => ipaddr.isValid(text) && !/^::[\d.]+$/.test(text)),
);

describe('IP addresses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:1:2:aaaa:bbbb:cccc:dddd', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::/64', '2001:db8:1:2::/64'],
    ['::', '0:0:0:0::/64'],
  ])('%s is counted as %s', (text, key) => {
    expect(normaliseIp(text)).toBe(key);
  });

  it.each([
    '',
    'x',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.',
    '1.2.3.4/33',
    '10.0.0.0/8',
    '1:2',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:',
    ':1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '12345::',
    '::g',
    '::1.2.3',
    '1.2.3.4::',
    '::\u0010',
  ])('%j is no address', (text) => {
    expect(normaliseIp(text)).toBe('');
  });

  it('reads what the reference reads, to the same bytes', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        const expected = ipaddr.process(text);
        const given = parseIp(text);
        expect(given && ipaddr.parse(formatIp(given)).toByteArray()).toEqual(expected.toByteArray());
      }),
      { numRuns: 1000 },
    );
  });

  it('takes nothing the reference refuses', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789abf:.'.split('')), maxLength: 24 }),
        (text) => {
          if (parseIp(text) !== undefined) expect(ipaddr.isValid(text)).toBe(true);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('is idempotent, also for ranges', () => {
    fc.assert(
      fc.property(fc.oneof(wellFormed, fc.string()), (text) => {
        expect(normaliseIp(normaliseIp(text))).toBe(normaliseIp(text));
      }),
    );
    fc.assert(
      fc.property(wellFormed, fc.nat(128), (text, prefix) => {
        const range = parseIpRange(`${text}/${prefix}`);
        fc.pre(range !== undefined);
        expect(parseIpRange(formatIpRange(range))).toEqual(range);
      }),
    );
  });

  it('clears the bits after the prefix of a range', () => {
    expect(formatIpRange(parseIpRange('198.51.100.77/22') ?? fail())).toBe('198.51.100.0/22');
    expect(formatIpRange(parseIpRange('2001:db8:ffff::1/33') ?? fail())).toBe('2001:db8:8000:0:0:0:0:0/33');
    expect(formatIpRange(parseIpRange('::ffff:198.51.100.77/120') ?? fail())).toBe('198.51.100.0/24');
    expect(parseIpRange('::ffff:198.51.100.77/64')).toBeUndefined();
  });
});

function fail(): never {
  throw new Error('not a range');
}
