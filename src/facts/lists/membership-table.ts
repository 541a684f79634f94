/** Memberships, or intervals, copied in one step. */
const ROWS_AT_ONCE = 131_072;
/** Slots copied in one step. */
const SLOTS_AT_ONCE = 32_768;

/**
 * Memberships by a numeric key: an open-addressed table of Uint32 slots over dense columns. A million entries take some
 * 20 MB when they share validity intervals, as those of an import do, and 40 MB when every one has its own. Keys are
 * positive safe integers. Several memberships of one key form a chain.
 */
export class MembershipTable {
  /** Open addressing: index + 1 of the newest membership of a key, 0 when free. A power of two long. */
  #slots: Uint32Array;
  #keys: Float64Array;
  /** By index of a membership, index + 1 of its key's next older one. Empty until a value has more than one. */
  #older = new Uint32Array(0);
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
      this.#older.byteLength +
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
      next = this.#older[next - 1] ?? 0;
    }
    return false;
  }

  /** Sets the membership of `key` that begins at `from`: it ends at `until`, whatever was known before. */
  set(key: number, from: number, until: number): void {
    const slot = this.#find(key);
    const newest = this.#slots[slot] ?? 0;
    for (let next = newest; next !== 0; next = this.#older[next - 1] ?? 0) {
      const interval = (this.#interval[next - 1] ?? 0) * 2;
      if (this.#intervals[interval] !== from) continue;
      if (this.#intervals[interval + 1] !== until) this.#interval[next - 1] = this.#intervalOf(from, until);
      return;
    }
    if (this.#size === this.#keys.length) this.#grow();
    const index = this.#size++;
    this.#keys[index] = key;
    if (newest !== 0) {
      if (this.#older.length === 0) this.#older = new Uint32Array(this.#keys.length);
      this.#older[index] = newest;
    }
    this.#interval[index] = this.#intervalOf(from, until);
    this.#slots[slot] = index + 1;
    if (newest === 0 && ++this.#distinct * 2 > this.#slots.length) this.#rehash();
  }

  /** Whether so many memberships more could make the slots move: in a long table nobody should wait for that. */
  tight(more: number): boolean {
    return (this.#distinct + more) * 2 > this.#slots.length;
  }

  /**
   * A copy that shares nothing with this one, with room for so many memberships more. A long one is made step by step, each
   * a few milliseconds; this one must not change meanwhile.
   */
  *copying(more: number): Generator<void, MembershipTable> {
    const copy = new MembershipTable(this.#size + more);
    copy.#intervals = new Float64Array(this.#intervals.length);
    copy.#older = new Uint32Array(this.#older.length > 0 ? copy.#keys.length : 0);
    for (let from = 0; from < this.#size; from += ROWS_AT_ONCE) {
      const to = Math.min(from + ROWS_AT_ONCE, this.#size);
      copy.#keys.set(this.#keys.subarray(from, to), from);
      copy.#interval.set(this.#interval.subarray(from, to), from);
      if (this.#older.length > 0) copy.#older.set(this.#older.subarray(from, to), from);
      yield;
    }
    for (let from = 0; from < this.#intervalCount * 2; from += ROWS_AT_ONCE) {
      copy.#intervals.set(this.#intervals.subarray(from, from + ROWS_AT_ONCE), from);
      yield;
    }
    copy.#size = this.#size;
    copy.#distinct = this.#distinct;
    copy.#intervalCount = this.#intervalCount;
    for (let from = 0; from < this.#slots.length; from += SLOTS_AT_ONCE) {
      yield;
      copy.#take(this.#slots.subarray(from, from + SLOTS_AT_ONCE));
    }
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
    if (this.#older.length > 0) this.#older = grown(this.#older, Uint32Array);
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#take(old);
  }

  /** Puts the memberships of other slots into these. */
  #take(slots: Uint32Array): void {
    for (const index of slots) if (index !== 0) this.#slots[this.#find(this.#keys[index - 1] ?? 0)] = index;
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
