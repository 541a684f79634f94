/** Latencies by logarithmic buckets of about 1.6 % width, 1 us to more than a minute: constant memory, cheap to add to. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #sum = 0;
  #max = 0;

  /** Microseconds. */
  add(us: number): void {
    const value = us < 1 ? 1 : us;
    this.#counts[Math.min(BUCKETS - 1, Math.floor(Math.log2(value) * PER_OCTAVE))]! += 1;
    this.#total += 1;
    this.#sum += us;
    if (us > this.#max) this.#max = us;
  }

  /** The value below which a share (0 to 1) of all values lies, microseconds. */
  quantile(share: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(this.#max, 2 ** ((bucket + 0.5) / PER_OCTAVE));
    }
    return this.#max;
  }

  summary(): LatencySummary {
    const round = (us: number): number => Math.round(us);
    return {
      count: this.#total,
      mean: round(this.#total === 0 ? 0 : this.#sum / this.#total),
      p50: round(this.quantile(0.5)),
      p90: round(this.quantile(0.9)),
      p99: round(this.quantile(0.99)),
      p999: round(this.quantile(0.999)),
      max: round(this.#max),
    };
  }
}

/** Microseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const PER_OCTAVE = 44;
const BUCKETS = 27 * PER_OCTAVE;
