/** Counts durations in buckets that grow by 2 %, so that a percentile is right to 2 % and memory stays small. */
export interface Histogram {
  readonly count: number;
  /** Milliseconds, exact. */
  readonly max: number;
  /** Adds a duration in ms, `times` over. */
  add(ms: number, times?: number): void;
  /** The duration in ms that a `share` (0 to 1) of all does not exceed; 0 without any. */
  percentile(share: number): number;
}

const GROWTH = Math.log(1.02);
/** Milliseconds: everything below is counted as this. */
const SMALLEST = 0.001;
const BUCKETS = 1200;

/** An empty histogram for durations from a microsecond to hours. */
export function createHistogram(): Histogram {
  const buckets = new Float64Array(BUCKETS);
  let count = 0;
  let max = 0;
  return {
    get count() {
      return count;
    },
    get max() {
      return max;
    },
    add(ms, times = 1) {
      const bucket = ms <= SMALLEST ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / SMALLEST) / GROWTH));
      buckets[bucket] = (buckets[bucket] ?? 0) + times;
      count += times;
      if (ms > max) max = ms;
    },
    percentile(share) {
      let left = Math.ceil(share * count);
      for (let bucket = 0; bucket < BUCKETS && left > 0; bucket++) {
        left -= buckets[bucket] ?? 0;
        if (left <= 0) return Math.min(max, SMALLEST * Math.exp(bucket * GROWTH));
      }
      return max;
    },
  };
}
