import { describe, expect, it } from 'vitest';
import { bearerOf, peerGroup } from '../../src/server/shown.js';

describe('the key in a header', () => {
  it.each([
    [undefined, undefined],
    ['Bearer k', 'k'],
    ['bearer   k', 'k'],
    ['BEARER k', 'k'],
    ['k', ''],
    ['Basic k', ''],
    ['Bearer', ''],
    ['Bearer k k', ''],
    ['', ''],
  ])('of %j is %j', (header, key) => {
    expect(bearerOf(header)).toBe(key);
  });
});

describe('failed attempts are counted together', () => {
  it.each([
    ['an IPv4 address, mapped or not', '203.0.113.7', '::ffff:203.0.113.7'],
    ['a network of IPv6', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
  ])('of %s', (_, one, other) => {
    expect(peerGroup(one)).toBe(peerGroup(other));
  });

  it('of no two others', () => {
    const peers = ['203.0.113.7', '203.0.113.8', '2001:db8:1:2::1', '2001:db8:1:3::1', 'unknown'];
    expect(new Set(peers.map(peerGroup)).size).toBe(peers.length);
  });
});
