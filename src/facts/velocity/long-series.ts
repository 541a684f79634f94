import { Chunks } from './chunks.js';
import { CLOCK, KNOWN, measureAt } from './layout.js';
import type { Layout } from './layout.js';
import type { Totals } from './moments.js';
import { MovingWindow } from './moving-window.js';
import { columnAt, countBehind, eachIn, firstIn, isSelected, lastIn, totalIn } from './rows.js';
import type { Row, RowSource, RowVisitor, Run } from './rows.js';

/** Windows that move over one series at most: calendar windows have one per time zone. */
const MOST_MOVING = 16;

/** The events of a key that has many: it answers from totals of its chunks, exact at both edges, and moving windows. */
export class LongSeries implements RowSource {
  readonly #layout: Layout;
  readonly #chunks: Chunks;
  readonly #moving = new Map<string, MovingWindow>();
  /** What `account` said last. */
  accounted = 0;

  /** Takes copies of the rows of a key that was short. */
  constructor(layout: Layout, rows: Run) {
    this.#layout = layout;
    this.#chunks = new Chunks(rows, layout.stride);
  }

  get rows(): number {
    return this.#chunks.rows;
  }

  /** Memory now, roughly; questions can add to it. */
  account(): number {
    let bytes = 300 + this.#chunks.bytes;
    for (const moving of this.#moving.values()) bytes += moving.bytes;
    this.accounted = bytes;
    return bytes;
  }

  /** Takes a copy of a row, unless it is there already. */
  insert(row: Row): void {
    if (!this.#chunks.insert(row)) return;
    for (const [id, moving] of this.#moving) {
      const measure = measureAt(this.#layout, measureOf(id));
      if (isSelected(row, 0, measure))
        moving.inserted(row[CLOCK] ?? 0, row[KNOWN] ?? 0, columnAt(row, 0, measure));
    }
  }

  /** Takes a row out again, if it is there. */
  remove(clock: number, position: number): void {
    const row = this.#chunks.remove(clock, position);
    if (row === undefined) return;
    for (const [id, moving] of this.#moving) {
      const measure = measureAt(this.#layout, measureOf(id));
      if (isSelected(row, 0, measure)) moving.removed(clock, row[KNOWN] ?? 0, columnAt(row, 0, measure));
    }
  }

  /** Lets go of rows with a clock up to `cutoff`, not of all of them. */
  prune(cutoff: number): void {
    const before = this.rows;
    this.#chunks.prune(cutoff);
    if (this.rows === before) return;
    for (const [id, moving] of this.#moving) {
      if (moving.from < cutoff) this.#moving.delete(id);
      else moving.forget(cutoff);
    }
  }

  /** Its chunks, none of them empty, to be looked at only. */
  get chunks(): readonly Run[] {
    return this.#chunks.list;
  }

  total(index: number, from: number, t: number, totals: Totals): void {
    const measure = measureAt(this.#layout, index);
    const { list, stride } = this.#chunks;
    const summary = this.#chunks.summary(index, measure);
    const end = this.#chunks.end(t);
    let place = this.#chunks.first(from);
    while (place < end) {
      const chunk = list[place];
      if (chunk === undefined) return;
      // All chunks between the first and the last are whole.
      const taken =
        summary !== undefined && this.#chunks.isWithin(chunk, from, t)
          ? summary.take(list, place, Math.max(place + 1, end - 1), t, totals)
          : 0;
      if (taken === 0) totalIn(chunk, stride, measure, from, t, totals);
      place += Math.max(taken, 1);
    }
  }

  each(index: number, from: number, to: number, visit: RowVisitor, other?: number): void {
    const measure = measureAt(this.#layout, index);
    const second = other === undefined ? undefined : measureAt(this.#layout, other);
    const { list, stride } = this.#chunks;
    const end = this.#chunks.end(to);
    for (let place = this.#chunks.first(from); place < end; place++) {
      const chunk = list[place];
      if (chunk !== undefined) eachIn(chunk, stride, measure, from, to, visit, second);
    }
  }

  /** A window that moves with the questions, one for each measure and `id`. */
  moving(index: number, id: string, from: number, to: number, seen: number): MovingWindow {
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

  firstClock(index: number, from: number, t: number): number | undefined {
    const measure = measureAt(this.#layout, index);
    const { list, stride } = this.#chunks;
    const summary = this.#chunks.summary(index, measure);
    const end = this.#chunks.end(t);
    for (let place = this.#chunks.first(from); place < end; place++) {
      const chunk = list[place];
      if (chunk === undefined || summary?.count(list, place, t) === 0) continue;
      const at = firstIn(chunk, stride, measure, from, t);
      if (at >= 0) return chunk.rows[at + CLOCK];
    }
    return undefined;
  }

  lastClock(index: number, from: number, t: number): number | undefined {
    const measure = measureAt(this.#layout, index);
    const { list, stride } = this.#chunks;
    const summary = this.#chunks.summary(index, measure);
    const first = this.#chunks.first(from);
    for (let place = this.#chunks.end(t) - 1; place >= first; place--) {
      const chunk = list[place];
      if (chunk === undefined || summary?.count(list, place, t) === 0) continue;
      const at = lastIn(chunk, stride, measure, from, t);
      if (at >= 0) return chunk.rows[at + CLOCK];
    }
    return undefined;
  }

  countAfterLast(counted: number, ender: number, from: number, t: number): number {
    const measure = measureAt(this.#layout, counted);
    const end = measureAt(this.#layout, ender);
    const { list, stride } = this.#chunks;
    const summary = this.#chunks.summary(counted, measure);
    const ends = this.#chunks.summary(ender, end);
    const first = this.#chunks.first(from);
    let count = 0;
    for (let place = this.#chunks.end(t) - 1; place >= first; place--) {
      const chunk = list[place];
      if (chunk === undefined) continue;
      const whole = this.#chunks.isWithin(chunk, from, t) && ends?.count(list, place, t) === 0;
      const known = whole ? summary?.count(list, place, t) : undefined;
      if (known !== undefined) {
        count += known;
        continue;
      }
      const last = lastIn(chunk, stride, end, from, t);
      count += countBehind(chunk, stride, measure, from, t, last);
      if (last >= 0) return count;
    }
    return count;
  }
}

/** The number in front of a moving window's name. */
function measureOf(id: string): number {
  return Number.parseInt(id, 10);
}
