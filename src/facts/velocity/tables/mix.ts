/** Mixes two values into one of 53 bits, never 0. */
export function mix(one: number, other: number): number {
  let low = Math.imul((one | 0) ^ 0x7f4a7c15, 0x9e3779b1);
  let high = Math.imul(((one / 2 ** 32) | 0) ^ low, 0x85ebca6b);
  low ^= high >>> 15;
  low = Math.imul(low ^ (other | 0), 0xc2b2ae35);
  high = Math.imul(high ^ ((other / 2 ** 32) | 0) ^ (low >>> 13), 0x27d4eb2f);
  low = Math.imul(low ^ (low >>> 16) ^ high, 0x165667b1);
  high ^= high >>> 14;
  high = Math.imul(high ^ low, 0x85ebca6b);
  return ((high >>> 11) & 0x1fffff) * 2 ** 32 + ((low ^ (low >>> 15)) >>> 0) || 1;
}
