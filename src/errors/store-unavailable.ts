import { TollgateError } from './errors.js';

/**
 * What a store throws when it cannot be reached or refuses to work; the caller may try again later. `detail` goes to
 * callers: words of ours, no path, host or driver's message. Those are the `cause`.
 */
export function storeUnavailable(detail: string, cause?: unknown): TollgateError {
  return new TollgateError('STORE_UNAVAILABLE', `store unavailable: ${detail}`, { cause });
}

/**
 * Waits for the instance to follow a change that is stored. That the store went away meanwhile does not undo the change,
 * so it is no failure of it: the instance follows later, as the others do.
 */
export async function followed(following: Promise<unknown>): Promise<void> {
  try {
    await following;
  } catch (error) {
    if (!(error instanceof TollgateError && error.code === 'STORE_UNAVAILABLE')) throw error;
  }
}

/** Errors of a database server may quote what is stored; their numbers do not. */
const QUOTES = new Set(['MongoServerError', 'MongoBulkWriteError', 'MongoWriteConcernError']);

/** Whether an error comes from a database server. */
export function quotesStored(error: Error): boolean {
  return QUOTES.has(error.name);
}

/** The name and numbers of an error of a database server. */
export function storeNumbers(error: Error): string {
  const { code = '', codeName = '' } = error as { readonly code?: number; readonly codeName?: string };
  return `${error.name} ${String(code)} ${codeName}`.trim();
}

/** Why a store could not be used, for the log: with what its driver says, as far as that holds nothing personal. */
export function storeReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return `${error.message} (${quotesStored(cause) ? storeNumbers(cause) : cause.message})`;
}
