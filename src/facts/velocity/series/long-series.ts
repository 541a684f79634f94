import { Chunks } from './chunks.js';
import { CLOCK, measureAt } from '../layout.js';
import type { Layout } from '../layout.js';
import type { Totals } from './moments.js';
import { MovingWindow } from './moving-window.js';
import { OrderWindow } from './order-window.js';
import type { OrdersPlan } from './order-plan.js';
import type { OrderTally } from './order-tally.js';
import { countBehind, eachIn, firstIn, lastIn, totalIn } from './rows.js';
import type { Row, RowSource, RowVisitor, Run } from './rows.js';
import { ValueCounts } from '../tables/value-counts.js';

/** Windows that move over one series at most: calendar windows have one per time zone. */
const MOST_MOVING = 16;

/** What answering from windows that move has taken so far. */
export interface Work {
  /** Rows looked at. */
  rows: number;
}

/** The distinct values of a measure in a window. */
interface Values {
  readonly counts: ValueCounts;
  readonly window: MovingWindow;
}

/** The events of a key that has many: it answers from totals of its chunks, exact at both edges, and moving windows. */
export class LongSeries implements RowSource {
  readonly #layout: Layout;
  readonly #chunks: Chunks;
  readonly #work: Work;
  /** By measure and window. */
  readonly #values = new Map<string, Values>();
  /** By plan. */
  readonly #orders = new Map<string, OrderWindow>();
  /** What `account` said last. */
  accounted = 0;

  /** Takes copies of the rows of a key that was short. */
  constructor(layout: Layout, rows: Run, work: Work) {
    this.#layout = layout;
    this.#work = work;
    this.#chunks = new Chunks(rows, layout.stride);
  }

  get rows(): number {
    return this.#chunks.rows;
  }

  /** Memory now, roughly; questions can add to it. */
  account(): number {
    let bytes = 300 + this.#chunks.bytes;
    for (const { window } of this.#values.values()) bytes += window.bytes;
    for (const window of this.#orders.values()) bytes += window.bytes;
    this.accounted = bytes;
    return bytes;
  }

  /** Takes a copy of a row, unless it is there already. */
  insert(row: Row): void {
    if (!this.#chunks.insert(row)) return;
    for (const { window } of this.#values.values()) window.inserted(row);
    for (const window of this.#orders.values()) window.inserted(row);
  }

  /** Takes a row out again, if it is there. */
  remove(clock: number, position: number): void {
    const row = this.#chunks.remove(clock, position);
    if (row === undefined) return;
    for (const { window } of this.#values.values()) window.removed(row);
    for (const window of this.#orders.values()) window.removed(row);
  }

  /** Lets go of rows with a clock up to `cutoff`, not of all of them. */
  prune(cutoff: number): void {
    const left = this.#chunks.prune(cutoff);
    if (left === undefined) return;
    for (const [id, { window }] of this.#values) {
      if (window.from < left) this.#values.delete(id);
      else window.forget(left);
    }
    for (const [id, window] of this.#orders) {
      if (window.from < left) this.#orders.delete(id);
      else window.forget(left);
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
      if (chunk !== undefined) this.#work.rows += eachIn(chunk, stride, measure, from, to, visit, second);
    }
  }

  /** The values in a window that moves with the questions, one for each measure and `id`. */
  values(index: number, id: string, from: number, to: number, seen: number): ValueCounts {
    const name = `${index}/${id}`;
    const { counts, window } = this.#values.get(name) ?? this.#newValues(name, index);
    window.move(from, to, seen);
    return counts;
  }

  /** What the events in a window, known at its end, say of their orders: one window for each plan. */
  orders(plan: OrdersPlan, from: number, t: number): OrderTally {
    let window = this.#orders.get(plan.id);
    if (window === undefined) {
      dropOldest(this.#orders);
      window = new OrderWindow(this, this.#layout, plan);
      this.#orders.set(plan.id, window);
    }
    window.move(from, t);
    return window.tally;
  }

  #newValues(name: string, index: number): Values {
    dropOldest(this.#values);
    const counts = new ValueCounts();
    const values = { counts, window: new MovingWindow(this, this.#layout, index, counts) };
    this.#values.set(name, values);
    return values;
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

/** Makes room for another. */
function dropOldest(windows: Map<string, unknown>): void {
  const oldest = windows.keys().next();
  if (windows.size >= MOST_MOVING && oldest.done !== true) windows.delete(oldest.value);
}
