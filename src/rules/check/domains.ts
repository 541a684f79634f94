/** A range of numbers; an open end is not part of it. */
interface Interval {
  readonly low: number;
  readonly high: number;
  readonly openLow: boolean;
  readonly openHigh: boolean;
}

/** Texts: only these, or all but these. */
interface Texts {
  readonly except: boolean;
  readonly values: ReadonlySet<string>;
}

/** A set of values that a fact can have: an over-approximation, so that empty means impossible. */
export interface Domain {
  /** Sorted, disjoint. */
  readonly numbers: readonly Interval[];
  readonly texts: Texts;
  /** Bits: false, true, null, missing, anything else. */
  readonly others: number;
}

export const FALSE_BIT = 1;
export const TRUE_BIT = 2;
const NULL_BIT = 4;
export const MISSING_BIT = 8;
export const ELSE_BIT = 16;

const ALL_NUMBERS: readonly Interval[] = [interval(-Infinity, Infinity)];
const NO_TEXTS: Texts = { except: false, values: new Set() };
const ALL_TEXTS: Texts = { except: true, values: new Set() };

/** Every value there is. */
export const EVERYTHING: Domain = { numbers: ALL_NUMBERS, texts: ALL_TEXTS, others: 31 };

/** A set of numbers, texts and others; what is left out is empty. */
export function domain(parts: {
  readonly numbers?: readonly Interval[];
  readonly texts?: readonly string[] | 'all';
  readonly others?: number;
}): Domain {
  const texts =
    parts.texts === 'all'
      ? ALL_TEXTS
      : parts.texts === undefined
        ? NO_TEXTS
        : { except: false, values: new Set(parts.texts) };
  return { numbers: parts.numbers ?? [], texts, others: parts.others ?? 0 };
}

/** All numbers from `low` to `high`. */
export function interval(low: number, high: number, openLow = false, openHigh = false): Interval {
  return { low, high, openLow, openHigh };
}

/** The values that `===` finds in a list; NaN, lists and objects are never found. */
export function valuesOf(list: readonly unknown[]): Domain {
  const numbers = [...new Set(list.filter((item): item is number => typeof item === 'number'))].map(
    (value) => (value === 0 ? 0 : value),
  );
  return {
    numbers: [...new Set(numbers)].sort((a, b) => a - b).map((value) => interval(value, value)),
    texts: { except: false, values: new Set(list.filter((item) => typeof item === 'string')) },
    others:
      (list.includes(false) ? FALSE_BIT : 0) |
      (list.includes(true) ? TRUE_BIT : 0) |
      (list.includes(null) ? NULL_BIT : 0),
  };
}

/** Whether nothing is left. */
export function isEmpty({ numbers, texts, others }: Domain): boolean {
  return numbers.length === 0 && !texts.except && texts.values.size === 0 && others === 0;
}

/** What is in both. */
export function intersect(a: Domain, b: Domain): Domain {
  return {
    numbers: intersectNumbers(a.numbers, b.numbers),
    texts: intersectTexts(a.texts, b.texts),
    others: a.others & b.others,
  };
}

/** Everything else; for sets that are exact, not approximations. */
export function complement({ numbers, texts, others }: Domain): Domain {
  const rest: Interval[] = [];
  let low = -Infinity;
  let openLow = false;
  for (const next of numbers) {
    if (low < next.low || (low === next.low && !openLow && next.openLow)) {
      rest.push(interval(low, next.low, openLow, !next.openLow));
    }
    low = next.high;
    openLow = !next.openHigh;
  }
  if (low < Infinity || !openLow) rest.push(interval(low, Infinity, openLow, false));
  return {
    numbers: rest,
    texts: { except: !texts.except, values: texts.values },
    others: ~others & 31,
  };
}

/** The same without numbers that are not whole. */
export function wholeOnly(all: Domain): Domain {
  const numbers = all.numbers.flatMap(({ low, high, openLow, openHigh }) => {
    const first = Math.ceil(low) + (openLow && Number.isInteger(low) ? 1 : 0);
    const last = Math.floor(high) - (openHigh && Number.isInteger(high) ? 1 : 0);
    return first <= last ? [interval(first, last)] : [];
  });
  return { ...all, numbers };
}

function intersectNumbers(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  let i = 0;
  let j = 0;
  for (let x = a[i], y = b[j]; x !== undefined && y !== undefined; x = a[i], y = b[j]) {
    const low = Math.max(x.low, y.low);
    const high = Math.min(x.high, y.high);
    const openLow = (x.low === low && x.openLow) || (y.low === low && y.openLow);
    const openHigh = (x.high === high && x.openHigh) || (y.high === high && y.openHigh);
    if (low < high || (low === high && !openLow && !openHigh)) {
      result.push(interval(low, high, openLow, openHigh));
    }
    if (x.high < y.high || (x.high === y.high && x.openHigh)) i++;
    else j++;
  }
  return result;
}

function intersectTexts(a: Texts, b: Texts): Texts {
  if (a.except && b.except) return { except: true, values: new Set([...a.values, ...b.values]) };
  const [some, other] = a.except ? [b, a] : [a, b];
  const values = [...some.values].filter((value) => other.values.has(value) !== other.except);
  return { except: false, values: new Set(values) };
}
