import {
  ELSE_BIT,
  FALSE_BIT,
  intersect,
  isEmpty,
  MISSING_BIT,
  TRUE_BIT,
  valuesOf,
} from '../check/domains.js';
import type { Domain } from '../check/domains.js';

/** The nearest number of a set. */
export interface NearestNumber {
  readonly value: number;
  /** The end of the interval that it lies at; it is not part of the set where the interval is open there. */
  readonly bound: number;
}

/** Whether a value is in a set. */
export function holds(set: Domain, value: unknown): boolean {
  if (value === undefined) return (set.others & MISSING_BIT) !== 0;
  if ((typeof value === 'object' && value !== null) || Number.isNaN(value))
    return (set.others & ELSE_BIT) !== 0;
  return !isEmpty(intersect(set, valuesOf([value])));
}

/** The number of a set that is nearest to one outside it; undefined: it has no numbers. */
export function nearestNumber({ numbers }: Domain, from: number): NearestNumber | undefined {
  let best: NearestNumber | undefined;
  for (const { low, high, openLow, openHigh } of numbers) {
    const above = from < low || (from === low && openLow);
    const bound = above ? low : high;
    const open = above ? openLow : openHigh;
    const value = open ? neighbour(bound, above) : bound;
    if (best === undefined || Math.abs(value - from) < Math.abs(best.value - from)) best = { value, bound };
  }
  return best;
}

/** A value of a set, the plainest there is, never missing; undefined: there is none, or only lists and objects. */
export function exampleOf(set: Domain): unknown {
  const { texts, numbers, others } = set;
  const [first] = texts.values;
  if (!texts.except && first !== undefined) return first;
  if ((others & TRUE_BIT) !== 0) return true;
  if ((others & FALSE_BIT) !== 0) return false;
  const [range] = numbers;
  if (range !== undefined) {
    const { low, high, openLow, openHigh } = range;
    if (low !== -Infinity) return openLow ? neighbour(low, true) : low;
    if (high !== Infinity) return openHigh ? neighbour(high, false) : high;
    return 0;
  }
  if (texts.except) return otherText(texts.values);
  return holds(set, null) ? null : undefined;
}

function otherText(taken: ReadonlySet<string>): string {
  let text = 'other';
  while (taken.has(text)) text += '-';
  return text;
}

const view = new DataView(new ArrayBuffer(8));

/** The next number that a double can be. */
function neighbour(value: number, up: boolean): number {
  if (value === 0) return up ? Number.MIN_VALUE : -Number.MIN_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 === up ? 1n : -1n));
  return view.getFloat64(0);
}
