const BITS_PER_KEY = 10;
const PROBES = 7;

/** Bytes of a Bloom filter for so many keys; about 1 % of the keys that are not in it seem to be. */
export function filterBytes(keys: number): number {
  return Math.ceil((keys * BITS_PER_KEY) / 8);
}

/** Adds a key to the filter in `bytes[start, start + length)`. */
export function addToFilter(bytes: Uint8Array, start: number, length: number, key: number): void {
  const bits = length * 8;
  let probe = first(key);
  const step = second(key);
  for (let index = 0; index < PROBES; index++) {
    const bit = probe % bits;
    const at = start + (bit >>> 3);
    bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
    probe = (probe + step) >>> 0;
  }
}

/** Whether a key may be in the filter; `false` is certain. */
export function mayHold(bytes: Uint8Array, start: number, length: number, key: number): boolean {
  const bits = length * 8;
  let probe = first(key);
  const step = second(key);
  for (let index = 0; index < PROBES; index++) {
    const bit = probe % bits;
    if (((bytes[start + (bit >>> 3)] ?? 0) & (1 << (bit & 7))) === 0) return false;
    probe = (probe + step) >>> 0;
  }
  return true;
}

/* The keys of one filter are neighbours, so only their lower bits tell them apart. */
function first(key: number): number {
  const low = key | 0;
  return Math.imul(low ^ (low >>> 16), 0x45d9f3b) >>> 0;
}

function second(key: number): number {
  const low = key | 0;
  return (Math.imul(low ^ (low >>> 13), 0x9e3779b1) | 1) >>> 0;
}
