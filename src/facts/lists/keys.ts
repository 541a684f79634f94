import type { Attribute } from '../attributes.js';
import { parseIp, parseIpRange, maskIp, type IpAddress } from '../normalise/ip.js';
import type { KeyHash } from '../attributes/key-hash.js';
import type { ListType } from './list-store.js';
import type { MembershipTable } from './membership-table.js';

/** Which lengths of prefixes a list holds: only those are looked for. */
export interface PrefixLengths {
  readonly ipv4: Uint8Array;
  readonly ipv6: Uint8Array;
  readonly bin: Uint8Array;
}

/** No prefixes yet. */
export function noPrefixes(): PrefixLengths {
  return { ipv4: new Uint8Array(33), ipv6: new Uint8Array(129), bin: new Uint8Array(12) };
}

const SHORTEST_BIN = 4;
const LONGEST_BIN = 11;
const BIN_STEP = 1e11;
const IP_STEP = 0x1_0000_0000;

const HASHED: Readonly<Partial<Record<ListType, Attribute>>> = {
  card: 'card',
  email: 'email',
  'email-domain': 'emailDomain',
  phone: 'phone',
  device: 'device',
  customer: 'customer',
  address: 'address',
  country: 'issuerCountry',
};

/** The key under which a normalised entry is kept; notes the length of a prefix. 0 when the value is not of the type. */
export function keyOfEntry(type: ListType, value: string, prefixes: PrefixLengths, hash: KeyHash): number {
  const attribute = HASHED[type];
  if (attribute !== undefined) return hash(attribute, value);
  if (type === 'bin') {
    if (!/^\d{4,11}$/.test(value)) return 0;
    prefixes.bin[value.length] = 1;
    return binKey(value);
  }
  const range = parseIpRange(value);
  if (range === undefined) return 0;
  const { address, prefix } = range;
  (address.version === 4 ? prefixes.ipv4 : prefixes.ipv6)[prefix] = 1;
  return ipKey(address, prefix, hash);
}

/** Whether a normalised value is covered at `at`: by itself, by a prefix, or by a parent domain. */
export function isListed(
  type: ListType,
  value: string,
  at: number,
  table: MembershipTable,
  prefixes: PrefixLengths,
  hash: KeyHash,
): boolean {
  switch (type) {
    case 'email-domain':
      for (let name = value; ; name = name.slice(name.indexOf('.') + 1)) {
        if (table.has(hash('emailDomain', name), at)) return true;
        if (!name.includes('.')) return false;
      }
    case 'bin':
      for (let length = SHORTEST_BIN; length <= LONGEST_BIN && length <= value.length; length++)
        if (prefixes.bin[length] === 1 && table.has(binKey(value.slice(0, length)), at)) return true;
      return false;
    case 'ip': {
      const address = parseIp(value);
      if (address === undefined) return false;
      const lengths = address.version === 4 ? prefixes.ipv4 : prefixes.ipv6;
      for (let prefix = lengths.length - 1; prefix >= 0; prefix--)
        if (lengths[prefix] === 1 && table.has(ipKey(maskIp(address, prefix), prefix, hash), at)) return true;
      return false;
    }
    default: {
      const attribute = HASHED[type];
      return attribute !== undefined && table.has(hash(attribute, value), at);
    }
  }
}

/** The digits with their number in front: exact, needs no hash. */
function binKey(digits: string): number {
  return digits.length * BIN_STEP + Number(digits);
}

/** IPv4 ranges are exact; IPv6 ranges are hashed. */
function ipKey(address: IpAddress, prefix: number, hash: KeyHash): number {
  if (address.version === 4) return (prefix + 1) * IP_STEP + address.words[0];
  return hash('ip', `${address.words.join(':')}/${prefix}`);
}
