import type { RowSource } from './rows.js';
import { ValueCounts } from './value-counts.js';

/**
 * The values of one measure in a window that moves with the questions, forwards and backwards: the work is that of the
 * events passed on the way. Holds rows with clock in (from, to] that were known at `seen`.
 */
export class MovingWindow {
  readonly values = new ValueCounts();
  readonly #series: RowSource;
  readonly #measure: number;
  #from = 0;
  #to = -Infinity;
  #seen = -Infinity;
  /** Rows known at another time than their clock says, as (known, clock, value), sorted by known. */
  #late: number[] = [];

  constructor(series: RowSource, measure: number) {
    this.#series = series;
    this.#measure = measure;
    series.each(measure, -Infinity, Infinity, (clock, known, value) => {
      if (known !== clock) this.#late.push(known, clock, value);
    });
    this.#late = sortTriples(this.#late);
  }

  get from(): number {
    return this.#from;
  }

  get bytes(): number {
    return this.values.bytes + this.#late.length * 8 + 200;
  }

  /** Moves to rows with clock in (from, to] that were known at `seen`. */
  move(from: number, to: number, seen: number): void {
    if (from >= this.#to || to <= this.#from || to <= from) {
      this.values.clear();
      this.#from = from;
      this.#to = to;
      this.#seen = seen;
      this.#series.each(this.#measure, from, to, (_, known, value) => {
        if (known <= seen) this.values.add(value);
      });
      return;
    }
    // Backwards the end goes first: what it passes need not be asked when it became known.
    if (to < this.#to) this.#moveTo(to);
    this.#moveSeen(seen);
    if (to > this.#to) this.#moveTo(to);
    this.#moveFrom(from);
  }

  /** A row came to the series. */
  inserted(clock: number, known: number, value: number): void {
    if (known !== clock) {
      const at = this.#lateAfter(known);
      this.#late.splice(at, 0, known, clock, value);
    }
    if (clock > this.#from && clock <= this.#to && known <= this.#seen) this.values.add(value);
  }

  /** A row left the series. */
  removed(clock: number, known: number, value: number): void {
    if (known !== clock) {
      for (let at = this.#lateAfter(known) - 3; at >= 0 && this.#late[at] === known; at -= 3) {
        if (this.#late[at + 1] !== clock || this.#late[at + 2] !== value) continue;
        this.#late.splice(at, 3);
        break;
      }
    }
    if (clock > this.#from && clock <= this.#to && known <= this.#seen) this.values.remove(value);
  }

  /** Rows with a clock up to `cutoff` left the series; the caller has made sure that none of them is in the window. */
  forget(cutoff: number): void {
    const late: number[] = [];
    for (let at = 0; at < this.#late.length; at += 3) {
      const clock = this.#late[at + 1] ?? 0;
      if (clock > cutoff) late.push(this.#late[at] ?? 0, clock, this.#late[at + 2] ?? 0);
    }
    this.#late = late;
  }

  #moveSeen(seen: number): void {
    const forward = seen > this.#seen;
    const low = Math.min(seen, this.#seen);
    const high = Math.max(seen, this.#seen);
    for (let at = this.#lateAfter(low); at < this.#late.length; at += 3) {
      if ((this.#late[at] ?? 0) > high) break;
      const clock = this.#late[at + 1] ?? 0;
      if (clock <= this.#from || clock > this.#to) continue;
      if (forward) this.values.add(this.#late[at + 2] ?? 0);
      else this.values.remove(this.#late[at + 2] ?? 0);
    }
    this.#punctual(Math.max(low, this.#from), Math.min(high, this.#to), forward);
    this.#seen = seen;
  }

  /** Rows known at once whose clock lies in (low, high]. */
  #punctual(low: number, high: number, add: boolean): void {
    if (high <= low) return;
    this.#series.each(this.#measure, low, high, (clock, known, value) => {
      if (known !== clock) return;
      if (add) this.values.add(value);
      else this.values.remove(value);
    });
  }

  #moveTo(to: number): void {
    const forward = to > this.#to;
    const low = Math.max(Math.min(to, this.#to), this.#from);
    this.#change(low, Math.max(to, this.#to), forward);
    this.#to = to;
  }

  #moveFrom(from: number): void {
    const forward = from > this.#from;
    this.#change(Math.min(from, this.#from), Math.min(Math.max(from, this.#from), this.#to), !forward);
    this.#from = from;
  }

  #change(low: number, high: number, add: boolean): void {
    if (high <= low) return;
    const seen = this.#seen;
    this.#series.each(this.#measure, low, high, (_, known, value) => {
      if (known > seen) return;
      if (add) this.values.add(value);
      else this.values.remove(value);
    });
  }

  /** Place of the first triple known after `known`. */
  #lateAfter(known: number): number {
    let low = 0;
    let high = this.#late.length / 3;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#late[middle * 3] ?? 0) <= known) low = middle + 1;
      else high = middle;
    }
    return low * 3;
  }
}

function sortTriples(triples: readonly number[]): number[] {
  const order = Array.from({ length: triples.length / 3 }, (_, index) => index * 3);
  order.sort((one, other) => (triples[one] ?? 0) - (triples[other] ?? 0));
  return order.flatMap((at) => triples.slice(at, at + 3));
}
