import { CLOCK, KNOWN, POSITION } from '../layout.js';
import type { Measure } from '../layout.js';
import type { Totals } from './moments.js';
import type { ValueCounts } from '../tables/value-counts.js';

/**
 * Rows of one layout, one after the other, sorted by clock and position: those from `start` to before `end` in an array
 * that may hold others' as well. A place is where in the array a row begins.
 */
export interface Run {
  rows: Float64Array;
  start: number;
  end: number;
}

/** One row on its own. */
export type Row = ArrayLike<number>;

/** Takes one row: its clock, its known time, the columns of the measure and of the second one (0 without). */
export type RowVisitor = (clock: number, known: number, value: number, second: number) => void;

/** Anything that can show its rows in order. */
export interface RowSource {
  /** Calls with each row of a measure with clock in (from, to], whenever known, in order; `second`: another measure. */
  each(measure: number, from: number, to: number, visit: RowVisitor, second?: number): void;
}

/** Whether a measure takes the row at a place. */
export function isSelected(rows: Row, at: number, { word, bit }: Measure): boolean {
  return ((rows[at + word] ?? 0) & bit) !== 0;
}

/** What a measure looks at in the row at a place. */
export function columnAt(rows: Row, at: number, { column }: Measure): number {
  return column < 0 ? 0 : (rows[at + column] ?? 0);
}

/** Whether (clock, position) comes after the row at a place. */
export function isAfter(rows: Float64Array, at: number, clock: number, position: number): boolean {
  const other = rows[at + CLOCK] ?? 0;
  return other < clock || (other === clock && (rows[at + POSITION] ?? 0) < position);
}

/** Whether the row at a place is the one of a clock and position. */
export function isRow(rows: Float64Array, at: number, clock: number, position: number): boolean {
  return rows[at + CLOCK] === clock && rows[at + POSITION] === position;
}

/** Where a row stands or would stand. */
export function placeOf({ rows, start, end }: Run, stride: number, clock: number, position: number): number {
  let low = 0;
  let high = (end - start) / stride;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAfter(rows, start + middle * stride, clock, position)) low = middle + 1;
    else high = middle;
  }
  return start + low * stride;
}

/** The place of the first row with a clock after `from`. */
export function firstAfter(run: Run, stride: number, from: number): number {
  return placeOf(run, stride, from, Infinity);
}

/** Writes a row over what is at a place. */
export function writeAt(rows: Float64Array, at: number, row: Row): void {
  for (let index = 0; index < row.length; index++) rows[at + index] = row[index] ?? 0;
}

/** Puts a row at a place; those from there to `end` move up, for which there must be room. */
export function insertAt(rows: Float64Array, at: number, end: number, row: Row): void {
  if (at < end) rows.copyWithin(at + row.length, at, end);
  writeAt(rows, at, row);
}

/** Adds the totals over rows with clock in (from, t] that were known at t. */
export function totalIn(
  { rows, start, end }: Run,
  stride: number,
  measure: Measure,
  from: number,
  t: number,
  totals: Totals,
): void {
  const { column } = measure;
  for (let at = end - stride; at >= start; at -= stride) {
    const clock = rows[at + CLOCK] ?? 0;
    if (clock <= from) return;
    if (clock > t || (rows[at + KNOWN] ?? 0) > t || !isSelected(rows, at, measure)) continue;
    if (column < 0) totals.count++;
    else totals.add(rows[at + column] ?? 0);
  }
}

/** Adds the values with clock in (from, to] known at `seen`. */
export function collectIn(
  { rows, start, end }: Run,
  stride: number,
  measure: Measure,
  from: number,
  to: number,
  seen: number,
  values: ValueCounts,
): void {
  for (let at = end - stride; at >= start; at -= stride) {
    const clock = rows[at + CLOCK] ?? 0;
    if (clock <= from) return;
    if (clock <= to && (rows[at + KNOWN] ?? 0) <= seen && isSelected(rows, at, measure))
      values.add(columnAt(rows, at, measure));
  }
}

/**
 * Calls with each row of a measure with clock in (from, to], whenever known, in order; of `second` only the column
 * counts. Gives back how many rows were looked at.
 */
export function eachIn(
  run: Run,
  stride: number,
  measure: Measure,
  from: number,
  to: number,
  visit: RowVisitor,
  second?: Measure,
): number {
  const { rows, end } = run;
  const first = firstAfter(run, stride, from);
  let at = first;
  for (; at < end; at += stride) {
    const clock = rows[at + CLOCK] ?? 0;
    if (clock > to) break;
    if (!isSelected(rows, at, measure)) continue;
    const other = second === undefined ? 0 : columnAt(rows, at, second);
    visit(clock, rows[at + KNOWN] ?? 0, columnAt(rows, at, measure), other);
  }
  return (at - first) / stride;
}

/** The place of the first row of a measure in (from, t] known at t; -1: none. */
export function firstIn(run: Run, stride: number, measure: Measure, from: number, t: number): number {
  const { rows, end } = run;
  for (let at = firstAfter(run, stride, from); at < end; at += stride) {
    if ((rows[at + CLOCK] ?? 0) > t) return -1;
    if ((rows[at + KNOWN] ?? 0) <= t && isSelected(rows, at, measure)) return at;
  }
  return -1;
}

/** The place of the last such row; -1: none. */
export function lastIn(
  { rows, start, end }: Run,
  stride: number,
  measure: Measure,
  from: number,
  t: number,
): number {
  for (let at = end - stride; at >= start; at -= stride) {
    const clock = rows[at + CLOCK] ?? 0;
    if (clock <= from) return -1;
    if (clock <= t && (rows[at + KNOWN] ?? 0) <= t && isSelected(rows, at, measure)) return at;
  }
  return -1;
}

/** How many rows of a measure in (from, t] known at t stand after a place (-1: all of them). */
export function countBehind(
  { rows, start, end }: Run,
  stride: number,
  measure: Measure,
  from: number,
  t: number,
  place: number,
): number {
  let count = 0;
  for (let at = end - stride; at >= start && at > place; at -= stride) {
    const clock = rows[at + CLOCK] ?? 0;
    if (clock <= from) return count;
    if (clock <= t && (rows[at + KNOWN] ?? 0) <= t && isSelected(rows, at, measure)) count++;
  }
  return count;
}

/** Copies numbers to another place, whole rows or several. */
export function copy(from: Float64Array, start: number, end: number, to: Float64Array, at: number): void {
  for (let index = start; index < end; index++) to[at + index - start] = from[index] ?? 0;
}
