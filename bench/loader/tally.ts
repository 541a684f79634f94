import type { LatencySummary } from './histogram.js';
import { Histogram } from './histogram.js';

const OK = 0;
const RESOURCE_EXHAUSTED = 8;

/** What a run counted. */
export interface LoadResult {
  /** Calls (for streams: entries) answered OK while counting. */
  readonly ok: number;
  /** Refused as overload while counting. */
  readonly refused: number;
  /** Other gRPC statuses while counting; -1: cut off. */
  readonly other: Readonly<Record<string, number>>;
  /** Answered OK before counting began, and after it ended while calls in flight ran out. */
  readonly okOutside: number;
  /** Everything sent: messages [first, first + sent) of the file. */
  readonly sent: number;
  readonly first: number;
  readonly seconds: number;
  /** `ok` per second. */
  readonly perSecond: number;
  /** Of calls answered OK while counting, microseconds. */
  readonly latencyUs: LatencySummary;
  /** Open loop only: from the moment a call was due, so that a late loader shows. */
  readonly dueLatencyUs?: LatencySummary;
  /** CPU of the loader per call, microseconds. */
  readonly loaderCpuUs: number;
  /** The file ran out before the time. */
  readonly exhausted: boolean;
  /** Why the connection ended, when it did. */
  readonly broken?: string;
}

/** Counts answers while it is told to. */
export class Tally {
  readonly latency = new Histogram();
  readonly dueLatency = new Histogram();
  ok = 0;
  refused = 0;
  okOutside = 0;
  readonly other: Record<string, number> = {};
  counting = false;
  #startedAt = 0;
  #seconds = 0;
  #cpu = process.cpuUsage();
  #cpuUs = 0;

  begin(): void {
    this.counting = true;
    this.#startedAt = performance.now();
    this.#cpu = process.cpuUsage();
  }

  end(): void {
    if (!this.counting) return;
    this.counting = false;
    this.#seconds = (performance.now() - this.#startedAt) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#cpuUs = user + system;
  }

  add(status: number, count = 1): void {
    if (!this.counting) {
      if (status === OK) this.okOutside += count;
    } else if (status === OK) this.ok += count;
    else if (status === RESOURCE_EXHAUSTED) this.refused += count;
    else this.other[status] = (this.other[status] ?? 0) + count;
  }

  result(
    sent: number,
    first: number,
    exhausted: boolean,
    open: boolean,
    broken: string | undefined,
  ): LoadResult {
    const others = Object.values(this.other).reduce((sum, count) => sum + count, 0);
    const all = this.ok + this.refused + others;
    return {
      ok: this.ok,
      refused: this.refused,
      other: this.other,
      okOutside: this.okOutside,
      sent,
      first,
      seconds: this.#seconds,
      perSecond: this.#seconds === 0 ? 0 : this.ok / this.#seconds,
      latencyUs: this.latency.summary(),
      ...(open ? { dueLatencyUs: this.dueLatency.summary() } : {}),
      loaderCpuUs: all === 0 ? 0 : this.#cpuUs / all,
      exhausted,
      ...(broken === undefined ? {} : { broken }),
    };
  }
}
