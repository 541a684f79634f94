import { TollgateError } from '../errors/errors.js';

/**
 * Who waits for an answer, and how long: one call of the API, or one stream with all of its entries. What comes from the
 * same caller (the same object) is taken in in the order it comes.
 */
export interface Caller {
  /** Epoch ms; undefined: none was set. */
  readonly deadline: number | undefined;
  /** Whether the caller has gone away, or its deadline has passed, before the answer. Asked when it matters. */
  readonly cancelled: boolean;
  /** The sites that the caller is bound to: of others it is told nothing. undefined: all. */
  readonly sites?: ReadonlySet<string> | undefined;
}

/** Throws CANCELLED when nobody waits for the answer any more. Asked between the steps of a long read. */
export function stopIfGone(caller: Caller | undefined): void {
  if (caller?.cancelled === true) throw callerGone();
}

/** The caller went away. */
export function callerGone(): TollgateError {
  return new TollgateError('CANCELLED', 'the caller went away');
}
