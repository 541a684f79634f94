import type { Status } from '../../gen/google/rpc/status_pb.js';
import { fromRpcStatus } from '../../server/grpc/call-failed.js';
import { mayPass } from '../failure.js';

/**
 * Throws the error of an entry that cannot be taken now but later: what was to follow it must not be decided without it.
 * Other errors are the entry's own.
 */
export function throwIfNotNow(status: Status | undefined): void {
  const error = status && fromRpcStatus(status);
  if (error !== undefined && mayPass(error.code)) throw error;
}
