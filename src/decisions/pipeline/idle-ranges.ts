import type { KeyRange } from '../../facts/stream.js';

/** Ranges that wait at most: what is not read now is asked for again by the next payment that lacks it. */
const ROOM = 64;

/**
 * Long ranges that only shadows lack. Nobody waits for them: they are read one after the other, beside everything else.
 */
export class IdleRanges {
  readonly #read: (range: KeyRange) => Promise<void>;
  /** Being read, or waiting for that, in their order. */
  readonly #byKey = new Map<number, KeyRange>();
  #reading = false;

  /** `read` reads a range into memory. */
  constructor(read: (range: KeyRange) => Promise<void>) {
    this.#read = read;
  }

  /** Whether a range of this key is being read, or will be. */
  has(key: number): boolean {
    return this.#byKey.has(key);
  }

  /** Sees to it that a range is read, if there is room. */
  begin(range: KeyRange): void {
    if (this.#byKey.size >= ROOM || this.#byKey.has(range.key)) return;
    this.#byKey.set(range.key, range);
    if (!this.#reading) void this.#turn();
  }

  async #turn(): Promise<void> {
    this.#reading = true;
    for (const [key, range] of this.#byKey) {
      // What cannot be read stays cold.
      await this.#read(range).catch(() => undefined);
      this.#byKey.delete(key);
    }
    this.#reading = false;
  }
}
