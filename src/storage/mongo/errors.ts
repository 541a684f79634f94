import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  type WriteError,
} from 'mongodb';
import { TollgateError } from '../../errors/errors.js';
import { storeUnavailable } from '../../errors/store-unavailable.js';

const DUPLICATE_KEY = 11_000;
const NAMESPACE_EXISTS = 48;
/** A primary that stopped being one, or a server that shuts down. */
const LEAVING = new Set([91, 189, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** The URI asks for what the store cannot give, or leads to what it cannot be kept on. */
export class BadAddress extends Error {
  override readonly name = 'BadAddress';
}

/**
 * What callers meet instead of an error of the driver, in words of ours: the driver's go to the log alone. Anything else is
 * a bug and stays as it is.
 */
export function toStoreError(error: unknown): unknown {
  if (error instanceof TollgateError || !(error instanceof MongoError || isSocketError(error))) return error;
  const what =
    error instanceof MongoServerError && !isConnectionLoss(error) ? 'it refused a step' : 'it is away';
  return storeUnavailable(what, error);
}

/** Why no connection came about: the driver only says that it waited where servers answer as another replica set's. */
export function notOpened(error: unknown): unknown {
  if (!(error instanceof MongoServerSelectionError) || error.reason === undefined) return error;
  const { setName, servers } = error.reason;
  if (setName === null || servers.size > 0) return error;
  return storeUnavailable('it is away', new Error(`no server there belongs to a replica set '${setName}'`));
}

/**
 * Whether the server cannot be reached, or is no primary any more: both may heal. One connection that is silent says
 * nothing of the others.
 */
export function isConnectionLoss(error: unknown): boolean {
  // The driver wraps what ended many writes, whatever it was.
  if (error instanceof MongoBulkWriteError && error.errorResponse instanceof Error)
    return isConnectionLoss(error.errorResponse);
  if (error instanceof MongoNetworkTimeoutError) return false;
  if (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    isSocketError(error)
  )
    return true;
  return error instanceof MongoServerError && LEAVING.has(Number(error.code));
}

/** What the system says of a socket: the driver hands it on as it is when it breaks in the middle of a large write. */
function isSocketError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof MongoError) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === 'read' || syscall === 'write' || code?.startsWith('ERR_STREAM_') === true;
}

/** Whether a collection is not made since there is one of this name. */
export function isThereAlready(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === NAMESPACE_EXISTS;
}

/** Whether a unique index refused a write. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** Whether the index of this field alone refused a write. */
export function isDuplicateOf(error: unknown, field: string): boolean {
  if (!isDuplicateKey(error)) return false;
  const { keyPattern } = (error as MongoServerError).errorResponse as { readonly keyPattern?: object };
  return keyPattern !== undefined && Object.keys(keyPattern).join(' ') === field;
}

/**
 * The places in an unordered insert that were refused as duplicates; `undefined` when the error leaves open what of the
 * insert is durable.
 */
export function duplicatesOf(error: unknown, size: number): ReadonlySet<number> | undefined {
  if (!onlyDuplicates(error)) return undefined;
  const failed = writeErrorsOf(error);
  return error.insertedCount + failed.length === size ? new Set(failed.map(({ index }) => index)) : undefined;
}

/** Whether all that went wrong with several writes is that a unique index refused some. */
export function onlyDuplicates(error: unknown): error is MongoBulkWriteError {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined)
    return false;
  const failed = writeErrorsOf(error);
  return failed.length > 0 && failed.every(({ code }) => code === DUPLICATE_KEY);
}

function writeErrorsOf({ writeErrors }: MongoBulkWriteError): readonly WriteError[] {
  return [writeErrors].flat();
}
