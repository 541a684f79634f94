import { CLOCK, measureAt, POSITION } from './layout.js';
import type { Layout } from './layout.js';
import { LongSeries } from './long-series.js';
import type { Totals } from './moments.js';
import {
  collectIn,
  countBehind,
  eachIn,
  firstAfter,
  firstIn,
  insertAt,
  isAfter,
  isRow,
  lastIn,
  placeOf,
  totalIn,
} from './rows.js';
import type { Rows, RowVisitor } from './rows.js';
import type { ValueCounts } from './value-counts.js';

/**
 * The events of one key by one clock. Nearly all keys have few: one short array, looked through for every question.
 * The layout is that of the key's definition, always the same for a series.
 */
export type Series = Rows | LongSeries;

/** Rows of a short series at most. */
const FEW = 128;
/** Rows up to which an array has no room to spare: most keys have no more, and it would be most of their memory. */
const EXACT = 8;

/** How many rows a series has. */
export function rowsIn(series: Series | undefined, { stride }: Layout): number {
  if (series === undefined) return 0;
  return Array.isArray(series) ? series.length / stride : series.rows;
}

/** Memory of a series, roughly, bytes. */
export function bytesOf(series: Series | undefined, layout: Layout): number {
  return series instanceof LongSeries ? series.account() : bytesKnown(series, layout);
}

/** What `bytesOf` said before the series is changed. */
export function bytesKnown(series: Series | undefined, { stride }: Layout): number {
  if (series === undefined) return 0;
  if (!Array.isArray(series)) return series.accounted;
  return 48 + series.length * (series.length > EXACT * stride ? 10 : 8);
}

/** A series with a copy of a row, also when it had it already. The one given is used up. */
export function withRow(series: Series | undefined, layout: Layout, row: Readonly<Rows>): Series {
  if (series === undefined) return row.slice();
  if (!Array.isArray(series)) {
    series.insert(row);
    return series;
  }
  const { stride } = layout;
  const clock = row[CLOCK] ?? 0;
  const position = row[POSITION] ?? 0;
  let at = series.length;
  if (!isAfter(series, at - stride, clock, position)) {
    at = placeOf(series, stride, clock, position);
    if (isRow(series, at, clock, position)) return series;
  }
  if (series.length < EXACT * stride)
    return at === series.length ? series.concat(row) : series.slice(0, at).concat(row, series.slice(at));
  insertAt(series, at, row);
  return series.length > FEW * stride ? new LongSeries(layout, series) : series;
}

/** A series without a row, also when it never had it; undefined when nothing is left. The one given is used up. */
export function withoutRow(
  series: Series | undefined,
  { stride }: Layout,
  clock: number,
  position: number,
): Series | undefined {
  if (series === undefined) return undefined;
  if (!Array.isArray(series)) {
    series.remove(clock, position);
    return series.rows === 0 ? undefined : series;
  }
  const at = placeOf(series, stride, clock, position);
  if (!isRow(series, at, clock, position)) return series;
  if (series.length === stride) return undefined;
  return series.slice(0, at).concat(series.slice(at + stride));
}

/** A series without its rows up to `cutoff`, a long one still with some; undefined when nothing is left. */
export function withoutOld(
  series: Series | undefined,
  { stride }: Layout,
  cutoff: number,
): Series | undefined {
  if (series === undefined) return undefined;
  if (!Array.isArray(series)) {
    series.prune(cutoff);
    if (series.rows > FEW / 2) return series;
    return series.rows === 0 ? undefined : series.flat();
  }
  const at = firstAfter(series, stride, cutoff);
  if (at === 0) return series;
  return at === series.length ? undefined : series.slice(at);
}

/** Adds the totals over rows of a measure with clock in (from, t] that were known at t. */
export function total(
  series: Series | undefined,
  layout: Layout,
  measure: number,
  from: number,
  t: number,
  totals: Totals,
): void {
  if (series === undefined) return;
  if (Array.isArray(series)) totalIn(series, layout.stride, measureAt(layout, measure), from, t, totals);
  else series.total(measure, from, t, totals);
}

/**
 * The values of a measure with clock in (from, to] known at `seen`: gathered in `scratch`, for a long series in a window
 * that moves with the questions, one for each `id`.
 */
export function valuesIn(
  series: Series,
  layout: Layout,
  measure: number,
  id: string,
  from: number,
  to: number,
  seen: number,
  scratch: ValueCounts,
): ValueCounts {
  if (!Array.isArray(series)) return series.moving(measure, id, from, to, seen).values;
  scratch.clear();
  collectIn(series, layout.stride, measureAt(layout, measure), from, to, seen, scratch);
  return scratch;
}

/** Calls with each row of a measure with clock in (from, to], whenever known, in order. */
export function each(
  series: Series,
  layout: Layout,
  measure: number,
  from: number,
  to: number,
  visit: RowVisitor,
): void {
  if (Array.isArray(series)) eachIn(series, layout.stride, measureAt(layout, measure), from, to, visit);
  else series.each(measure, from, to, visit);
}

/** Clock of the first row of a measure in (from, t] known at t. */
export function firstClock(
  series: Series | undefined,
  layout: Layout,
  measure: number,
  from: number,
  t: number,
): number | undefined {
  if (!Array.isArray(series)) return series?.firstClock(measure, from, t);
  const at = firstIn(series, layout.stride, measureAt(layout, measure), from, t);
  return at < 0 ? undefined : series[at + CLOCK];
}

/** Clock of the last row of a measure in (from, t] known at t. */
export function lastClock(
  series: Series | undefined,
  layout: Layout,
  measure: number,
  from: number,
  t: number,
): number | undefined {
  if (!Array.isArray(series)) return series?.lastClock(measure, from, t);
  const at = lastIn(series, layout.stride, measureAt(layout, measure), from, t);
  return at < 0 ? undefined : series[at + CLOCK];
}

/** Rows of one measure in (from, t] known at t that come after the last such row of another, by clock and position. */
export function countAfterLast(
  series: Series | undefined,
  layout: Layout,
  counted: number,
  ender: number,
  from: number,
  t: number,
): number {
  if (series === undefined) return 0;
  if (!Array.isArray(series)) return series.countAfterLast(counted, ender, from, t);
  const { stride } = layout;
  const last = lastIn(series, stride, measureAt(layout, ender), from, t);
  return countBehind(series, stride, measureAt(layout, counted), from, t, last);
}
