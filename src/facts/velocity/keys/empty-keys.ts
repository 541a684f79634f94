import { KeyTable } from '../tables/key-table.js';

const MINUTE = 60_000;
/** Memory of one, roughly. */
export const EMPTY_KEY_BYTES = 32;

/**
 * Keys that were read and have nothing in the store: only since when that is so. Bounded in number: when half of them
 * came since the last time, those of the time before are forgotten.
 */
export class EmptyKeys {
  readonly #half: number;
  /** Minutes. */
  #newer = new KeyTable();
  #older = new KeyTable();

  /** Keeps at most `most` keys. */
  constructor(most: number) {
    this.#half = Math.floor(most / 2);
  }

  get size(): number {
    return this.#newer.size + this.#older.size;
  }

  /** Epoch ms after which nothing is in the store; undefined for a key that is not known to be empty. */
  get(key: number): number | undefined {
    const from = this.#newer.get(key) ?? this.#older.get(key);
    return from === undefined ? undefined : from * MINUTE;
  }

  /** Takes in a key that is not there; `from` in whole minutes, epoch ms. */
  add(key: number, from: number): void {
    if (this.#half === 0) return;
    if (this.#newer.size >= this.#half) {
      this.#older = this.#newer;
      this.#newer = new KeyTable();
    }
    this.#newer.add(key, from / MINUTE);
  }

  delete(key: number): void {
    this.#newer.delete(key);
    this.#older.delete(key);
  }
}
