const SLOTS = 2 ** 18;
const MASK = SLOTS - 1;
const MAX_KEYS = 150_000;
const MAX_POSTINGS = 2 ** 18;

/** Entries that one table takes before it is sealed into a run. */
export const MEM_TABLE_ENTRIES = 16_384;

/**
 * The newest part of the key index, in memory: which entries carry a key. Rebuilt from the journal at start, so it
 * needs no writing of its own. Open addressing and linked postings in typed arrays: about 6 MB whatever is in it.
 */
export class MemTable {
  readonly #keys = new Float64Array(SLOTS);
  /** Index of the newest posting plus one; 0 is an empty slot. */
  readonly #heads = new Int32Array(SLOTS);
  readonly #seqs = new Float64Array(MAX_POSTINGS + 64);
  readonly #earlier = new Int32Array(MAX_POSTINGS + 64);
  #postings = 0;
  #distinct = 0;
  #entries = 0;
  firstSeq = 0;
  lastSeq = 0;

  get entries(): number {
    return this.#entries;
  }

  /** No more may be added. */
  get full(): boolean {
    return this.#entries >= MEM_TABLE_ENTRIES || this.#distinct >= MAX_KEYS || this.#postings >= MAX_POSTINGS;
  }

  /** Counts an entry; its keys are added after. Sequences only grow. */
  begin(seq: number): void {
    if (this.#entries === 0) this.firstSeq = seq;
    this.lastSeq = seq;
    this.#entries += 1;
  }

  /** Notes that the entry `seq` carries `key`, a positive integer below 2^53. At most 64 a full table. */
  add(key: number, seq: number): void {
    let slot = key & MASK;
    for (;;) {
      const head = this.#heads[slot] ?? 0;
      if (head === 0) {
        this.#keys[slot] = key;
        this.#distinct += 1;
        break;
      }
      if (this.#keys[slot] === key) {
        if (this.#seqs[head - 1] === seq) return;
        break;
      }
      slot = (slot + 1) & MASK;
    }
    const posting = this.#postings++;
    this.#seqs[posting] = seq;
    this.#earlier[posting] = this.#heads[slot] ?? 0;
    this.#heads[slot] = posting + 1;
  }

  /** Sequences of the entries that carry a key, newest first. */
  seqsOf(key: number): number[] {
    const found: number[] = [];
    let slot = key & MASK;
    for (;;) {
      let posting = this.#heads[slot] ?? 0;
      if (posting === 0) return found;
      if (this.#keys[slot] === key) {
        for (; posting !== 0; posting = this.#earlier[posting - 1] ?? 0) {
          found.push(this.#seqs[posting - 1] ?? 0);
        }
        return found;
      }
      slot = (slot + 1) & MASK;
    }
  }

  /**
   * All keys in ascending order, in parts small enough to sort in a fraction of a millisecond: keys are hashes, so
   * their upper bits divide them evenly.
   */
  *sortedKeys(): Generator<Float64Array> {
    const parts = 64;
    const width = 2 ** 53 / parts;
    const counts = new Uint32Array(parts + 1);
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.#heads[slot] === 0) continue;
      const part = Math.floor((this.#keys[slot] ?? 0) / width) + 1;
      counts[part] = (counts[part] ?? 0) + 1;
    }
    for (let part = 1; part <= parts; part++) counts[part] = (counts[part] ?? 0) + (counts[part - 1] ?? 0);
    const starts = counts.slice();
    const keys = new Float64Array(this.#distinct);
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.#heads[slot] === 0) continue;
      const key = this.#keys[slot] ?? 0;
      const part = Math.floor(key / width);
      const place = starts[part] ?? 0;
      starts[part] = place + 1;
      keys[place] = key;
    }
    for (let part = 0; part < parts; part++) {
      yield keys.subarray(counts[part], counts[part + 1]).sort();
    }
  }
}
