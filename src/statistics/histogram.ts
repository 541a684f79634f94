/**
 * How many durations fell into which bucket. Whole microseconds below 64 have a bucket each; from there every
 * doubling is cut into 64, so a bucket is at most 1/64 of its lower edge wide. From 2^32 on, 71 minutes, all are in
 * the last. Bounded, and adding up bucket by bucket merges what several instances counted.
 */
export interface Histogram {
  /** Count by bucket; as long as there are buckets. */
  readonly counts: Float64Array;
}

/** The same as JSON: bucket and count of those that are not empty, by rising bucket. */
export type HistogramPairs = readonly (readonly [bucket: number, count: number])[];

/** Buckets per doubling, and below the first doubling. */
const STEPS = 64;
const STEPS_LOG2 = 6;
const LAST_US = 2 ** 32 - 1;
const BUCKETS = STEPS * (32 - STEPS_LOG2 + 1);

/** An empty histogram. */
export function createHistogram(): Histogram {
  return { counts: new Float64Array(BUCKETS) };
}

/** Counts a duration in microseconds. A clock that went back counts as 0; parts of a microsecond are cut off. */
export function addDuration({ counts }: Histogram, us: number): void {
  const bucket = bucketOf(us);
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}

/** Adds all of `more` to a histogram. */
export function addHistogram({ counts }: Histogram, more: Histogram): void {
  more.counts.forEach((count, bucket) => {
    if (count !== 0) counts[bucket] = (counts[bucket] ?? 0) + count;
  });
}

/** How many durations were counted. */
export function histogramCount({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The bucket of the `rank`th shortest duration, microseconds: it lasted from `low` up to, not including, `high`. `rank`
 * from 1 to the count; undefined beyond. `high` of the last bucket is Infinity.
 */
export function durationAt(
  { counts }: Histogram,
  rank: number,
): { readonly low: number; readonly high: number } | undefined {
  if (rank < 1) return undefined;
  let left = rank;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    left -= counts[bucket] ?? 0;
    if (left <= 0) return { low: edge(bucket), high: bucket === BUCKETS - 1 ? Infinity : edge(bucket + 1) };
  }
  return undefined;
}

/** A histogram as JSON. */
export function histogramPairs({ counts }: Histogram): HistogramPairs {
  const pairs: [number, number][] = [];
  counts.forEach((count, bucket) => {
    if (count !== 0) pairs.push([bucket, count]);
  });
  return pairs;
}

/** A histogram from its JSON; a bucket named twice adds up. RangeError for a bucket that there is not, or no count. */
export function histogramOf(pairs: HistogramPairs): Histogram {
  const histogram = createHistogram();
  for (const [bucket, count] of pairs) {
    if (!Number.isInteger(bucket) || bucket < 0 || bucket >= BUCKETS)
      throw new RangeError(`no bucket ${bucket}`);
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`no count: ${count}`);
    histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + count;
  }
  return histogram;
}

function bucketOf(us: number): number {
  if (!(us >= 1)) return 0;
  const whole = Math.floor(Math.min(us, LAST_US));
  if (whole < STEPS) return whole;
  const shift = 31 - STEPS_LOG2 - Math.clz32(whole);
  return shift * STEPS + (whole >>> shift);
}

function edge(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  return (bucket - shift * STEPS) * 2 ** shift;
}
