const SMALLEST = 1024;

/**
 * A map from keys (whole numbers other than 0, already well mixed) to values, in two flat arrays: about half the
 * memory look-ups of a Map, which keeps such numbers as objects of their own. Much of a decision's time goes there.
 */
export class KeyTable<T> {
  #keys = new Float64Array(SMALLEST);
  #values: (T | undefined)[] = Array.from({ length: SMALLEST }, () => undefined);
  #mask = SMALLEST - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    const keys = this.#keys;
    const mask = this.#mask;
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const found = keys[slot];
      if (found === key) return this.#values[slot];
      if (found === 0) return undefined;
    }
  }

  /** Takes in a key that is not there. */
  add(key: number, value: T): void {
    if (this.#size * 2 >= this.#keys.length) this.#resize(this.#keys.length * 2);
    this.#put(key, value);
    this.#size++;
  }

  delete(key: number): void {
    const keys = this.#keys;
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
      this.#values[hole] = this.#values[slot];
      hole = slot;
    }
    keys[hole] = 0;
    this.#values[hole] = undefined;
    this.#size--;
    if (this.#size * 8 < keys.length && keys.length > SMALLEST) this.#resize(keys.length / 2);
  }

  #put(key: number, value: T): void {
    let slot = key & this.#mask;
    while (this.#keys[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  #resize(length: number): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(length);
    this.#values = Array.from({ length }, () => undefined);
    this.#mask = length - 1;
    for (const [slot, key] of keys.entries()) {
      const value = values[slot];
      if (key !== 0 && value !== undefined) this.#put(key, value);
    }
  }
}
