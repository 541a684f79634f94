import type { Measure } from '../layout.js';
import { KNOWN } from '../layout.js';
import { highOfSquare, lowOfSquare } from './moments.js';
import type { Totals } from './moments.js';
import type { Row, Run } from './rows.js';

/** Numbers per chunk: count, sum, high and low of squares, max, min, latest known time. */
const WIDTH = 7;
/** Chunks per group. */
const GROUP = 32;
/** Stands for the count where totals have to be made again. */
const STALE = -1;

/**
 * Totals of one measure for each chunk of a series, and for each group of chunks: made when first asked for, kept as
 * rows come. A total is only used whole and only when all its rows were known at the time asked about.
 */
export class Summary {
  readonly #measure: Measure;
  readonly #stride: number;
  #chunks: number[] = [];
  #groups: number[] = [];

  constructor(measure: Measure, stride: number) {
    this.#measure = measure;
    this.#stride = stride;
  }

  get bytes(): number {
    return (this.#chunks.length + this.#groups.length) * 8;
  }

  /** A row was added to a chunk. */
  added(chunk: number, row: Row): void {
    if (((row[this.#measure.word] ?? 0) & this.#measure.bit) === 0) return;
    const value = this.#measure.column < 0 ? 0 : (row[this.#measure.column] ?? 0);
    const known = row[KNOWN] ?? 0;
    const at = chunk * WIDTH;
    if (at < this.#chunks.length && this.#chunks[at] !== STALE) include(this.#chunks, at, value, known);
    const group = Math.floor(chunk / GROUP) * WIDTH;
    if (group < this.#groups.length && this.#groups[group] !== STALE)
      include(this.#groups, group, value, known);
  }

  /** A row was taken from a chunk. */
  changed(chunk: number): void {
    const at = chunk * WIDTH;
    if (at < this.#chunks.length) this.#chunks[at] = STALE;
    const group = Math.floor(chunk / GROUP) * WIDTH;
    if (group < this.#groups.length) this.#groups[group] = STALE;
  }

  /** A chunk was split in two. */
  split(chunk: number): void {
    if (chunk * WIDTH < this.#chunks.length) {
      const stale = Array.from({ length: WIDTH }, () => STALE);
      this.#chunks.splice(chunk * WIDTH, WIDTH, ...stale, ...stale);
    }
    this.#groups.length = Math.min(this.#groups.length, Math.floor(chunk / GROUP) * WIDTH);
  }

  /** The first chunks left. */
  dropped(chunks: number): void {
    this.#chunks.splice(0, chunks * WIDTH);
    this.#groups.length = 0;
  }

  /** A chunk left. */
  removed(chunk: number): void {
    this.#chunks.splice(chunk * WIDTH, WIDTH);
    this.#groups.length = Math.min(this.#groups.length, Math.floor(chunk / GROUP) * WIDTH);
  }

  /** How many rows a chunk counts; undefined when some were not known at `t`. */
  count(chunks: readonly Run[], chunk: number, t: number): number | undefined {
    const at = this.#fresh(chunks, chunk);
    return (this.#chunks[at + 6] ?? 0) <= t ? (this.#chunks[at] ?? 0) : undefined;
  }

  /**
   * Adds what whole totals can tell about the chunks from `first` to before `end`: how many chunks were taken, at
   * least one group or chunk; 0 when the first has rows that were not known at `t`.
   */
  take(chunks: readonly Run[], first: number, end: number, t: number, totals: Totals): number {
    if (first % GROUP === 0 && first + GROUP <= end) {
      const group = this.#freshGroup(chunks, first / GROUP);
      if ((this.#groups[group + 6] ?? 0) <= t) {
        combine(this.#groups, group, totals);
        return GROUP;
      }
    }
    const at = this.#fresh(chunks, first);
    if ((this.#chunks[at + 6] ?? 0) > t) return 0;
    combine(this.#chunks, at, totals);
    return 1;
  }

  #fresh(chunks: readonly Run[], chunk: number): number {
    const at = chunk * WIDTH;
    const data = this.#chunks;
    while (data.length <= at) data.push(STALE, 0, 0, 0, -Infinity, Infinity, -Infinity);
    if (data[at] !== STALE) return at;
    clear(data, at);
    const run = chunks[chunk];
    if (run === undefined) return at;
    const { rows, end } = run;
    const { word, bit, column } = this.#measure;
    for (let row = run.start; row < end; row += this.#stride) {
      if (((rows[row + word] ?? 0) & bit) === 0) continue;
      include(data, at, column < 0 ? 0 : (rows[row + column] ?? 0), rows[row + KNOWN] ?? 0);
    }
    return at;
  }

  #freshGroup(chunks: readonly Run[], group: number): number {
    const at = group * WIDTH;
    const data = this.#groups;
    while (data.length <= at) data.push(STALE, 0, 0, 0, -Infinity, Infinity, -Infinity);
    if (data[at] !== STALE) return at;
    clear(data, at);
    for (let chunk = group * GROUP; chunk < (group + 1) * GROUP; chunk++)
      merge(data, at, this.#chunks, this.#fresh(chunks, chunk));
    return at;
  }
}

function clear(data: number[], at: number): void {
  data[at] = 0;
  data[at + 1] = 0;
  data[at + 2] = 0;
  data[at + 3] = 0;
  data[at + 4] = -Infinity;
  data[at + 5] = Infinity;
  data[at + 6] = -Infinity;
}

function include(data: number[], at: number, value: number, known: number): void {
  const high = highOfSquare(value);
  data[at] = (data[at] ?? 0) + 1;
  data[at + 1] = (data[at + 1] ?? 0) + value;
  data[at + 2] = (data[at + 2] ?? 0) + high;
  data[at + 3] = (data[at + 3] ?? 0) + lowOfSquare(value, high);
  data[at + 4] = Math.max(data[at + 4] ?? 0, value);
  data[at + 5] = Math.min(data[at + 5] ?? 0, value);
  data[at + 6] = Math.max(data[at + 6] ?? 0, known);
}

function merge(data: number[], at: number, from: readonly number[], place: number): void {
  data[at] = (data[at] ?? 0) + (from[place] ?? 0);
  data[at + 1] = (data[at + 1] ?? 0) + (from[place + 1] ?? 0);
  data[at + 2] = (data[at + 2] ?? 0) + (from[place + 2] ?? 0);
  data[at + 3] = (data[at + 3] ?? 0) + (from[place + 3] ?? 0);
  data[at + 4] = Math.max(data[at + 4] ?? 0, from[place + 4] ?? 0);
  data[at + 5] = Math.min(data[at + 5] ?? 0, from[place + 5] ?? 0);
  data[at + 6] = Math.max(data[at + 6] ?? 0, from[place + 6] ?? 0);
}

function combine(from: readonly number[], place: number, totals: Totals): void {
  totals.count += from[place] ?? 0;
  totals.sum += from[place + 1] ?? 0;
  totals.high += from[place + 2] ?? 0;
  totals.low += from[place + 3] ?? 0;
  totals.max = Math.max(totals.max, from[place + 4] ?? 0);
  totals.min = Math.min(totals.min, from[place + 5] ?? 0);
}
