const SMALLEST = Number.MIN_VALUE / Number.EPSILON;
/** Terms grow with the root of the parameters: enough for a thousand million trials. */
const MOST_TERMS = 200_000;
const MOST_STEPS = 100;

/**
 * The regularised incomplete beta function I_x(a, b), the distribution function of Beta(a, b); `a` and `b` above 0.
 * Small values are right to about nine digits, whatever the parameters. By the continued fraction 26.5.8 of Abramowitz
 * and Stegun, "Handbook of Mathematical Functions" (1964), evaluated forward (Lentz, 1976).
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean; the other side is the complement.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  return (Math.exp(logDensity(x, a, b) + Math.log(x) + Math.log1p(-x)) * fraction(x, a, b)) / a;
}

/**
 * The `x` with betaCdf(x, a, b) = p, for p in (0, 1); 0 where it is too small for a number. Newton's steps between the
 * logarithms of both, which near 0 are in a straight line, kept between bounds that close in.
 */
export function betaQuantile(p: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let step = 0; step < MOST_STEPS && x > 0; step++) {
    const reached = betaCdf(x, a, b);
    if (reached === p) return x;
    if (reached > p) high = x;
    else low = x;
    const slope = (x * Math.exp(logDensity(x, a, b))) / reached;
    const next = x * Math.exp((Math.log(p) - Math.log(reached)) / slope);
    const kept = next >= low && next < high ? next : (low + high) / 2;
    if (Math.abs(kept - x) <= 1e-14 * x) return kept;
    x = kept;
  }
  return x;
}

/**
 * The probability of at most `k` successes in `n` trials that succeed with probability `p` each. Right in small values,
 * as betaCdf is.
 */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : betaCdf(1 - p, n - k, k + 1);
}

/** Natural logarithm of the gamma function for `x` above 0: Stirling's series (Abramowitz and Stegun 6.1.41). */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  // The series is good from here on; below, the recurrence leads up to it.
  for (; at < 12; at++) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

function logDensity(x: number, a: number, b: number): number {
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  return (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta;
}

function fraction(x: number, a: number, b: number): number {
  let numerator = 1;
  let inverse = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = inverse;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    inverse = 1 / away(1 + even * inverse);
    numerator = away(1 + even / numerator);
    result *= numerator * inverse;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    inverse = 1 / away(1 + odd * inverse);
    numerator = away(1 + odd / numerator);
    const factor = numerator * inverse;
    result *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return result;
}

/** Never exactly 0, which could not be divided by. */
function away(value: number): number {
  return Math.abs(value) < SMALLEST ? SMALLEST : value;
}
