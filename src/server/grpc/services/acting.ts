import type { ListEntry } from '../../../gen/tollgate/v1/list_service_pb.js';
import { invalidRequest } from '../../../errors/errors.js';
import { isOwnName, OWN_NAME } from '../validate/own-names.js';
import type { CallContext } from '../call-context.js';

type Calling = Pick<CallContext, 'identity'>;

/**
 * Who acts: whoever calls, and what a request says of it in `field` counts in development mode only, where nobody is known.
 * Throws INVALID_REQUEST where it says that Tollgate itself acts.
 */
export function actorOf({ identity }: Calling, said: string, field = 'actor'): string {
  if (identity.kind !== 'development') return identity.name;
  if (isOwnName(said)) throw invalidRequest([{ field, description: OWN_NAME }]);
  return said;
}

/** Writes down who acts in what changes entries of a list. */
export function signEntries(
  context: Calling,
  request: { actor?: string; readonly entries?: ListEntry[] },
): void {
  if (request.actor !== undefined) request.actor = actorOf(context, request.actor);
  if (context.identity.kind === 'development') return;
  for (const entry of request.entries ?? []) entry.actor = context.identity.name;
}
