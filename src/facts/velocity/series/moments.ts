/** Part of a square that stands in `low`: squares are summed in two parts, so that the sum stays exact. */
const LOW = 2 ** 30;
/** Largest whole number whose square is a safe integer. */
const EXACT_ROOT = 94_906_265;

/**
 * Totals over amounts in minor units. All are whole numbers and exact while the sum stays below 2^53 and the sum of
 * squares below 2^83 (two million amounts of 2^31), so the order in which events arrive cannot change the last bit of
 * what is made from them.
 */
export class Totals {
  count = 0;
  sum = 0;
  /** The sum of squares is high * 2^30 + low. */
  high = 0;
  low = 0;
  max = -Infinity;
  min = Infinity;

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.high = 0;
    this.low = 0;
    this.max = -Infinity;
    this.min = Infinity;
  }

  add(value: number): void {
    this.count++;
    this.sum += value;
    const high = highOfSquare(value);
    this.high += high;
    this.low += lowOfSquare(value, high);
    if (value > this.max) this.max = value;
    if (value < this.min) this.min = value;
  }

  /** The average; undefined over nothing. */
  average(): number | undefined {
    return this.count === 0 ? undefined : this.sum / this.count;
  }

  /** The population standard deviation; undefined over nothing. */
  deviation(): number | undefined {
    const squares = BigInt(Math.round(this.high)) * BigInt(LOW) + BigInt(Math.round(this.low));
    return deviationOf(this.count, BigInt(Math.round(this.sum)), squares);
  }
}

/** What of a square goes to `high`. */
export function highOfSquare(value: number): number {
  if (value <= EXACT_ROOT && value >= -EXACT_ROOT) return Math.floor((value * value) / LOW);
  const whole = BigInt(Math.round(value));
  return Number((whole * whole) / BigInt(LOW));
}

/** What of a square goes to `low`, given what went to `high`. */
export function lowOfSquare(value: number, high: number): number {
  if (value <= EXACT_ROOT && value >= -EXACT_ROOT) return value * value - high * LOW;
  const whole = BigInt(Math.round(value));
  return Number((whole * whole) % BigInt(LOW));
}

/** Population standard deviation; undefined over nothing. Sums that are not exact may seem to spread by less than nothing. */
export function deviationOf(count: number, sum: bigint, squares: bigint): number | undefined {
  if (count === 0) return undefined;
  const spread = BigInt(count) * squares - sum * sum;
  return spread <= 0n ? 0 : Math.sqrt(Number(spread)) / count;
}
