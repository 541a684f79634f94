import { KEY_BYTES } from '../../journal/packing.js';
import type { EntryRow } from '../../journal/packing.js';

/*
 * count u32 | for each event: seq f64, event time f64, known time f64, place of its keys u32, of its event u32 | keys and
 * event of each, one after the other
 */
const HEAD = 4;
const STRIDE = 32;

/** What a block keeps of an entry. */
export type EventRow = Pick<EntryRow, 'seq' | 'at' | 'knownAt' | 'keys' | 'event'>;

/** Packs the events of entries, in ascending sequence. */
export function packBlock(rows: readonly EventRow[]): Uint8Array {
  const size = rows.reduce((sum, { keys, event }) => sum + keys.length + event.length, HEAD);
  const bytes = Buffer.allocUnsafe(size + rows.length * STRIDE);
  bytes.writeUInt32LE(rows.length, 0);
  let place = HEAD + rows.length * STRIDE;
  for (const [index, { seq, at, knownAt, keys, event }] of rows.entries()) {
    const start = HEAD + index * STRIDE;
    bytes.writeDoubleLE(seq, start);
    bytes.writeDoubleLE(at, start + 8);
    bytes.writeDoubleLE(knownAt, start + 16);
    bytes.writeUInt32LE(place, start + 24);
    bytes.set(keys, place);
    place += keys.length;
    bytes.writeUInt32LE(place, start + 28);
    bytes.set(event, place);
    place += event.length;
  }
  return bytes;
}

/** A block as it was read: its events by their place in it. */
export class EventBlock {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.length = this.#view.getUint32(0, true);
  }

  /** The place of a sequence; -1 when it is not here. */
  find(seq: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.seq(middle) < seq) low = middle + 1;
      else high = middle;
    }
    return low < this.length && this.seq(low) === seq ? low : -1;
  }

  seq(index: number): number {
    return this.#view.getFloat64(HEAD + index * STRIDE, true);
  }

  /** Whether its sequences go as far as this one. */
  covers(seq: number): boolean {
    return this.length > 0 && this.seq(0) <= seq && seq <= this.seq(this.length - 1);
  }

  at(index: number): number {
    return this.#view.getFloat64(HEAD + index * STRIDE + 8, true);
  }

  knownAt(index: number): number {
    return this.#view.getFloat64(HEAD + index * STRIDE + 16, true);
  }

  /** The later of event time and known time. */
  latest(index: number): number {
    return Math.max(this.at(index), this.knownAt(index));
  }

  /** A view. */
  keys(index: number): Uint8Array {
    return this.#bytes.subarray(this.#keysAt(index), this.#eventAt(index));
  }

  /** A view. */
  event(index: number): Uint8Array {
    return this.#bytes.subarray(this.#eventAt(index), this.#endOf(index));
  }

  hasKey(index: number, key: number): boolean {
    const low = key >>> 0;
    const high = Math.floor(key / 2 ** 32);
    const end = this.#eventAt(index);
    for (let at = this.#keysAt(index); at < end; at += KEY_BYTES) {
      if (this.#view.getUint32(at, true) !== low) continue;
      if ((this.#view.getUint16(at + 4, true) | (this.#view.getUint8(at + 6) << 16)) === high) return true;
    }
    return false;
  }

  row(index: number): EventRow {
    return {
      seq: this.seq(index),
      at: this.at(index),
      knownAt: this.knownAt(index),
      keys: this.keys(index),
      event: this.event(index),
    };
  }

  #keysAt(index: number): number {
    return this.#view.getUint32(HEAD + index * STRIDE + 24, true);
  }

  #eventAt(index: number): number {
    return this.#view.getUint32(HEAD + index * STRIDE + 28, true);
  }

  #endOf(index: number): number {
    return index + 1 < this.length ? this.#keysAt(index + 1) : this.#bytes.length;
  }
}
