/**
 * SipHash-c-d by Aumasson and Bernstein ("SipHash: a fast short-input PRF", 2012) on 32-bit halves, since JavaScript has
 * no fast 64-bit integers. Names follow the paper: v0 to v3, m, c compression and d finalisation rounds.
 */
export interface SipHash {
  /** Hashes bytes[0, length); the result stands in `low` and `high`. `bytes` needs 8 spare bytes after `length`. */
  hash(bytes: Uint8Array, length: number): void;
  /** Bits 0 to 31 of the last hash, signed. */
  low: number;
  /** Bits 32 to 63 of the last hash, signed. */
  high: number;
}

/** A SipHash under a key of 16 bytes with `c` compression and `d` finalisation rounds. Not re-entrant. */
export function createSipHash(key: Uint8Array, c: number, d: number): SipHash {
  if (key.length < 16) throw new RangeError('SipHash needs a key of 16 bytes');
  const k0l = word(key, 0);
  const k0h = word(key, 4);
  const k1l = word(key, 8);
  const k1h = word(key, 12);

  const sip: SipHash = {
    low: 0,
    high: 0,
    hash(bytes, length) {
      let v0l = k0l ^ 0x70736575;
      let v0h = k0h ^ 0x736f6d65;
      let v1l = k1l ^ 0x6e646f6d;
      let v1h = k1h ^ 0x646f7261;
      let v2l = k0l ^ 0x6e657261;
      let v2h = k0h ^ 0x6c796765;
      let v3l = k1l ^ 0x79746573;
      let v3h = k1h ^ 0x74656462;

      // One step per 8-byte word, one for the last word with the length in its top byte, one for finalisation.
      const words = length >>> 3;
      for (let step = 0; step <= words + 1; step++) {
        let ml = 0;
        let mh = 0;
        let rounds = c;
        const at = step << 3;
        if (step < words) {
          ml = word(bytes, at);
          mh = word(bytes, at + 4);
        } else if (step === words) {
          const rest = length & 7;
          mh = length << 24;
          if (rest > 4) {
            ml = word(bytes, at);
            mh |= word(bytes, at + 4) & ((1 << ((rest - 4) << 3)) - 1);
          } else if (rest === 4) ml = word(bytes, at);
          else if (rest > 0) ml = word(bytes, at) & ((1 << (rest << 3)) - 1);
        } else {
          v2l ^= 0xff;
          rounds = d;
        }
        v3l ^= ml;
        v3h ^= mh;
        for (let round = 0; round < rounds; round++) {
          let sum = (v0l >>> 0) + (v1l >>> 0);
          v0h = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
          v0l = sum | 0;
          let old = v1l;
          v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
          v1h = ((v1h << 13) | (old >>> 19)) ^ v0h;
          old = v0l;
          v0l = v0h;
          v0h = old;

          sum = (v2l >>> 0) + (v3l >>> 0);
          v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
          v2l = sum | 0;
          old = v3l;
          v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
          v3h = ((v3h << 16) | (old >>> 16)) ^ v2h;

          sum = (v0l >>> 0) + (v3l >>> 0);
          v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
          v0l = sum | 0;
          old = v3l;
          v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
          v3h = ((v3h << 21) | (old >>> 11)) ^ v0h;

          sum = (v2l >>> 0) + (v1l >>> 0);
          v2h = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
          v2l = sum | 0;
          old = v1l;
          v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
          v1h = ((v1h << 17) | (old >>> 15)) ^ v2h;
          old = v2l;
          v2l = v2h;
          v2h = old;
        }
        v0l ^= ml;
        v0h ^= mh;
      }
      sip.low = v0l ^ v1l ^ v2l ^ v3l;
      sip.high = v0h ^ v1h ^ v2h ^ v3h;
    },
  };
  return sip;
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
