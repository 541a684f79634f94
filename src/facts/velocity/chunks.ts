import { CLOCK, POSITION } from './layout.js';
import type { Measure } from './layout.js';
import { insertAt, isAfter, isRow, placeOf } from './rows.js';
import type { Rows } from './rows.js';
import { Summary } from './summary.js';

/** Rows per chunk at most. */
const CHUNK = 256;

/** The many rows of a key, sorted, in chunks, with totals of each chunk for the measures that were asked about. */
export class Chunks {
  readonly stride: number;
  /** None of them is empty. */
  list: Rows[];
  rows: number;
  readonly #summaries: (Summary | undefined)[] = [];

  /** Takes over rows, at most a chunk of them. */
  constructor(rows: Rows, stride: number) {
    this.stride = stride;
    this.list = [rows];
    this.rows = rows.length / stride;
  }

  /** Memory, roughly: the last chunk has room to grow, others where rows came late. */
  get bytes(): number {
    let bytes = 400 + this.list.length * 64 + (this.rows + CHUNK / 4) * this.stride * 8;
    for (const summary of this.#summaries) bytes += summary?.bytes ?? 0;
    return bytes;
  }

  /** Takes a copy of a row; false when it is there already. */
  insert(row: Readonly<Rows>): boolean {
    const clock = row[CLOCK] ?? 0;
    const position = row[POSITION] ?? 0;
    const place = this.#insertLast(row, clock, position) ?? this.#insertWithin(row, clock, position);
    if (place < 0) return false;
    this.rows++;
    for (const summary of this.#summaries) summary?.added(place, row);
    return true;
  }

  /** Takes a row out again and gives it back; undefined when it is not there. */
  remove(clock: number, position: number): Rows | undefined {
    const place = this.#chunkOf(clock, position);
    const chunk = this.list[place];
    if (chunk === undefined) return undefined;
    const at = placeOf(chunk, this.stride, clock, position);
    if (!isRow(chunk, at, clock, position)) return undefined;
    const row = chunk.splice(at, this.stride);
    this.rows--;
    for (const summary of this.#summaries) summary?.changed(place);
    if (chunk.length === 0) {
      this.list.splice(place, 1);
      for (const summary of this.#summaries) summary?.removed(place);
    }
    return row;
  }

  /** Lets go of whole chunks with a clock up to `cutoff`. */
  prune(cutoff: number): void {
    let gone = 0;
    for (const chunk of this.list) {
      if (lastClock(chunk, this.stride) > cutoff) break;
      this.rows -= chunk.length / this.stride;
      gone++;
    }
    if (gone === 0) return;
    this.list.splice(0, gone);
    for (const summary of this.#summaries) summary?.dropped(gone);
  }

  /** The totals of a measure; undefined while the chunks are so few that looking at every row is as cheap. */
  summary(index: number, measure: Measure): Summary | undefined {
    if (this.list.length < 3) return undefined;
    while (this.#summaries.length <= index) this.#summaries.push(undefined);
    return (this.#summaries[index] ??= new Summary(measure, this.stride));
  }

  /** Whether all rows of a chunk have a clock in (from, t]. */
  isWithin(chunk: Readonly<Rows>, from: number, t: number): boolean {
    return (chunk[CLOCK] ?? 0) > from && lastClock(chunk, this.stride) <= t;
  }

  /** The first chunk that can have rows after `from`. */
  first(from: number): number {
    return Math.max(this.end(from) - 1, 0);
  }

  /** The first chunk that begins after `t`. */
  end(t: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle]?.[CLOCK] ?? 0) <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The chunk it went to; undefined when it does not come last. */
  #insertLast(row: Readonly<Rows>, clock: number, position: number): number | undefined {
    const place = this.list.length - 1;
    const last = this.list[place];
    if (last !== undefined && !isAfter(last, last.length - this.stride, clock, position)) return undefined;
    if (last === undefined || last.length >= CHUNK * this.stride) {
      // What grew has room to spare, which it does not need any more.
      if (last !== undefined) this.list[place] = last.slice();
      this.list.push(row.slice());
      return place + 1;
    }
    insertAt(last, last.length, row);
    return place;
  }

  /** The chunk it went to; -1 when it is there already. */
  #insertWithin(row: Readonly<Rows>, clock: number, position: number): number {
    let place = this.#chunkOf(clock, position);
    let chunk = this.list[place] ?? [];
    let at = placeOf(chunk, this.stride, clock, position);
    if (isRow(chunk, at, clock, position)) return -1;
    if (chunk.length >= CHUNK * this.stride) {
      const middle = (CHUNK >> 1) * this.stride;
      const second = chunk.splice(middle);
      this.list.splice(place + 1, 0, second);
      for (const summary of this.#summaries) summary?.split(place);
      if (at > middle) {
        place++;
        chunk = second;
        at -= middle;
      }
    }
    insertAt(chunk, at, row);
    return place;
  }

  /** The chunk that a row belongs in: the last that does not begin after it. */
  #chunkOf(clock: number, position: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = this.list[middle] ?? [];
      if (isRow(chunk, 0, clock, position) || isAfter(chunk, 0, clock, position)) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }
}

function lastClock(chunk: Readonly<Rows>, stride: number): number {
  return chunk[chunk.length - stride + CLOCK] ?? Infinity;
}
