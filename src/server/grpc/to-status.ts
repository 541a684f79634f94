import type { StatusObject } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import type { ErrorCode } from '../../errors/errors.js';
import { ERRORS, TollgateError } from '../../errors/errors.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { headerText, statusDetailsBytes, toRpcStatus } from './status-details.js';

/** The trailer in which gRPC carries a google.rpc.Status. */
export const DETAILS_TRAILER = 'grpc-status-details-bin';

/** What the error mapping needs of the world. */
export interface ErrorReporter {
  /** A short unique text that is told to the caller and logged. */
  reference(): string;
  /** Called for everything that is not a TollgateError, and for INTERNAL ones. */
  unexpected(error: unknown, reference: string): void;
  /** Called for every error that is answered: for counters. */
  answered?(code: ErrorCode): void;
}

/** Makes a TollgateError of whatever was thrown; what is not one becomes INTERNAL under a reference that is logged. */
function toTollgateError(error: unknown, reporter: ErrorReporter): TollgateError {
  const known =
    error instanceof TollgateError && error.code !== 'INTERNAL' ? error : internal(error, reporter);
  reporter.answered?.(known.code);
  return known;
}

/** The one mapping of anything thrown to what goes out on the wire as the status of a call. */
export function toStatus(error: unknown, reporter: ErrorReporter): StatusObject {
  const known = toTollgateError(error, reporter);
  const metadata = new Metadata();
  metadata.set(DETAILS_TRAILER, detailsOf(known));
  return { code: status[ERRORS[known.code].status], details: headerText(known.message), metadata };
}

/** The same mapping for an entry of a stream that goes on. */
export function toEntryStatus(error: unknown, reporter: ErrorReporter): Status {
  return toRpcStatus(toTollgateError(error, reporter), false);
}

function internal(error: unknown, reporter: ErrorReporter): TollgateError {
  const reference = reporter.reference();
  reporter.unexpected(error, reference);
  return new TollgateError('INTERNAL', `internal error, reference ${reference}`, { metadata: { reference } });
}

/** Refusals come in thousands a second just when time is short, and say the same each time. */
const refusals = new Map<string, Buffer>();
const REFUSALS_KEPT = 64;

function detailsOf(error: TollgateError): Buffer {
  if (error.code !== 'OVERLOADED' && error.code !== 'STORE_UNAVAILABLE') return statusDetailsBytes(error);
  if (Object.keys(error.metadata).length > 0 || error.violations.length > 0) return statusDetailsBytes(error);
  const key = `${error.code} ${error.message}`;
  let bytes = refusals.get(key);
  if (bytes === undefined) {
    if (refusals.size >= REFUSALS_KEPT) refusals.clear();
    bytes = statusDetailsBytes(error);
    refusals.set(key, bytes);
  }
  return bytes;
}
