const EMPTY = 0;

/** How often each value occurs: a multiset of whole numbers other than 0, in two flat arrays. */
export class ValueCounts {
  /** Values that occur at least once. */
  distinct = 0;
  #keys: Float64Array;
  #counts: Int32Array;
  #used = 0;
  #mask: number;

  constructor(capacity = 16) {
    this.#keys = new Float64Array(capacity);
    this.#counts = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  get bytes(): number {
    return this.#keys.length * 12;
  }

  has(value: number): boolean {
    return (this.#counts[this.#find(value)] ?? 0) > 0;
  }

  add(value: number): void {
    const slot = this.#find(value);
    if (this.#keys[slot] === EMPTY) {
      this.#keys[slot] = value;
      this.#used++;
    }
    const count = (this.#counts[slot] ?? 0) + 1;
    this.#counts[slot] = count;
    if (count === 1) this.distinct++;
    if (this.#used * 4 > this.#keys.length * 3) this.#rehash();
  }

  remove(value: number): void {
    const slot = this.#find(value);
    const count = (this.#counts[slot] ?? 0) - 1;
    if (count < 0) throw new Error('a value was taken out that was not in');
    this.#counts[slot] = count;
    if (count === 0) this.distinct--;
  }

  clear(): void {
    if (this.#used === 0) return;
    this.#keys.fill(EMPTY);
    this.#counts.fill(0);
    this.#used = 0;
    this.distinct = 0;
  }

  #find(value: number): number {
    let slot = hash(value) & this.#mask;
    while (this.#keys[slot] !== EMPTY && this.#keys[slot] !== value) slot = (slot + 1) & this.#mask;
    return slot;
  }

  /** Values that no longer occur are left behind. */
  #rehash(): void {
    const keys = this.#keys;
    const counts = this.#counts;
    let capacity = 16;
    while (capacity < this.distinct * 3) capacity *= 2;
    this.#keys = new Float64Array(capacity);
    this.#counts = new Int32Array(capacity);
    this.#mask = capacity - 1;
    this.#used = this.distinct;
    for (let from = 0; from < keys.length; from++) {
      const count = counts[from] ?? 0;
      if (count === 0) continue;
      const value = keys[from] ?? 0;
      const slot = this.#find(value);
      this.#keys[slot] = value;
      this.#counts[slot] = count;
    }
  }
}

function hash(value: number): number {
  const mixed = Math.imul((value | 0) ^ Math.imul((value / 2 ** 32) | 0, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
