import type { KeyRange } from '../../facts/stream.js';
import type { Caller } from '../caller.js';

/** Long ranges read at a time: each takes its share of both threads. */
const AT_ONCE = 2;

/** What can be set aside. */
interface Held {
  readonly caller: Caller | undefined;
  fail(error: unknown): void;
}

interface Waiter<A> {
  readonly admission: A;
  /** Whether it needs the range itself, or only stands behind one of its caller that does. */
  readonly needs: boolean;
}

/** A range that is being read, or will be, or was, and what waits for it. */
interface Reading<A> {
  readonly range: KeyRange;
  readonly waiters: Waiter<A>[];
  ended: boolean;
  failure: unknown;
}

/**
 * Ranges too long to be read within a round, after a start or when a busy key comes back. What needs them is set aside,
 * and rounds go on without it. What comes from one caller stays in order: behind what was set aside, all of it waits.
 *
 * The order holds because admissions are set aside only when their round is settled, in their order, and taken in again
 * only when the next round is gathered: a reading that ends in between changes nothing.
 */
export class LongRanges<A extends Held> {
  readonly #read: (range: KeyRange) => Promise<void>;
  readonly #onEnd: () => void;
  readonly #byKey = new Map<number, Reading<A>>();
  readonly #byCaller = new Map<Caller | undefined, Reading<A>>();
  #next: Reading<A>[] = [];
  #underWay = 0;

  /** `read` reads a range into memory. `onEnd`: there is something for `takeBack`. */
  constructor(read: (range: KeyRange) => Promise<void>, onEnd: () => void) {
    this.#read = read;
    this.#onEnd = onEnd;
  }

  get idle(): boolean {
    return this.#byKey.size === 0;
  }

  /** Begins to read a range, unless that is under way. */
  begin(range: KeyRange): void {
    if (this.#byKey.has(range.key)) return;
    const reading: Reading<A> = { range, waiters: [], ended: false, failure: undefined };
    this.#byKey.set(range.key, reading);
    this.#next.push(reading);
    this.#start();
  }

  /** Whether an admission of this caller is set aside. */
  holdsBack(caller: Caller | undefined): boolean {
    return this.#byCaller.has(caller);
  }

  /** Whether any of these ranges is being read. */
  reads(ranges: readonly KeyRange[]): boolean {
    return ranges.some(({ key }) => this.#byKey.has(key));
  }

  /** Sets an admission aside if it needs what is being read, or stands behind one of its caller. */
  takes(admission: A, ranges: readonly KeyRange[]): boolean {
    const { caller } = admission;
    let reading = this.#byCaller.get(caller);
    for (const { key } of ranges) reading ??= this.#byKey.get(key);
    if (reading === undefined) return false;
    const { key } = reading.range;
    reading.waiters.push({ admission, needs: ranges.some((range) => range.key === key) });
    this.#byCaller.set(caller, reading);
    return true;
  }

  /** What was set aside for readings that have ended, in order; fails what needs one that could not be read. */
  takeBack(): A[] {
    const back: A[] = [];
    for (const { range, waiters, ended, failure } of this.#byKey.values()) {
      if (!ended) continue;
      this.#byKey.delete(range.key);
      for (const { admission, needs } of waiters) {
        this.#byCaller.delete(admission.caller);
        if (needs && failure !== undefined) admission.fail(failure);
        else back.push(admission);
      }
    }
    return back;
  }

  #start(): void {
    while (this.#underWay < AT_ONCE) {
      const reading = this.#next.shift();
      if (reading === undefined) return;
      this.#underWay += 1;
      const end = (failure?: unknown): void => {
        reading.ended = true;
        reading.failure = failure;
        this.#underWay -= 1;
        this.#start();
        this.#onEnd();
      };
      this.#read(reading.range).then(() => end(), end);
    }
  }
}
