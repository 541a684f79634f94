/** Slots per slab. */
const SLAB_BITS = 14;
const SLAB = 2 ** SLAB_BITS;

/**
 * Records of whole numbers in few large arrays, as many fields each: nothing for the garbage collector to look at. A
 * slot is known by a whole number above 0; its fields are 0 when it is taken.
 */
export class Slots {
  readonly #fields: number;
  readonly #slabs: Int32Array[] = [];
  #taken = 0;
  /** The first of the slots given back; each holds the next in its first field. */
  #free = 0;

  constructor(fields: number) {
    this.#fields = fields;
  }

  take(): number {
    const slot = this.#free;
    if (slot === 0) {
      const next = ++this.#taken;
      if (next >>> SLAB_BITS >= this.#slabs.length) this.#slabs.push(new Int32Array(SLAB * this.#fields));
      return next;
    }
    this.#free = this.get(slot, 0);
    this.set(slot, 0, 0);
    return slot;
  }

  release(slot: number): void {
    const at = (slot & (SLAB - 1)) * this.#fields;
    this.#slabs[slot >>> SLAB_BITS]?.fill(0, at, at + this.#fields);
    this.set(slot, 0, this.#free);
    this.#free = slot;
  }

  get(slot: number, field: number): number {
    return this.#slabs[slot >>> SLAB_BITS]?.[(slot & (SLAB - 1)) * this.#fields + field] ?? 0;
  }

  /** `value` is kept as a signed number of 32 bits. */
  set(slot: number, field: number, value: number): void {
    const slab = this.#slabs[slot >>> SLAB_BITS];
    if (slab !== undefined) slab[(slot & (SLAB - 1)) * this.#fields + field] = value;
  }
}
