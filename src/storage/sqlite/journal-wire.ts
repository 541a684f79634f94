/** A decision filter on its way to the worker. */
export interface WireListFilter {
  readonly site: string | undefined;
  /** Indexes into OUTCOMES. */
  readonly outcomes: readonly number[] | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly keys: readonly number[];
  readonly degraded: boolean | undefined;
}

/** A page on its way back: packed entries, and the sequence below which the next page begins. */
export interface WirePage {
  readonly entries: Uint8Array<ArrayBuffer>;
  readonly before: number | undefined;
}
