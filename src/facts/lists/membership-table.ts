/**
 * Memberships by a numeric key: an open-addressed table of Uint32 slots over dense columns. A million entries take some
 * 20 MB when they share validity intervals, as those of an import do, and 40 MB when every one has its own. Keys are
 * positive safe integers. Several memberships of one key form a chain.
 */
export class MembershipTable {
  /** Open addressing: index + 1 of the newest membership of a key, 0 when free. A power of two long. */
  #slots: Uint32Array;
  #keys: Float64Array;
  /** Index + 1 of a membership -> the same of its key's next older one. Few values have more than one. */
  #older = new Map<number, number>();
  /** Which validity interval each membership has. */
  #interval: Uint32Array;
  /** Intervals, from and until in turns. Imports give thousands of entries the same one. */
  #intervals: Float64Array;
  #size = 0;
  #distinct = 0;
  #intervalCount = 0;

  constructor(expected = 0) {
    const capacity = Math.max(16, expected);
    this.#slots = new Uint32Array(slotsFor(capacity));
    this.#keys = new Float64Array(capacity);
    this.#interval = new Uint32Array(capacity);
    this.#intervals = new Float64Array(32);
  }

  /** Number of memberships, past ones included. */
  get size(): number {
    return this.#size;
  }

  /** Bytes held. */
  get bytes(): number {
    return (
      this.#slots.byteLength +
      this.#keys.byteLength +
      this.#older.size * 40 +
      this.#interval.byteLength +
      this.#intervals.byteLength
    );
  }

  /** Whether a membership of the key holds at `at`: from <= at < until. */
  has(key: number, at: number): boolean {
    let next = this.#slots[this.#find(key)] ?? 0;
    while (next !== 0) {
      const interval = (this.#interval[next - 1] ?? 0) * 2;
      if ((this.#intervals[interval] ?? 0) <= at && at < (this.#intervals[interval + 1] ?? 0)) return true;
      next = this.#older.get(next) ?? 0;
    }
    return false;
  }

  /** Sets the membership of `key` that begins at `from`: it ends at `until`, whatever was known before. */
  set(key: number, from: number, until: number): void {
    const slot = this.#find(key);
    const newest = this.#slots[slot] ?? 0;
    for (let next = newest; next !== 0; next = this.#older.get(next) ?? 0) {
      const interval = (this.#interval[next - 1] ?? 0) * 2;
      if (this.#intervals[interval] !== from) continue;
      if (this.#intervals[interval + 1] !== until) this.#interval[next - 1] = this.#intervalOf(from, until);
      return;
    }
    if (this.#size === this.#keys.length) this.#grow();
    const index = this.#size++;
    this.#keys[index] = key;
    if (newest !== 0) this.#older.set(index + 1, newest);
    this.#interval[index] = this.#intervalOf(from, until);
    this.#slots[slot] = index + 1;
    if (newest === 0 && ++this.#distinct * 2 > this.#slots.length) this.#rehash();
  }

  /** A copy that shares nothing with this one. */
  clone(): MembershipTable {
    const copy = new MembershipTable();
    copy.#slots = this.#slots.slice();
    copy.#keys = this.#keys.slice();
    copy.#older = new Map(this.#older);
    copy.#interval = this.#interval.slice();
    copy.#intervals = this.#intervals.slice();
    copy.#size = this.#size;
    copy.#distinct = this.#distinct;
    copy.#intervalCount = this.#intervalCount;
    return copy;
  }

  /** The slot of the key, or the free slot where it belongs. */
  #find(key: number): number {
    const mask = this.#slots.length - 1;
    let slot = mix(key) & mask;
    for (;;) {
      const index = this.#slots[slot] ?? 0;
      if (index === 0 || this.#keys[index - 1] === key) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** The interval's place; only the last one is compared, since equal ones come in a row. */
  #intervalOf(from: number, until: number): number {
    const last = this.#intervalCount - 1;
    if (last >= 0 && this.#intervals[last * 2] === from && this.#intervals[last * 2 + 1] === until)
      return last;
    if (this.#intervalCount * 2 === this.#intervals.length)
      this.#intervals = grown(this.#intervals, Float64Array);
    this.#intervals[this.#intervalCount * 2] = from;
    this.#intervals[this.#intervalCount * 2 + 1] = until;
    return this.#intervalCount++;
  }

  #grow(): void {
    this.#keys = grown(this.#keys, Float64Array);
    this.#interval = grown(this.#interval, Uint32Array);
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (const index of old) if (index !== 0) this.#slots[this.#find(this.#keys[index - 1] ?? 0)] = index;
  }
}

/** At most half of the slots are taken. */
function slotsFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(entries * 2));
}

/** A quarter longer: at a million entries doubling would waste megabytes. */
function grown<T extends Float64Array | Uint32Array>(old: T, Column: new (length: number) => T): T {
  // An even length, since intervals stand in pairs.
  const column = new Column(Math.ceil((old.length * 5) / 8) * 2);
  column.set(old);
  return column;
}

function mix(key: number): number {
  const low = key | 0;
  const high = (key / 0x1_0000_0000) | 0;
  let mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
