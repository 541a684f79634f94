import { CLOCK, KNOWN, POSITION } from './layout.js';
import type { Layout, Measure } from './layout.js';
import type { Totals } from './moments.js';
import { MovingWindow } from './moving-window.js';
import { Summary } from './summary.js';
import type { ValueCounts } from './value-counts.js';

/** Rows per chunk at most. */
const CHUNK = 256;
/** Rows from which a chunk may have spare room. */
const FULL_GROWTH = 8;
/** Windows that move over one series at most: calendar windows have one per time zone. */
const MOST_MOVING = 16;
/** Rows up to which distinct values are counted afresh each time. */
const FEW = 128;

/** Takes one row: its clock, known time, the measure's column (0 without), and position. */
export type RowVisitor = (clock: number, known: number, value: number, position: number) => void;

/**
 * The events of one key as rows of numbers, sorted by clock and position, in chunks. A key with few events is one
 * short array; one with a million answers from totals of its chunks, exact at both edges.
 */
export class Series {
  readonly layout: Layout;
  #chunks: number[][] = [];
  #summaries: (Summary | undefined)[] | undefined;
  #moving: Map<string, MovingWindow> | undefined;
  #rows = 0;

  constructor(layout: Layout) {
    this.layout = layout;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Memory, roughly. */
  get bytes(): number {
    let bytes =
      140 + this.#chunks.length * 56 + this.#rows * this.layout.stride * (this.#rows > FULL_GROWTH ? 10 : 8);
    for (const summary of this.#summaries ?? []) bytes += summary?.bytes ?? 0;
    for (const moving of this.#moving?.values() ?? []) bytes += moving.bytes;
    return bytes;
  }

  /** Takes a copy of a row; false when it is there already. */
  insert(row: readonly number[]): boolean {
    const clock = row[CLOCK] ?? 0;
    const position = row[POSITION] ?? 0;
    const chunks = this.#chunks;
    let place = chunks.length - 1;
    const last = chunks[place];
    if (last === undefined) {
      this.#chunks = [row.slice()];
      this.#inserted(0, row);
      return true;
    }
    const stride = this.layout.stride;
    if (isAfter(last, last.length - stride, clock, position)) {
      if (last.length < FULL_GROWTH * stride) {
        // Grown by exactly one row: most keys have few events, and spare room would be most of their memory.
        chunks[place] = last.concat(row);
      } else if (last.length < CHUNK * stride) {
        for (let index = 0; index < stride; index++) last.push(row[index] ?? 0);
      } else {
        chunks.push(row.slice());
        place++;
      }
      this.#inserted(place, row);
      return true;
    }
    place = this.#chunkOf(clock, position);
    let chunk = chunks[place] ?? last;
    let at = this.#placeIn(chunk, clock, position);
    if (chunk[at + CLOCK] === clock && chunk[at + POSITION] === position) return false;
    if (chunk.length >= CHUNK * stride) {
      const middle = (CHUNK >> 1) * stride;
      const second = chunk.splice(middle);
      chunks.splice(place + 1, 0, second);
      for (const summary of this.#summaries ?? []) summary?.split(place);
      if (at > middle) {
        place++;
        chunk = second;
        at -= middle;
      }
    }
    insertAt(chunk, at, row, stride);
    this.#inserted(place, row);
    return true;
  }

  /** Takes a row out again; false when it is not there. */
  remove(clock: number, position: number): boolean {
    const place = this.#chunkOf(clock, position);
    const chunk = this.#chunks[place];
    if (chunk === undefined) return false;
    const at = this.#placeIn(chunk, clock, position);
    if (chunk[at + CLOCK] !== clock || chunk[at + POSITION] !== position) return false;
    const row = chunk.splice(at, this.layout.stride);
    this.#rows--;
    for (const summary of this.#summaries ?? []) summary?.changed(place);
    if (chunk.length === 0) {
      this.#chunks.splice(place, 1);
      for (const summary of this.#summaries ?? []) summary?.removed(place);
    }
    for (const [id, moving] of this.#moving ?? []) {
      const measure = this.#measure(measureOf(id));
      if (isSelected(row, 0, measure)) moving.removed(clock, row[KNOWN] ?? 0, columnAt(row, 0, measure));
    }
    return true;
  }

  /** Lets go of whole chunks with a clock up to `cutoff`, of a short series of all such rows; how many rows left. */
  prune(cutoff: number): number {
    const chunks = this.#chunks;
    const stride = this.layout.stride;
    const before = this.#rows;
    let gone = 0;
    while (gone < chunks.length && lastClock(chunks[gone], stride) <= cutoff) {
      this.#rows -= (chunks[gone]?.length ?? 0) / stride;
      gone++;
    }
    if (gone > 0) {
      chunks.splice(0, gone);
      for (const summary of this.#summaries ?? []) summary?.dropped(gone);
    }
    const first = chunks[0];
    if (chunks.length === 1 && first !== undefined) {
      let rows = 0;
      while ((first[rows * stride + CLOCK] ?? Infinity) <= cutoff) rows++;
      if (rows > 0) {
        chunks[0] = first.slice(rows * stride);
        this.#rows -= rows;
        for (const summary of this.#summaries ?? []) summary?.changed(0);
      }
    }
    if (this.#rows === before) return 0;
    for (const [id, moving] of this.#moving ?? []) {
      if (moving.from < cutoff) this.#moving?.delete(id);
      else moving.forget(cutoff);
    }
    return before - this.#rows;
  }

  /** Adds the totals over rows with clock in (from, t] that were known at t. */
  total(index: number, from: number, t: number, totals: Totals): void {
    const measure = this.#measure(index);
    const chunks = this.#chunks;
    if (chunks.length < 3) {
      for (const chunk of chunks) this.#scan(chunk, measure, from, t, totals);
      return;
    }
    const first = this.#firstChunk(from);
    const end = this.#endChunk(t);
    const summary = this.#summary(index, measure);
    let place = first;
    while (place < end) {
      const chunk = chunks[place] ?? [];
      const whole = (chunk[CLOCK] ?? 0) > from && lastClock(chunk, this.layout.stride) <= t;
      // All chunks between the first and the last are whole.
      const taken = whole ? summary.take(chunks, place, Math.max(place + 1, end - 1), t, totals) : 0;
      if (taken === 0) this.#scan(chunk, measure, from, t, totals);
      place += Math.max(taken, 1);
    }
  }

  /** Adds the values with clock in (from, to] known at `seen`. */
  collect(index: number, from: number, to: number, seen: number, values: ValueCounts): void {
    const chunk = this.#chunks[0];
    if (chunk === undefined || this.#chunks.length > 1) {
      this.each(index, from, to, (_, known, value) => {
        if (known <= seen) values.add(value);
      });
      return;
    }
    const measure = this.#measure(index);
    const stride = this.layout.stride;
    for (let at = chunk.length - stride; at >= 0; at -= stride) {
      const clock = chunk[at + CLOCK] ?? 0;
      if (clock <= from) return;
      if (clock <= to && (chunk[at + KNOWN] ?? 0) <= seen && isSelected(chunk, at, measure))
        values.add(columnAt(chunk, at, measure));
    }
  }

  /** Calls with each selected row with clock in (from, to], whenever known, in order. */
  each(index: number, from: number, to: number, visit: RowVisitor): void {
    const measure = this.#measure(index);
    const stride = this.layout.stride;
    const chunks = this.#chunks;
    for (let place = this.#firstChunk(from); place < chunks.length; place++) {
      const chunk = chunks[place] ?? [];
      if ((chunk[CLOCK] ?? 0) > to) return;
      for (let at = this.#firstAfter(chunk, from); at < chunk.length; at += stride) {
        const clock = chunk[at + CLOCK] ?? 0;
        if (clock > to) return;
        if (isSelected(chunk, at, measure))
          visit(clock, chunk[at + KNOWN] ?? 0, columnAt(chunk, at, measure), chunk[at + POSITION] ?? 0);
      }
    }
  }

  /**
   * The values of a measure with clock in (from, to] known at `seen`: a window that moves with the questions, one for
   * each `id`, or undefined while the rows are so few that counting afresh is cheaper.
   */
  moving(index: number, id: string, from: number, to: number, seen: number): MovingWindow | undefined {
    if (this.#rows <= FEW) return undefined;
    this.#moving ??= new Map();
    const name = `${index}/${id}`;
    let window = this.#moving.get(name);
    if (window === undefined) {
      const oldest = this.#moving.keys().next();
      if (this.#moving.size >= MOST_MOVING && oldest.done !== true) this.#moving.delete(oldest.value);
      window = new MovingWindow(this, index);
      this.#moving.set(name, window);
    }
    window.move(from, to, seen);
    return window;
  }

  /** Clock of the first selected row in (from, t] known at t. */
  firstClock(index: number, from: number, t: number): number | undefined {
    const measure = this.#measure(index);
    const summary = this.#chunks.length < 3 ? undefined : this.#summary(index, measure);
    for (let place = this.#firstChunk(from); place < this.#chunks.length; place++) {
      if (summary?.count(this.#chunks, place, t) === 0) continue;
      const chunk = this.#chunks[place] ?? [];
      for (let at = this.#firstAfter(chunk, from); at < chunk.length; at += this.layout.stride) {
        const clock = chunk[at + CLOCK] ?? 0;
        if (clock > t) return undefined;
        if ((chunk[at + KNOWN] ?? 0) <= t && isSelected(chunk, at, measure)) return clock;
      }
    }
    return undefined;
  }

  /** Clock of the last selected row in (from, t] known at t. */
  lastClock(index: number, from: number, t: number): number | undefined {
    const measure = this.#measure(index);
    const summary = this.#chunks.length < 3 ? undefined : this.#summary(index, measure);
    for (let place = this.#endChunk(t) - 1; place >= 0; place--) {
      if (summary?.count(this.#chunks, place, t) === 0) continue;
      const chunk = this.#chunks[place] ?? [];
      for (let at = chunk.length - this.layout.stride; at >= 0; at -= this.layout.stride) {
        const clock = chunk[at + CLOCK] ?? 0;
        if (clock <= from) return undefined;
        if (clock <= t && (chunk[at + KNOWN] ?? 0) <= t && isSelected(chunk, at, measure)) return clock;
      }
    }
    return undefined;
  }

  /** Rows of one measure in (from, t] known at t that come after the last such row of another, by clock and position. */
  countAfterLast(counted: number, ender: number, from: number, t: number): number {
    const measure = this.#measure(counted);
    const end = this.#measure(ender);
    const many = this.#chunks.length >= 3;
    const summary = many ? this.#summary(counted, measure) : undefined;
    const ends = many ? this.#summary(ender, end) : undefined;
    const stride = this.layout.stride;
    let count = 0;
    for (let place = this.#endChunk(t) - 1; place >= 0; place--) {
      const chunk = this.#chunks[place] ?? [];
      if (
        (chunk[CLOCK] ?? 0) > from &&
        lastClock(chunk, stride) <= t &&
        ends?.count(this.#chunks, place, t) === 0
      ) {
        const known = summary?.count(this.#chunks, place, t);
        if (known !== undefined) {
          count += known;
          continue;
        }
      }
      for (let at = chunk.length - stride; at >= 0; at -= stride) {
        const clock = chunk[at + CLOCK] ?? 0;
        if (clock <= from) return count;
        if (clock > t || (chunk[at + KNOWN] ?? 0) > t) continue;
        if (isSelected(chunk, at, end)) return count;
        if (isSelected(chunk, at, measure)) count++;
      }
    }
    return count;
  }

  #scan(chunk: readonly number[], measure: Measure, from: number, t: number, totals: Totals): void {
    const stride = this.layout.stride;
    const { column } = measure;
    for (let at = chunk.length - stride; at >= 0; at -= stride) {
      const clock = chunk[at + CLOCK] ?? 0;
      if (clock <= from) return;
      if (clock > t || (chunk[at + KNOWN] ?? 0) > t || !isSelected(chunk, at, measure)) continue;
      if (column < 0) totals.count++;
      else totals.add(chunk[at + column] ?? 0);
    }
  }

  #inserted(place: number, row: readonly number[]): void {
    this.#rows++;
    if (this.#summaries !== undefined) for (const summary of this.#summaries) summary?.added(place, row);
    if (this.#moving === undefined) return;
    for (const [id, moving] of this.#moving) {
      const measure = this.#measure(measureOf(id));
      if (isSelected(row, 0, measure))
        moving.inserted(row[CLOCK] ?? 0, row[KNOWN] ?? 0, columnAt(row, 0, measure));
    }
  }

  #measure(index: number): Measure {
    const measure = this.layout.measures[index];
    if (measure === undefined) throw new Error(`no measure ${index}`);
    return measure;
  }

  #summary(index: number, measure: Measure): Summary {
    this.#summaries ??= [];
    while (this.#summaries.length <= index) this.#summaries.push(undefined);
    const summary = this.#summaries[index] ?? new Summary(measure, this.layout.stride);
    this.#summaries[index] = summary;
    return summary;
  }

  /** The chunk that a row belongs in: the last that does not begin after it. */
  #chunkOf(clock: number, position: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = this.#chunks[middle] ?? [];
      const begins = chunk[CLOCK] ?? 0;
      if (begins < clock || (begins === clock && (chunk[POSITION] ?? 0) <= position)) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }

  /** Where in a chunk a row stands or would stand. */
  #placeIn(chunk: readonly number[], clock: number, position: number): number {
    const stride = this.layout.stride;
    let low = 0;
    let high = chunk.length / stride;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter(chunk, middle * stride, clock, position)) low = middle + 1;
      else high = middle;
    }
    return low * stride;
  }

  /** The first chunk that can have rows after `from`. */
  #firstChunk(from: number): number {
    return Math.max(this.#endChunk(from) - 1, 0);
  }

  /** The first chunk that begins after `t`. */
  #endChunk(t: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.[CLOCK] ?? 0) <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first row of a chunk with a clock after `from`. */
  #firstAfter(chunk: readonly number[], from: number): number {
    return this.#placeIn(chunk, from, Infinity);
  }
}

/** Whether (clock, position) comes after the row at a place. */
function isAfter(rows: readonly number[], at: number, clock: number, position: number): boolean {
  const other = rows[at + CLOCK] ?? 0;
  return other < clock || (other === clock && (rows[at + POSITION] ?? 0) < position);
}

function isSelected(rows: readonly number[], at: number, { word, bit }: Measure): boolean {
  return ((rows[at + word] ?? 0) & bit) !== 0;
}

function columnAt(rows: readonly number[], at: number, { column }: Measure): number {
  return column < 0 ? 0 : (rows[at + column] ?? 0);
}

function lastClock(chunk: readonly number[] | undefined, stride: number): number {
  return chunk?.[chunk.length - stride + CLOCK] ?? Infinity;
}

/** The number in front of a moving window's name. */
function measureOf(id: string): number {
  return Number.parseInt(id, 10);
}

function insertAt(rows: number[], at: number, row: readonly number[], stride: number): void {
  const length = rows.length;
  for (let index = 0; index < stride; index++) rows.push(0);
  for (let index = length - 1; index >= at; index--) rows[index + stride] = rows[index] ?? 0;
  for (let index = 0; index < stride; index++) rows[at + index] = row[index] ?? 0;
}
