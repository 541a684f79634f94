import { CLOCK, measureAt, POSITION } from '../layout.js';
import type { Layout } from '../layout.js';
import { LongSeries } from './long-series.js';
import type { Work } from './long-series.js';
import type { Totals } from './moments.js';
import type { OrderTally } from './order-tally.js';
import { tallyOrders } from './order-window.js';
import type { OrdersPlan } from './order-plan.js';
import { LARGEST_BLOCK, RowBlocks } from '../tables/row-blocks.js';
import {
  collectIn,
  copy,
  countBehind,
  firstAfter,
  firstIn,
  insertAt,
  isAfter,
  isRow,
  lastIn,
  placeOf,
  totalIn,
  writeAt,
} from './rows.js';
import type { Row, Run } from './rows.js';
import type { ValueCounts } from '../tables/value-counts.js';

/**
 * The events of one key by one clock, known to a SeriesStore by this whole number; 0 while there are none. The layout is
 * that of the key's definition, always the same for a series.
 */
export type Series = number;

/** The series without events. */
export const NO_SERIES: Series = 0;

/** Rows of a short series at most. */
const FEW = 128;
/** A block begins with how many doubles of it are rows. */
const HEADER = 1;

/**
 * All series. Nearly all have few events: one block of rows, looked through for every question. The others are objects
 * of their own, known by numbers below 0.
 */
export class SeriesStore {
  readonly work: Work = { rows: 0 };
  readonly #blocks = new RowBlocks();
  readonly #long: (LongSeries | undefined)[] = [];
  readonly #unused: number[] = [];
  /** The rows of the short series that is looked at. */
  readonly #run: Run = { rows: new Float64Array(0), start: 0, end: 0 };

  /** How many rows a series has. */
  rows(series: Series, { stride }: Layout): number {
    if (series === NO_SERIES) return 0;
    if (series < 0) return this.#longOf(series).rows;
    const { start, end } = this.#runOf(series);
    return (end - start) / stride;
  }

  /** Memory of a series, roughly, bytes. */
  bytes(series: Series): number {
    return series < 0 ? this.#longOf(series).account() : this.bytesKnown(series);
  }

  /** What `bytes` said before the series is changed. */
  bytesKnown(series: Series): number {
    if (series === NO_SERIES) return 0;
    return series < 0 ? this.#longOf(series).accounted : this.#blocks.room(series) * 8;
  }

  /** The series with a copy of a row, also when it had it already. The one given is used up. */
  add(series: Series, layout: Layout, row: Row): Series {
    const { stride } = layout;
    if (series < 0) {
      this.#longOf(series).insert(row);
      return series;
    }
    if (series === NO_SERIES) {
      const block = this.#take(stride);
      writeAt(this.#blocks.slab(block), this.#blocks.start(block) + HEADER, row);
      return block;
    }
    const run = this.#runOf(series);
    const clock = row[CLOCK] ?? 0;
    const position = row[POSITION] ?? 0;
    let at = run.end;
    if (!isAfter(run.rows, at - stride, clock, position)) {
      at = placeOf(run, stride, clock, position);
      if (isRow(run.rows, at, clock, position)) return series;
    }
    const length = run.end - run.start + stride;
    if (length > mostOf(stride)) return this.#addToLong(series, layout, row);
    if (HEADER + length > this.#blocks.room(series)) return this.#moved(series, run, at, row, length);
    insertAt(run.rows, at, run.end, row);
    run.rows[run.start - HEADER] = length;
    return series;
  }

  /** The series without a row, also when it never had it. The one given is used up. */
  remove(series: Series, { stride }: Layout, clock: number, position: number): Series {
    if (series === NO_SERIES) return series;
    if (series < 0) {
      const long = this.#longOf(series);
      long.remove(clock, position);
      return long.rows === 0 ? this.#ended(series) : series;
    }
    const run = this.#runOf(series);
    const at = placeOf(run, stride, clock, position);
    if (at >= run.end || !isRow(run.rows, at, clock, position)) return series;
    return this.#cut(series, run, at, at + stride);
  }

  /** The series without its rows up to `cutoff`, a long one still with some. The one given is used up. */
  prune(series: Series, { stride }: Layout, cutoff: number): Series {
    if (series === NO_SERIES) return series;
    if (series < 0) {
      const long = this.#longOf(series);
      long.prune(cutoff);
      return long.rows * stride > mostOf(stride) / 2 ? series : this.#shortened(series, long);
    }
    const run = this.#runOf(series);
    const at = firstAfter(run, stride, cutoff);
    return at === run.start ? series : this.#cut(series, run, run.start, at);
  }

  /** Forgets a series. */
  release(series: Series): void {
    if (series !== NO_SERIES) this.#ended(series);
  }

  /** Adds the totals over rows of a measure with clock in (from, t] that were known at t. */
  total(series: Series, layout: Layout, measure: number, from: number, t: number, totals: Totals): void {
    if (series === NO_SERIES) return;
    if (series < 0) this.#longOf(series).total(measure, from, t, totals);
    else totalIn(this.#runOf(series), layout.stride, measureAt(layout, measure), from, t, totals);
  }

  /**
   * The values of a measure with clock in (from, to] known at `seen`: gathered in `scratch`, for a long series in a
   * window that moves with the questions, one for each `id`.
   */
  values(
    series: Series,
    layout: Layout,
    measure: number,
    id: string,
    from: number,
    to: number,
    seen: number,
    scratch: ValueCounts,
  ): ValueCounts {
    if (series < 0) return this.#longOf(series).values(measure, id, from, to, seen);
    scratch.clear();
    if (series === NO_SERIES) return scratch;
    const run = this.#runOf(series);
    collectIn(run, layout.stride, measureAt(layout, measure), from, to, seen, scratch);
    return scratch;
  }

  /** What the events of a key with clock in (from, t] known at t say of their orders, likewise. */
  orders(
    series: Series,
    layout: Layout,
    plan: OrdersPlan,
    from: number,
    t: number,
    scratch: OrderTally,
  ): OrderTally {
    if (series < 0) return this.#longOf(series).orders(plan, from, t);
    scratch.clear();
    if (series !== NO_SERIES) tallyOrders(this.#runOf(series), layout, plan, from, t, scratch);
    return scratch;
  }

  /** Clock of the first row of a measure in (from, t] known at t. */
  firstClock(series: Series, layout: Layout, measure: number, from: number, t: number): number | undefined {
    if (series === NO_SERIES) return undefined;
    if (series < 0) return this.#longOf(series).firstClock(measure, from, t);
    const run = this.#runOf(series);
    const at = firstIn(run, layout.stride, measureAt(layout, measure), from, t);
    return at < 0 ? undefined : run.rows[at + CLOCK];
  }

  /** Clock of the last row of a measure in (from, t] known at t. */
  lastClock(series: Series, layout: Layout, measure: number, from: number, t: number): number | undefined {
    if (series === NO_SERIES) return undefined;
    if (series < 0) return this.#longOf(series).lastClock(measure, from, t);
    const run = this.#runOf(series);
    const at = lastIn(run, layout.stride, measureAt(layout, measure), from, t);
    return at < 0 ? undefined : run.rows[at + CLOCK];
  }

  /** Rows of one measure in (from, t] known at t that come after the last such row of another, by clock and position. */
  countAfterLast(
    series: Series,
    layout: Layout,
    counted: number,
    ender: number,
    from: number,
    t: number,
  ): number {
    if (series === NO_SERIES) return 0;
    if (series < 0) return this.#longOf(series).countAfterLast(counted, ender, from, t);
    const run = this.#runOf(series);
    const { stride } = layout;
    const last = lastIn(run, stride, measureAt(layout, ender), from, t);
    return countBehind(run, stride, measureAt(layout, counted), from, t, last);
  }

  /** Good until it is asked for again. */
  #runOf(block: Series): Run {
    const run = this.#run;
    const start = this.#blocks.start(block);
    run.rows = this.#blocks.slab(block);
    run.start = start + HEADER;
    run.end = start + HEADER + (run.rows[start] ?? 0);
    return run;
  }

  #longOf(series: Series): LongSeries {
    const long = this.#long[-1 - series];
    if (long === undefined) throw new RangeError('no such series');
    return long;
  }

  /** A block for rows of so many doubles together. */
  #take(length: number): Series {
    const block = this.#blocks.take(HEADER + length);
    this.#blocks.slab(block)[this.#blocks.start(block)] = length;
    return block;
  }

  /** Forgets a series. */
  #ended(series: Series): Series {
    if (series > 0) {
      this.#blocks.release(series);
    } else {
      this.#long[-1 - series] = undefined;
      this.#unused.push(-1 - series);
    }
    return NO_SERIES;
  }

  /** The rows in a larger block, with one more at a place. */
  #moved(series: Series, { rows, start, end }: Run, at: number, row: Row, length: number): Series {
    const block = this.#take(length);
    const slab = this.#blocks.slab(block);
    const first = this.#blocks.start(block) + HEADER;
    copy(rows, start, at, slab, first);
    writeAt(slab, first + at - start, row);
    copy(rows, at, end, slab, first + at - start + row.length);
    this.#blocks.release(series);
    return block;
  }

  #addToLong(series: Series, layout: Layout, row: Row): Series {
    const long = new LongSeries(layout, this.#runOf(series), this.work);
    this.#blocks.release(series);
    long.insert(row);
    const place = this.#unused.pop() ?? this.#long.length;
    this.#long[place] = long;
    return -1 - place;
  }

  /** A long series that has few rows left, in a block. */
  #shortened(series: Series, { rows, chunks }: LongSeries): Series {
    this.#ended(series);
    if (rows === 0) return NO_SERIES;
    const block = this.#take(chunks.reduce((length, chunk) => length + chunk.end - chunk.start, 0));
    const slab = this.#blocks.slab(block);
    let at = this.#blocks.start(block) + HEADER;
    for (const chunk of chunks) {
      copy(chunk.rows, chunk.start, chunk.end, slab, at);
      at += chunk.end - chunk.start;
    }
    return block;
  }

  /** A short series without what stands from one place to another, in a smaller block when half of it is enough. */
  #cut(series: Series, { rows, start, end }: Run, from: number, to: number): Series {
    const length = end - start - (to - from);
    if (length === 0) return this.#ended(series);
    rows.copyWithin(from, to, end);
    rows[start - HEADER] = length;
    if ((HEADER + length) * 2 > this.#blocks.room(series)) return series;
    const block = this.#take(length);
    copy(rows, start, start + length, this.#blocks.slab(block), this.#blocks.start(block) + HEADER);
    this.#blocks.release(series);
    return block;
  }
}

/** Doubles of rows of a short series at most. */
function mostOf(stride: number): number {
  return Math.min(FEW, Math.floor((LARGEST_BLOCK - HEADER) / stride)) * stride;
}
