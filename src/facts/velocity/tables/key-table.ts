const SMALLEST = 1024;

/**
 * A map from keys (whole numbers other than 0, already well mixed) to signed numbers of 32 bits, in two flat arrays. Much
 * of a decision's time goes there.
 */
export class KeyTable {
  readonly #smallest: number;
  #keys: Float64Array;
  #values: Int32Array;
  #mask: number;
  #size = 0;

  /** `smallest`: places at least, a power of two. */
  constructor(smallest = SMALLEST) {
    this.#smallest = smallest;
    this.#keys = new Float64Array(smallest);
    this.#values = new Int32Array(smallest);
    this.#mask = smallest - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Memory of the arrays. */
  get bytes(): number {
    return this.#keys.length * 12;
  }

  get(key: number): number | undefined {
    const keys = this.#keys;
    const mask = this.#mask;
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const found = keys[slot];
      if (found === key) return this.#values[slot];
      if (found === 0) return undefined;
    }
  }

  /** Takes in a key that is not there. */
  add(key: number, value: number): void {
    if (this.#size * 2 >= this.#keys.length) this.#resize(this.#keys.length * 2);
    this.#put(key, value);
    this.#size++;
  }

  delete(key: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const mask = this.#mask;
    let hole = key & mask;
    while (keys[hole] !== key) {
      if (keys[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    // What stands behind moves up, unless it stands at or after its own place already.
    for (let slot = (hole + 1) & mask; keys[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (keys[slot] ?? 0) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      keys[hole] = keys[slot] ?? 0;
      values[hole] = values[slot] ?? 0;
      hole = slot;
    }
    keys[hole] = 0;
    this.#size--;
    if (this.#size * 8 < keys.length && keys.length > this.#smallest) this.#resize(keys.length / 2);
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#size = 0;
    if (this.#keys.length > SMALLEST) this.#resize(this.#smallest, false);
    else this.#keys.fill(0);
  }

  #put(key: number, value: number): void {
    let slot = key & this.#mask;
    while (this.#keys[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  #resize(length: number, keep = true): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(length);
    this.#values = new Int32Array(length);
    this.#mask = length - 1;
    if (!keep) return;
    for (let slot = 0; slot < keys.length; slot++) {
      const key = keys[slot] ?? 0;
      if (key !== 0) this.#put(key, values[slot] ?? 0);
    }
  }
}
