import { logGamma } from '../../src/statistics/beta.js';

/** What can well happen in `n` trials that succeed with probability `p`: how often, by successes. */
export function binomialMasses(
  n: number,
  p: number,
): readonly (readonly [successes: number, mass: number])[] {
  return Array.from({ length: n + 1 }, (_, k): [number, number] => {
    const ways = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
    return [k, Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p))];
  }).filter(([, mass]) => mass > 1e-12);
}
