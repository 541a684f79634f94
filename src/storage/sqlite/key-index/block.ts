/*
 * A block of a run: sorted keys and for each the ascending sequences of the entries that carry it.
 *
 *   count u32 | 0 u32 | base f64 | keys f64 x count | ends u16 x count | postings
 *
 * Postings are varints: the first of a key relative to the base, the others to the one before. A key with many
 * entries goes on in the next block.
 */

/** Distinct keys in one block; with their usual postings two blocks fill a page. */
export const BLOCK_KEYS = 288;
const MAX_POSTING_BYTES = 8_192;
const HEADER = 16;

/** Gathers postings of one run in order and hands out full blocks. */
export class BlockWriter {
  readonly #base: number;
  readonly #emit: (bytes: Uint8Array, keys: Float64Array) => void;
  readonly #keys = new Float64Array(BLOCK_KEYS);
  readonly #ends = new Uint16Array(BLOCK_KEYS);
  readonly #postings = new Uint8Array(MAX_POSTING_BYTES + 16);
  #count = 0;
  #end = 0;
  #lastKey = -1;
  #lastSeq = 0;

  /** `base` is a sequence not above any that comes. */
  constructor(base: number, emit: (bytes: Uint8Array, keys: Float64Array) => void) {
    this.#base = base;
    this.#emit = emit;
  }

  /** Adds a posting; keys ascend, and sequences within a key. */
  add(key: number, seq: number): void {
    if (this.#end > MAX_POSTING_BYTES) this.flush();
    if (key !== this.#lastKey) {
      if (this.#count === BLOCK_KEYS) this.flush();
      this.#keys[this.#count++] = key;
      this.#lastKey = key;
      this.#lastSeq = this.#base;
    }
    let rest = seq - this.#lastSeq;
    this.#lastSeq = seq;
    while (rest >= 128) {
      this.#postings[this.#end++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#postings[this.#end++] = rest;
    this.#ends[this.#count - 1] = this.#end;
  }

  /** Hands out what has gathered. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    const bytes = new Uint8Array(HEADER + count * 10 + this.#end);
    new Uint32Array(bytes.buffer, 0, 1)[0] = count;
    new Float64Array(bytes.buffer, 8, 1)[0] = this.#base;
    const keys = new Float64Array(bytes.buffer, HEADER, count);
    keys.set(this.#keys.subarray(0, count));
    new Uint16Array(bytes.buffer, HEADER + count * 8, count).set(this.#ends.subarray(0, count));
    bytes.set(this.#postings.subarray(0, this.#end), HEADER + count * 10);
    this.#count = 0;
    this.#end = 0;
    this.#lastKey = -1;
    this.#emit(bytes, keys);
  }
}

/** A block to read. */
export interface Block {
  readonly keys: Float64Array;
  readonly ends: Uint16Array;
  readonly postings: Uint8Array;
  readonly base: number;
}

/** Opens what a BlockWriter wrote. */
export function openBlock(stored: Uint8Array): Block {
  const bytes = stored.byteOffset % 8 === 0 ? stored : stored.slice();
  const { buffer, byteOffset: start } = bytes;
  const count = new Uint32Array(buffer, start, 1)[0] ?? 0;
  return {
    keys: new Float64Array(buffer, start + HEADER, count),
    ends: new Uint16Array(buffer, start + HEADER + count * 8, count),
    postings: bytes.subarray(HEADER + count * 10),
    base: new Float64Array(buffer, start + 8, 1)[0] ?? 0,
  };
}

/** Ascending sequences of the key at a place in the block. */
export function postingsAt(block: Block, index: number): number[] {
  const { postings, ends } = block;
  const end = ends[index] ?? 0;
  let at = index === 0 ? 0 : (ends[index - 1] ?? 0);
  let seq = block.base;
  const found: number[] = [];
  while (at < end) {
    let scale = 1;
    let next = postings[at++] ?? 0;
    while (next >= 128) {
      seq += (next & 127) * scale;
      scale *= 128;
      next = postings[at++] ?? 0;
    }
    seq += next * scale;
    found.push(seq);
  }
  return found;
}

/** Ascending sequences of a key, empty when the block has none. */
export function postingsOf(block: Block, key: number): number[] {
  const { keys } = block;
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return keys[low] === key ? postingsAt(block, low) : [];
}
