/** An address in binary: IPv4 (also when it came mapped into IPv6) as one 32-bit word, IPv6 as four, most significant first. */
export type IpAddress =
  | { readonly version: 4; readonly words: readonly [number] }
  | { readonly version: 6; readonly words: readonly [number, number, number, number] };

/** An address range: all addresses that share the first `prefix` bits. */
export interface IpRange {
  readonly address: IpAddress;
  /** 0 to 32 or 0 to 128. */
  readonly prefix: number;
}

/**
 * Reads an IPv4 address in four decimal parts or an IPv6 address as in RFC 4291 (no zone). An IPv4-mapped IPv6 address
 * is the IPv4 address it stands for. Undefined when it is neither.
 */
export function parseIp(text: string): IpAddress | undefined {
  const { length } = text;
  if (length < 2 || length > 45) return undefined;
  if (!text.includes(':')) {
    const word = parseIpv4(text, 0);
    return word === -1 ? undefined : { version: 4, words: [word] };
  }
  return parseIpv6(text);
}

/** Reads an address or a range in CIDR notation; bits after the prefix are cleared. Undefined when it is neither. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) {
    const address = parseIp(text);
    return address && { address, prefix: address.version === 4 ? 32 : 128 };
  }
  const address = parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(digits)) return undefined;
  let prefix = Number(digits);
  // ::ffff:1.2.3.0/120 is 1.2.3.0/24.
  if (address.version === 4 && text.includes(':')) prefix -= 96;
  if (prefix < 0 || prefix > (address.version === 4 ? 32 : 128)) return undefined;
  return { address: maskIp(address, prefix), prefix };
}

/** The address with all bits after the prefix cleared. */
export function maskIp(address: IpAddress, prefix: number): IpAddress {
  if (address.version === 4) return { version: 4, words: [maskWord(address.words[0], prefix)] };
  const [a, b, c, d] = address.words;
  return {
    version: 6,
    words: [
      maskWord(a, prefix),
      maskWord(b, prefix - 32),
      maskWord(c, prefix - 64),
      maskWord(d, prefix - 96),
    ],
  };
}

/** Writes an address: IPv4 in decimal parts, IPv6 as eight groups without leading zeros and without `::`. */
export function formatIp(address: IpAddress): string {
  if (address.version === 6)
    return address.words
      .map((word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`)
      .join(':');
  const [word] = address.words;
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Writes a range in CIDR notation; a single address without its prefix. */
export function formatIpRange({ address, prefix }: IpRange): string {
  const text = formatIp(address);
  return prefix === (address.version === 4 ? 32 : 128) ? text : `${text}/${prefix}`;
}

/**
 * The key by which payments of one source are counted: the IPv4 address, or the /64 of an IPv6 address, since one
 * subscriber has at least that many addresses. '' when the text is no address. Idempotent.
 */
export function normaliseIp(text: string): string {
  if (text === '') return '';
  const range = parseIpRange(text);
  if (range === undefined) return '';
  const { address, prefix } = range;
  if (address.version === 4) return prefix === 32 ? formatIp(address) : '';
  if (prefix < 64) return '';
  const [a, b] = address.words;
  return `${group(a >>> 16)}:${group(a)}:${group(b >>> 16)}:${group(b)}::/64`;
}

function group(bits: number): string {
  return (bits & 0xffff).toString(16);
}

function maskWord(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : (word & (0xffffffff << (32 - bits))) >>> 0;
}

/** The 32 bits from `start` to the end of the text, or -1. */
function parseIpv4(text: string, start: number): number {
  let word = 0;
  let parts = 0;
  let at = start;
  while (parts < 4) {
    let part = 0;
    const first = at;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      part = part * 10 + digit;
    }
    const digits = at - first;
    // A leading zero means octal to some and decimal to others.
    if (digits < 1 || digits > 3 || part > 255 || (digits > 1 && text.charCodeAt(first) === 48)) return -1;
    word = word * 256 + part;
    parts++;
    if (parts < 4 && text.charCodeAt(at++) !== 46) return -1;
  }
  return at === text.length ? word : -1;
}

function parseIpv6(text: string): IpAddress | undefined {
  const groups: number[] = [];
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    const end = text.indexOf(':', at);
    const stop = end === -1 ? text.length : end;
    if (end === -1 && text.includes('.', at)) {
      const word = parseIpv4(text, at);
      if (word === -1) return undefined;
      groups.push(Math.floor(word / 65536), word % 65536);
    } else {
      const value = hexGroup(text, at, stop);
      if (value === -1) return undefined;
      groups.push(value);
    }
    if (end === -1) break;
    at = end + 1;
    if (text.charCodeAt(at) === 58) {
      if (gap !== -1) return undefined;
      gap = groups.length;
      at++;
    } else if (at === text.length) return undefined;
    if (groups.length > 8) return undefined;
  }
  if (gap === -1 ? groups.length !== 8 : groups.length > 7) return undefined;
  if (gap !== -1) groups.splice(gap, 0, ...Array.from({ length: 8 - groups.length }, () => 0));
  const word = (i: number): number => (groups[i] ?? 0) * 65536 + (groups[i + 1] ?? 0);
  if (word(0) === 0 && word(2) === 0 && word(4) === 0xffff) return { version: 4, words: [word(6)] };
  return { version: 6, words: [word(0), word(2), word(4), word(6)] };
}

function hexGroup(text: string, start: number, end: number): number {
  if (end - start < 1 || end - start > 4) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at) | 32;
    const digit = unit >= 97 && unit <= 102 ? unit - 87 : unit >= 48 && unit <= 57 ? unit - 48 : -1;
    // The case bit is also set in '0' to '9' already, but not in control characters, which it would turn into digits.
    if (digit === -1 || text.charCodeAt(at) < 48) return -1;
    value = value * 16 + digit;
  }
  return value;
}
