import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import { createSipHash } from '../../../src/facts/attributes/siphash.js';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);

/** The vectors of the reference implementation: key 00 01 … 0f, input 00 01 … (n-1), output bytes in order. */
const VECTORS_2_4: readonly (readonly [length: number, hex: string])[] = [
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [3, '2d7efbd796666785'],
  [4, 'b7877127e09427cf'],
  [5, '8da699cd64557618'],
  [6, 'cee3fe586e46c9cb'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
];

function hex(low: number, high: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(low, 0);
  bytes.writeInt32LE(high, 4);
  return bytes.toString('hex');
}

/** SipHash as the paper writes it, on 64-bit BigInts. */
function reference(key: Uint8Array, bytes: Uint8Array, c: number, d: number): bigint {
  const view = new DataView(key.buffer, key.byteOffset, 16);
  const [k0, k1] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const add = (a: bigint, b: bigint): bigint => BigInt.asUintN(64, a + b);
  const rotate = (a: bigint, by: bigint): bigint => BigInt.asUintN(64, (a << by) | (a >> (64n - by)));
  const round = (): void => {
    v0 = add(v0, v1);
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = add(v2, v3);
    v3 = rotate(v3, 16n) ^ v2;
    v0 = add(v0, v3);
    v3 = rotate(v3, 21n) ^ v0;
    v2 = add(v2, v1);
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  const padded = new Uint8Array((Math.floor(bytes.length / 8) + 1) * 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 255;
  const words = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) {
    const m = words.getBigUint64(at, true);
    v3 ^= m;
    for (let i = 0; i < c; i++) round();
    v0 ^= m;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < d; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

describe('SipHash', () => {
  it.each(VECTORS_2_4)('2-4 of %i bytes is the reference vector', (length, expected) => {
    const sip = createSipHash(KEY, 2, 4);
    const bytes = Uint8Array.from({ length: length + 8 }, (_, i) => i);
    sip.hash(bytes, length);
    expect(hex(sip.low, sip.high)).toBe(expected);
  });

  it('is the paper’s function for any key, input and number of rounds', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom([1, 3], [2, 4]),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (key, bytes, [c = 0, d = 0], after) => {
          const sip = createSipHash(key, c, d);
          sip.hash(Uint8Array.from([...bytes, ...after]), bytes.length);
          const value = (BigInt(sip.high >>> 0) << 32n) | BigInt(sip.low >>> 0);
          expect(value).toBe(reference(key, bytes, c, d));
        },
      ),
    );
  });
});

describe('key hash', () => {
  const hash = createKeyHash(KEY);

  it('is SipHash-1-3 over name, NUL and value, folded to 53 bits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }), (value) => {
        const full = reference(KEY, new TextEncoder().encode(`email\0${value}`), 1, 3);
        const high = (full >> 32n) & 0x1fffffn;
        const low = (full ^ (full >> 53n)) & 0xffffffffn;
        expect(hash('email', value)).toBe(Number((high << 32n) | low));
      }),
    );
  });

  it('is 0 for nothing and only for nothing', () => {
    expect(hash('card', '')).toBe(0);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const h = hash('card', value);
        return Number.isSafeInteger(h) && h > 0;
      }),
    );
  });

  it('tells attributes, values and keys apart', () => {
    const other = createKeyHash(Uint8Array.from({ length: 32 }, (_, i) => i + 1));
    expect(hash('email', 'a')).not.toBe(hash('customer', 'a'));
    expect(hash('email', 'a')).not.toBe(hash('email', 'b'));
    expect(hash('email', 'a')).not.toBe(other('email', 'a'));
    const seen = new Set(Array.from({ length: 100_000 }, (_, i) => hash('card', `fp_${i}`)));
    expect(seen.size).toBe(100_000);
  });

  it('does not remember a longer value from before', () => {
    const before = hash('device', 'abc');
    hash('device', 'x'.repeat(5000));
    expect(hash('device', 'abc')).toBe(before);
  });

  it('refuses a short key', () => {
    expect(() => createKeyHash(new Uint8Array(8))).toThrow(RangeError);
  });
});
