import type { StreamKind } from './attributes.js';

/** A place in an admission log. With several instances each has a log of its own. */
export interface Position {
  readonly log: number;
  /** 1, 2, 3 … within the log. */
  readonly seq: number;
}

/**
 * One entry of the payment stream: a screened or recorded payment, or what was reported about one. Immutable. The
 * windows of every velocity, limit and history are defined over these and nothing else.
 */
export interface StreamEvent extends Position {
  readonly kind: StreamKind;
  /** Event time, epoch ms. */
  readonly at: number;
  /** When it became known, epoch ms; for a screened payment its decision time. */
  readonly knownAt: number;
  /**
   * When the payment was made that it is about, epoch ms, never after `at`: for a payment its own time, for a report
   * about no known payment the report's.
   */
  readonly paymentAt: number;
  /** Minor units of the base currency at the rate of admission; NaN when no rate was known. */
  readonly baseMinor: number;
  /** Minor units of its own currency. */
  readonly minor: number;
  /** By ATTRIBUTE_INDEX: keyed 53-bit hashes, 0 when absent. Always ATTRIBUTES.length long. */
  readonly attributes: readonly number[];
}

/** A part of the stream to read back: all events that carry `key` with event time or known time after `from`. */
export interface KeyRange {
  /** The value of a key attribute. */
  readonly key: number;
  /** Epoch ms, exclusive; -Infinity for all. */
  readonly from: number;
  /** The place of that attribute, for whoever asks: stores do not look at it. */
  readonly attribute?: number;
}
