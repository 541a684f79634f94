import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { ErrorCode } from '../../errors/errors.js';
import { ERRORS, TollgateError } from '../../errors/errors.js';
import { BadRequestSchema, ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { ERROR_DOMAIN } from './status-details.js';
import { DETAILS_TRAILER } from './to-status.js';

/** A call that failed without Tollgate's own word on it: nobody there, not Tollgate, cut off. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  /** Name of the gRPC status, for example UNAVAILABLE when nobody listens. */
  readonly status: string;

  constructor(statusName: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = statusName;
  }
}

/** What a failed call throws at the client: the server's TollgateError where it sent one, else CallFailed. */
export function fromServiceError(error: ServiceError): TollgateError | CallFailed {
  const [bytes] = error.metadata?.get(DETAILS_TRAILER) ?? [];
  const known = Buffer.isBuffer(bytes) ? fromDetails(bytes) : undefined;
  if (known !== undefined) return known;
  if (error.code === status.DEADLINE_EXCEEDED) {
    return new TollgateError('DEADLINE_EXCEEDED', 'the deadline passed before the answer', { cause: error });
  }
  if (error.code === status.CANCELLED) {
    return new TollgateError('CANCELLED', 'the call was cancelled', { cause: error });
  }
  return new CallFailed(status[error.code] ?? 'UNKNOWN', error.details || error.message, error);
}

/** The TollgateError that a google.rpc.Status holds, as in an entry of a stream; undefined when it holds none. */
export function fromRpcStatus(rpcStatus: Status): TollgateError | undefined {
  let code: ErrorCode | undefined;
  let metadata: Record<string, string> = {};
  let violations: { field: string; description: string }[] = [];
  for (const detail of rpcStatus.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined && info.domain === ERROR_DOMAIN && Object.hasOwn(ERRORS, info.reason)) {
      code = info.reason as ErrorCode;
      metadata = info.metadata;
    }
    const bad = anyUnpack(detail, BadRequestSchema);
    if (bad !== undefined) {
      violations = bad.fieldViolations.map(({ field, description }) => ({ field, description }));
    }
  }
  return code === undefined
    ? undefined
    : new TollgateError(code, rpcStatus.message, { metadata, violations });
}

function fromDetails(bytes: Buffer): TollgateError | undefined {
  try {
    return fromRpcStatus(fromBinary(StatusSchema, bytes));
  } catch {
    return undefined;
  }
}
