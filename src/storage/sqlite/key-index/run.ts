import { BLOCK_KEYS, BlockWriter, openBlock, postingsAt, postingsOf } from './block.js';
import type { Block } from './block.js';
import { addToFilter, filterBytes, mayHold } from './filter.js';

/** Where runs are kept. */
export interface RunStorage {
  writeBlock(run: number, block: number, bytes: Uint8Array): void;
  readBlock(run: number, block: number): Uint8Array;
  writeSlab(run: number, slab: number, bytes: Uint8Array): void;
}

const SLAB_BLOCKS = 64;
const EDGE_BYTES = SLAB_BLOCKS * 16;
const FILTER = filterBytes(BLOCK_KEYS);
/** Bytes of a stored slab. */
const SLAB_BYTES = EDGE_BYTES + SLAB_BLOCKS * FILTER;

/** Keys are positive integers below this. */
const KEY_RANGE = 2 ** 53;
const NONE: readonly number[] = [];

/** What is in memory of 64 blocks: first and last key, and a filter for each. */
interface Slab {
  readonly bytes: Uint8Array;
  readonly edges: Float64Array;
}

/** A sorted, immutable part of the key index: the entries of one stretch of the log. */
export interface Run {
  readonly id: number;
  /** 0 for a sealed table, 1 for eight of those … */
  readonly level: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly blocks: number;
  readonly slabs: readonly Slab[];
}

/** Opens a stored slab. */
export function openSlab(stored: Uint8Array): Slab {
  const bytes = stored.byteOffset % 8 === 0 ? stored : stored.slice();
  return { bytes, edges: new Float64Array(bytes.buffer, bytes.byteOffset, SLAB_BLOCKS * 2) };
}

/** Writes a run: postings come in key order. */
export class RunWriter {
  readonly #storage: RunStorage;
  readonly #place: Omit<Run, 'blocks' | 'slabs'>;
  readonly #writer: BlockWriter;
  readonly #slabs: Slab[] = [];
  /** Blocks written so far. */
  blocks = 0;

  constructor(storage: RunStorage, place: Omit<Run, 'blocks' | 'slabs'>) {
    this.#storage = storage;
    this.#place = place;
    this.#writer = new BlockWriter(place.firstSeq, (bytes, keys) => this.#emit(bytes, keys));
  }

  add(key: number, seq: number): void {
    this.#writer.add(key, seq);
  }

  finish(): Run {
    this.#writer.flush();
    const last = this.#slabs.at(-1);
    if (last && this.blocks % SLAB_BLOCKS !== 0) {
      this.#storage.writeSlab(this.#place.id, this.#slabs.length - 1, last.bytes);
    }
    return { ...this.#place, blocks: this.blocks, slabs: this.#slabs };
  }

  #emit(bytes: Uint8Array, keys: Float64Array): void {
    const { id } = this.#place;
    const place = this.blocks % SLAB_BLOCKS;
    if (place === 0) this.#slabs.push(openSlab(new Uint8Array(SLAB_BYTES)));
    const slab = this.#slabs.at(-1);
    if (!slab) return;
    slab.edges[place * 2] = keys[0] ?? 0;
    slab.edges[place * 2 + 1] = keys.at(-1) ?? 0;
    for (const key of keys) addToFilter(slab.bytes, EDGE_BYTES + place * FILTER, FILTER, key);
    this.#storage.writeBlock(id, this.blocks, bytes);
    this.blocks += 1;
    if (place === SLAB_BLOCKS - 1) this.#storage.writeSlab(id, this.#slabs.length - 1, slab.bytes);
  }
}

/** Blocks of a run that may hold a key, ascending; usually none or one. */
export function blocksOf(run: Run, key: number): readonly number[] {
  let found: number[] | undefined;
  for (let block = firstFor(run, key); block < run.blocks && edge(run, block, 0) <= key; block++) {
    const bytes = run.slabs[Math.floor(block / SLAB_BLOCKS)]?.bytes;
    if (bytes && mayHold(bytes, EDGE_BYTES + (block % SLAB_BLOCKS) * FILTER, FILTER, key))
      (found ??= []).push(block);
  }
  return found ?? NONE;
}

/**
 * The first block that does not end before a key; the number of blocks when all do. Keys are hashes, so that their size
 * tells nearly where they are: the search begins there.
 */
function firstFor(run: Run, key: number): number {
  const guess = Math.min(Math.floor((key / KEY_RANGE) * run.blocks), run.blocks - 1);
  let low = 0;
  let high = run.blocks;
  if (edge(run, guess, 1) < key) {
    low = guess + 1;
    for (let step = 1; low + step <= high; step *= 2) {
      if (edge(run, low + step - 1, 1) >= key) high = low + step - 1;
      else low += step;
    }
  } else {
    high = guess;
    for (let step = 1; high - step >= low; step *= 2) {
      if (edge(run, high - step, 1) < key) low = high - step + 1;
      else high -= step;
    }
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edge(run, middle, 1) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ascending sequences of a key in one block of a run. */
export function seqsInBlock(storage: RunStorage, run: Run, block: number, key: number): number[] {
  return postingsOf(openBlock(storage.readBlock(run.id, block)), key);
}

/** Reads a run from its first key to its last. */
export class RunCursor {
  readonly #storage: RunStorage;
  readonly #run: Run;
  #block: Block | undefined;
  #next = 0;
  #index = 0;
  /** Infinity at the end. */
  key = -1;

  constructor(storage: RunStorage, run: Run) {
    this.#storage = storage;
    this.#run = run;
    this.#load();
  }

  /** The sequences of the key here; then goes on. A key may come in several parts. */
  take(): readonly number[] {
    if (!this.#block) return [];
    const seqs = postingsAt(this.#block, this.#index);
    this.#index += 1;
    if (this.#index >= this.#block.keys.length) this.#load();
    else this.key = this.#block.keys[this.#index] ?? Infinity;
    return seqs;
  }

  #load(): void {
    this.#index = 0;
    this.#block = undefined;
    this.key = Infinity;
    if (this.#next >= this.#run.blocks) return;
    this.#block = openBlock(this.#storage.readBlock(this.#run.id, this.#next++));
    this.key = this.#block.keys[0] ?? Infinity;
  }
}

function edge(run: Run, block: number, side: 0 | 1): number {
  return run.slabs[Math.floor(block / SLAB_BLOCKS)]?.edges[(block % SLAB_BLOCKS) * 2 + side] ?? 0;
}
