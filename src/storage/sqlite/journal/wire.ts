/** Places in a batch of what was not stored. */
export interface WireAppended {
  readonly duplicates: number[];
  readonly taken: number[];
}

/** A decision filter on its way to the worker. */
export interface WireListFilter {
  readonly site: string | undefined;
  /** Indexes into OUTCOMES. */
  readonly outcomes: readonly number[] | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly keys: readonly number[];
  readonly degraded: boolean | undefined;
  /** RULE_SET/RULE */
  /** One of these hit. */
  readonly rules: readonly string[] | undefined;
}

/** A place in the list of decisions: what is older comes after it; of the same event time, what has a lower sequence. */
export interface ListPlace {
  /** Event time, epoch ms. */
  readonly at: number;
  readonly seq: number;
}

/** A page on its way back: packed entries, and the place after which the next page begins. */
export interface WirePage {
  readonly entries: Uint8Array<ArrayBuffer>;
  readonly next: ListPlace | undefined;
}

/**
 * Events of ranges, packed. `ranges`: (range u32, count u32, events) again and again. `shared`: count u32, events, then
 * (range u32, count u32, places u32) again and again. An event is seq f64, length u32, bytes.
 */
export interface WireRanges {
  /** Places of ranges that were too long. */
  readonly long: readonly number[];
  readonly ranges: Uint8Array<ArrayBuffer>;
  readonly shared: Uint8Array<ArrayBuffer>;
}

/** The answer to a query: which ids were found, those entries packed, and ranges. */
export interface WireAnswer extends WireRanges {
  readonly found: readonly boolean[];
  readonly entries: Uint8Array<ArrayBuffer>;
  /** The highest sequence of those entries; 0 for none. */
  readonly newest: number;
}
