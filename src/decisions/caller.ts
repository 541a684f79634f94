/**
 * Who waits for an answer, and how long: one call of the API, or one stream with all of its entries. What comes from the
 * same caller (the same object) is taken in in the order it comes.
 */
export interface Caller {
  /** Epoch ms; undefined: none was set. */
  readonly deadline: number | undefined;
  /** Whether the caller has gone away, or its deadline has passed, before the answer. Asked when it matters. */
  readonly cancelled: boolean;
}
