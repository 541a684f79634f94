const SMALLEST = 64;

/**
 * A map whose entries come and go all the time, as those of calls under way: use it where a `Map` would live long and its
 * entries would not. V8's `Map` makes a new table after as many changes as it has room for, and the old table points to
 * the new one. Once a table has become old, all that follow it stay in memory with everything that was in them until the
 * next full collection: every call under way is copied and promoted, and full collections come often. Here an entry that
 * has left is not referred to any more.
 *
 * Entries have no order. Keys are well mixed whole numbers, or texts that nobody can choose at will (ids that are
 * digests): others may fall on one place.
 */
export class TransientMap<K extends string | number, V extends object | number> {
  #keys: (K | undefined)[] = slots<K>(SMALLEST);
  #values: (V | undefined)[] = slots<V>(SMALLEST);
  #mask = SMALLEST - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#values[this.#slotOf(key)];
  }

  has(key: K): boolean {
    return this.#keys[this.#slotOf(key)] !== undefined;
  }

  set(key: K, value: V): void {
    let slot = this.#slotOf(key);
    if (this.#keys[slot] === undefined) {
      if (this.#size * 2 >= this.#keys.length) {
        this.#resize(this.#keys.length * 2);
        slot = this.#slotOf(key);
      }
      this.#keys[slot] = key;
      this.#size += 1;
    }
    this.#values[slot] = value;
  }

  delete(key: K): boolean {
    const keys = this.#keys;
    const values = this.#values;
    const mask = this.#mask;
    let hole = this.#slotOf(key);
    if (keys[hole] === undefined) return false;
    // What stands behind moves up, unless it stands at or after its own place already.
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const next = keys[slot];
      if (next === undefined) break;
      if (((slot - hashOf(next)) & mask) < ((slot - hole) & mask)) continue;
      keys[hole] = next;
      values[hole] = values[slot];
      hole = slot;
    }
    keys[hole] = undefined;
    values[hole] = undefined;
    this.#size -= 1;
    return true;
  }

  /** The values that are there now, in no order. */
  values(): V[] {
    return this.#values.filter((value) => value !== undefined);
  }

  /** The place of a key, or the one that it would get. */
  #slotOf(key: K): number {
    const keys = this.#keys;
    const mask = this.#mask;
    let slot = hashOf(key) & mask;
    for (let found = keys[slot]; found !== undefined && found !== key; found = keys[slot])
      slot = (slot + 1) & mask;
    return slot;
  }

  #resize(length: number): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = slots<K>(length);
    this.#values = slots<V>(length);
    this.#mask = length - 1;
    for (const [at, key] of keys.entries()) {
      if (key === undefined) continue;
      const slot = this.#slotOf(key);
      this.#keys[slot] = key;
      this.#values[slot] = values[at];
    }
  }
}

function slots<T>(length: number): (T | undefined)[] {
  return Array.from({ length }, () => undefined);
}

/** FNV-1a of a text; a number by its low bits. */
function hashOf(key: string | number): number {
  if (typeof key === 'number') return Math.imul(key | 0, 0x9e3779b1) >>> 7;
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1)
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash ^ (hash >>> 15);
}
