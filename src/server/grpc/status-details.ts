import { create, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type { ErrorCode, FieldViolation } from '../../errors/errors.js';
import { ERRORS, TollgateError } from '../../errors/errors.js';
import {
  BadRequest_FieldViolationSchema,
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '../../gen/google/rpc/error_details_pb.js';
import type { BadRequest_FieldViolation } from '../../gen/google/rpc/error_details_pb.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';

/** The domain of every ErrorInfo that Tollgate answers with. */
export const ERROR_DOMAIN = 'tollgate';

/** In the metadata of an ErrorInfo: how many fields are at fault, where the answer does not name all. */
export const VIOLATIONS_TOTAL = 'violations_total';

/** After how many ms the caller may try again, for errors that pass. */
const RETRY_AFTER_MS: { readonly [code in ErrorCode]?: number } = {
  OVERLOADED: 200,
  STORE_UNAVAILABLE: 1000,
  SHUTTING_DOWN: 200,
  LIST_BUSY: 1000,
};

/** Trailers travel in HTTP/2 headers, of which many clients take 8 KiB in all, base64 included. */
const MAX_VIOLATION_BYTES = 4_000;
const MAX_MESSAGE_CHARS = 500;
/** The answer to a stream entry is a message, not a header. */
const MAX_VIOLATION_BYTES_IN_BODY = 64_000;

/** A TollgateError as google.rpc.Status with ErrorInfo and, where they apply, BadRequest and RetryInfo. */
export function toRpcStatus(error: TollgateError, inHeader: boolean): Status {
  const { violations } = error;
  const kept = fitting(violations, inHeader ? MAX_VIOLATION_BYTES : MAX_VIOLATION_BYTES_IN_BODY);
  const total = kept.length < violations.length ? { [VIOLATIONS_TOTAL]: String(violations.length) } : {};
  const metadata = { ...error.metadata, ...total };
  const details: Any[] = [
    anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: error.code, domain: ERROR_DOMAIN, metadata })),
  ];
  if (kept.length > 0)
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: kept })));
  const retryAfter = RETRY_AFTER_MS[error.code];
  if (retryAfter !== undefined) {
    details.push(
      anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfter) })),
    );
  }
  return create(StatusSchema, {
    code: status[ERRORS[error.code].status],
    message: headerText(error.message),
    details,
  });
}

/** The bytes of the `grpc-status-details-bin` trailer. */
export function statusDetailsBytes(error: TollgateError): Buffer {
  return Buffer.from(toBinary(StatusSchema, toRpcStatus(error, true)));
}

/** Short, and free of lone surrogates, which cannot be put into a header. */
export function headerText(text: string): string {
  const cut = text.length > MAX_MESSAGE_CHARS ? `${text.slice(0, MAX_MESSAGE_CHARS)}…` : text;
  return cut.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
}

/** The first violations, as many as go into so many bytes. */
function fitting(violations: readonly FieldViolation[], maxBytes: number): BadRequest_FieldViolation[] {
  const kept = [];
  let bytes = 0;
  for (const violation of violations) {
    const field = headerText(violation.field);
    const description = headerText(violation.description);
    bytes += 8 + Buffer.byteLength(field) + Buffer.byteLength(description);
    if (bytes > maxBytes) break;
    kept.push(create(BadRequest_FieldViolationSchema, { field, description }));
  }
  return kept;
}
