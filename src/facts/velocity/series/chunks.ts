import { CLOCK, POSITION } from '../layout.js';
import type { Measure } from '../layout.js';
import { insertAt, isAfter, isRow, placeOf, writeAt } from './rows.js';
import type { Row, Run } from './rows.js';
import { Summary } from './summary.js';

/** Rows per chunk at most. */
const CHUNK = 256;

/** The many rows of a key, sorted, in chunks, with totals of each chunk for the measures that were asked about. */
export class Chunks {
  readonly stride: number;
  /** None of them is empty; each has an array of its own. */
  list: Run[];
  rows: number;
  /** Doubles that the chunks have room for. */
  #room: number;
  readonly #summaries: (Summary | undefined)[] = [];

  /** Takes copies of rows, at most a chunk of them and at least one. */
  constructor({ rows, start, end }: Run, stride: number) {
    this.stride = stride;
    this.list = [{ rows: rows.slice(start, end), start: 0, end: end - start }];
    this.rows = (end - start) / stride;
    this.#room = end - start;
  }

  /** Memory, roughly. */
  get bytes(): number {
    let bytes = 400 + this.list.length * 240 + this.#room * 8;
    for (const summary of this.#summaries) bytes += summary?.bytes ?? 0;
    return bytes;
  }

  /** Takes a copy of a row; false when it is there already. */
  insert(row: Row): boolean {
    const clock = row[CLOCK] ?? 0;
    const position = row[POSITION] ?? 0;
    const place = this.#insertLast(row, clock, position) ?? this.#insertWithin(row, clock, position);
    if (place < 0) return false;
    this.rows++;
    for (const summary of this.#summaries) summary?.added(place, row);
    return true;
  }

  /** Takes a row out again and gives it back; undefined when it is not there. */
  remove(clock: number, position: number): Row | undefined {
    const place = this.#chunkOf(clock, position);
    const chunk = this.list[place];
    if (chunk === undefined) return undefined;
    const at = placeOf(chunk, this.stride, clock, position);
    if (at >= chunk.end || !isRow(chunk.rows, at, clock, position)) return undefined;
    const row = chunk.rows.slice(at, at + this.stride);
    chunk.rows.copyWithin(at, at + this.stride, chunk.end);
    chunk.end -= this.stride;
    this.rows--;
    for (const summary of this.#summaries) summary?.changed(place);
    if (chunk.end === 0) {
      this.list.splice(place, 1);
      this.#room -= chunk.rows.length;
      for (const summary of this.#summaries) summary?.removed(place);
    }
    return row;
  }

  /** Lets go of whole chunks with a clock up to `cutoff`: the clock up to which all rows are gone; undefined: none is. */
  prune(cutoff: number): number | undefined {
    let gone = 0;
    let left: number | undefined;
    for (const [place, chunk] of this.list.entries()) {
      const last = lastClock(chunk, this.stride);
      if (last > cutoff) break;
      // Rows of one clock leave together.
      if (this.list[place + 1]?.rows[CLOCK] === last) continue;
      gone = place + 1;
      left = last;
    }
    for (const chunk of this.list.splice(0, gone)) {
      this.rows -= chunk.end / this.stride;
      this.#room -= chunk.rows.length;
    }
    if (gone > 0) for (const summary of this.#summaries) summary?.dropped(gone);
    return left;
  }

  /** The totals of a measure; undefined while the chunks are so few that looking at every row is as cheap. */
  summary(index: number, measure: Measure): Summary | undefined {
    if (this.list.length < 3) return undefined;
    while (this.#summaries.length <= index) this.#summaries.push(undefined);
    return (this.#summaries[index] ??= new Summary(measure, this.stride));
  }

  /** Whether all rows of a chunk have a clock in (from, t]. */
  isWithin(chunk: Run, from: number, t: number): boolean {
    return (chunk.rows[CLOCK] ?? 0) > from && lastClock(chunk, this.stride) <= t;
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
      if ((this.list[middle]?.rows[CLOCK] ?? 0) <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The chunk it went to; undefined when it does not come last. */
  #insertLast(row: Row, clock: number, position: number): number | undefined {
    const place = this.list.length - 1;
    const last = this.list[place];
    if (last !== undefined && !isAfter(last.rows, last.end - this.stride, clock, position)) return undefined;
    if (last === undefined || last.end >= CHUNK * this.stride) {
      const rows = new Float64Array(8 * this.stride);
      writeAt(rows, 0, row);
      this.list.push({ rows, start: 0, end: this.stride });
      this.#room += rows.length;
      return place + 1;
    }
    this.#insert(last, last.end, row);
    return place;
  }

  /** The chunk it went to; -1 when it is there already. */
  #insertWithin(row: Row, clock: number, position: number): number {
    let place = this.#chunkOf(clock, position);
    let chunk = this.list[place];
    if (chunk === undefined) throw new Error('a series has a chunk');
    let at = placeOf(chunk, this.stride, clock, position);
    if (at < chunk.end && isRow(chunk.rows, at, clock, position)) return -1;
    if (chunk.end >= CHUNK * this.stride) {
      const second = this.#split(place, chunk);
      if (at > chunk.end) {
        place++;
        at -= chunk.end;
        chunk = second;
      }
    }
    this.#insert(chunk, at, row);
    return place;
  }

  /** Moves the later half of a chunk into one of its own. */
  #split(place: number, chunk: Run): Run {
    const middle = (CHUNK >> 1) * this.stride;
    const second: Run = { rows: chunk.rows.slice(middle, chunk.end), start: 0, end: chunk.end - middle };
    chunk.end = middle;
    this.#room += second.rows.length;
    this.list.splice(place + 1, 0, second);
    for (const summary of this.#summaries) summary?.split(place);
    return second;
  }

  #insert(chunk: Run, at: number, row: Row): void {
    const { length } = chunk.rows;
    if (chunk.end + this.stride > length) {
      const larger = new Float64Array(Math.min(Math.max(length * 2, 8 * this.stride), CHUNK * this.stride));
      larger.set(chunk.rows);
      chunk.rows = larger;
      this.#room += larger.length - length;
    }
    insertAt(chunk.rows, at, chunk.end, row);
    chunk.end += this.stride;
  }

  /** The chunk that a row belongs in: the last that does not begin after it. */
  #chunkOf(clock: number, position: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const rows = this.list[middle]?.rows;
      if (rows !== undefined && (isRow(rows, 0, clock, position) || isAfter(rows, 0, clock, position)))
        low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }
}

function lastClock({ rows, end }: Run, stride: number): number {
  return rows[end - stride + CLOCK] ?? Infinity;
}
