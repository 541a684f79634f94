import { TollgateError } from './errors.js';

/** What a store throws when it cannot be reached or refuses to work; the caller may try again later. */
export function storeUnavailable(detail: string, cause?: unknown): TollgateError {
  return new TollgateError('STORE_UNAVAILABLE', `store unavailable: ${detail}`, { cause });
}
