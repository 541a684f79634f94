import { CLOCK, KNOWN, measureAt } from '../layout.js';
import type { Layout, Measure } from '../layout.js';
import { columnAt, isSelected } from './rows.js';
import type { Row, RowSource, RowVisitor } from './rows.js';

/** What a window tells of the rows that come into it and leave it: their value and their second one (0 without). */
export interface RowCounts {
  readonly bytes: number;
  add(value: number, second: number): void;
  remove(value: number, second: number): void;
  /** All rows leave. */
  clear(): void;
}

/** Numbers per late row: known, clock, value, second. */
const LATE = 4;
/** Late rows that it is not worth looking for old ones among, numbers. */
const FEW_LATE = 256 * LATE;

/**
 * The rows of one measure in a window that moves with the questions, forwards and backwards: the work is that of the
 * events passed on the way. Holds rows with clock in (from, to] that were known at `seen`.
 */
export class MovingWindow {
  readonly #series: RowSource;
  readonly #index: number;
  readonly #other: number | undefined;
  readonly #measure: Measure;
  readonly #second: Measure | undefined;
  readonly #counts: RowCounts;
  #from = 0;
  #to = -Infinity;
  #seen = -Infinity;
  /** Rows known at another time than their clock says, sorted by known; those up to `#left` may have left the series. */
  #late: number[] = [];
  #left = -Infinity;
  /** How long that was when last no row in it had left. */
  #kept = 0;

  /** `other`: the measure of the second values. */
  constructor(series: RowSource, layout: Layout, index: number, counts: RowCounts, other?: number) {
    this.#series = series;
    this.#index = index;
    this.#other = other;
    this.#measure = measureAt(layout, index);
    this.#second = other === undefined ? undefined : measureAt(layout, other);
    this.#counts = counts;
    const late: number[] = [];
    this.#each(-Infinity, Infinity, (clock, known, value, second) => {
      if (known !== clock) late.push(known, clock, value, second);
    });
    this.#late = sorted(late);
    this.#kept = late.length;
  }

  get from(): number {
    return this.#from;
  }

  get bytes(): number {
    return this.#counts.bytes + this.#late.length * 8 + 300;
  }

  /** Whether a move there finds nothing of what is here. */
  isApart(from: number, to: number): boolean {
    return from >= this.#to || to <= this.#from || to <= from;
  }

  /** Holds nothing from now on; what it counted is cleared by the caller. */
  empty(): void {
    this.#to = -Infinity;
  }

  /** Moves to rows with clock in (from, to] that were known at `seen`. */
  move(from: number, to: number, seen: number): void {
    if (this.isApart(from, to)) {
      this.#counts.clear();
      this.#from = from;
      this.#to = to;
      this.#seen = seen;
      this.#change(from, to, true);
      return;
    }
    // Backwards the end goes first: what it passes need not be asked when it became known.
    if (to < this.#to) this.#moveTo(to);
    this.#moveSeen(seen);
    if (to > this.#to) this.#moveTo(to);
    this.#moveFrom(from);
  }

  /** A row came to the series. */
  inserted(row: Row): void {
    if (!isSelected(row, 0, this.#measure)) return;
    const clock = row[CLOCK] ?? 0;
    const known = row[KNOWN] ?? 0;
    const value = columnAt(row, 0, this.#measure);
    const second = this.#second === undefined ? 0 : columnAt(row, 0, this.#second);
    // One that had left comes back.
    if (clock <= this.#left) this.#dropLeft();
    if (known !== clock) this.#late.splice(this.#lateAfter(known), 0, known, clock, value, second);
    if (clock > this.#from && clock <= this.#to && known <= this.#seen) this.#counts.add(value, second);
  }

  /** A row left the series. */
  removed(row: Row): void {
    if (!isSelected(row, 0, this.#measure)) return;
    const clock = row[CLOCK] ?? 0;
    const known = row[KNOWN] ?? 0;
    const value = columnAt(row, 0, this.#measure);
    const second = this.#second === undefined ? 0 : columnAt(row, 0, this.#second);
    if (known !== clock) {
      const late = this.#late;
      for (let at = this.#lateAfter(known) - LATE; at >= 0 && late[at] === known; at -= LATE) {
        if (late[at + 1] !== clock || late[at + 2] !== value || !Object.is(late[at + 3], second)) continue;
        late.splice(at, LATE);
        break;
      }
    }
    if (clock > this.#from && clock <= this.#to && known <= this.#seen) this.#counts.remove(value, second);
  }

  /**
   * All rows with a clock up to `cutoff` left the series; the caller has made sure that none of them is in the window.
   * They go from here once it is worth it: a row costs the same however many there are.
   */
  forget(cutoff: number): void {
    this.#left = Math.max(this.#left, cutoff);
    if (this.#late.length > 2 * this.#kept + FEW_LATE) this.#dropLeft();
  }

  #dropLeft(): void {
    const late: number[] = [];
    for (let at = 0; at < this.#late.length; at += LATE) {
      if ((this.#late[at + 1] ?? 0) <= this.#left) continue;
      for (let index = at; index < at + LATE; index++) late.push(this.#late[index] ?? 0);
    }
    this.#late = late;
    this.#left = -Infinity;
    this.#kept = late.length;
  }

  #moveSeen(seen: number): void {
    const forward = seen > this.#seen;
    const low = Math.min(seen, this.#seen);
    const high = Math.max(seen, this.#seen);
    for (let at = this.#lateAfter(low); at < this.#late.length; at += LATE) {
      if ((this.#late[at] ?? 0) > high) break;
      const clock = this.#late[at + 1] ?? 0;
      if (clock <= this.#from || clock > this.#to) continue;
      this.#pass(this.#late[at + 2] ?? 0, this.#late[at + 3] ?? 0, forward);
    }
    // Rows known at once.
    this.#each(Math.max(low, this.#from), Math.min(high, this.#to), (clock, known, value, second) => {
      if (known === clock) this.#pass(value, second, forward);
    });
    this.#seen = seen;
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
    const seen = this.#seen;
    this.#each(low, high, (_, known, value, second) => {
      if (known <= seen) this.#pass(value, second, add);
    });
  }

  #each(low: number, high: number, visit: RowVisitor): void {
    if (high > low) this.#series.each(this.#index, low, high, visit, this.#other);
  }

  #pass(value: number, second: number, add: boolean): void {
    if (add) this.#counts.add(value, second);
    else this.#counts.remove(value, second);
  }

  /** Place of the first late row known after `known`. */
  #lateAfter(known: number): number {
    let low = 0;
    let high = this.#late.length / LATE;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#late[middle * LATE] ?? 0) <= known) low = middle + 1;
      else high = middle;
    }
    return low * LATE;
  }
}

function sorted(late: readonly number[]): number[] {
  const places = Array.from({ length: late.length / LATE }, (_, index) => index * LATE);
  places.sort((one, other) => (late[one] ?? 0) - (late[other] ?? 0));
  const found: number[] = [];
  for (const at of places) for (let index = at; index < at + LATE; index++) found.push(late[index] ?? 0);
  return found;
}
