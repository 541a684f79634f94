import type { DecisionRecord, HeldLimit } from '../record.js';

/** What a decision holds of cumulative limits. */
export interface Holding {
  /** What is held of each, minor units of the base currency. */
  readonly baseMinor: number;
  /** Those with the state `held`, at least one, in the order they were asked. */
  readonly uses: readonly HeldLimit[];
}

/** What a decision holds; undefined for nothing, as nearly all do. */
export function holdingOf({ limits, base }: Pick<DecisionRecord, 'limits' | 'base'>): Holding | undefined {
  if (limits.length === 0 || base === null) return undefined;
  const uses = limits.flatMap((use) => (use.state === 'held' ? [use] : []));
  return uses.length === 0 ? undefined : { baseMinor: base.minor, uses };
}

/** The same of a stored record. Most are never parsed: what was written as JSON without these characters holds nothing. */
export function storedHolding(record: string): Holding | undefined {
  return record.includes('"state":"held"') ? holdingOf(JSON.parse(record) as DecisionRecord) : undefined;
}
