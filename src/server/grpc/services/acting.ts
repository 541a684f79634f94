import type { ListEntry } from '../../../gen/tollgate/v1/list_service_pb.js';
import type { CallContext } from '../call-context.js';

type Calling = Pick<CallContext, 'identity'>;

/** Who acts: whoever calls, and what a request says of it counts in development mode only, where nobody is known. */
export function actorOf({ identity }: Calling, said: string): string {
  return identity.kind === 'development' ? said : identity.name;
}

/** Writes down who acts in what changes entries of a list. */
export function signEntries(
  context: Calling,
  request: { actor?: string; readonly entries?: ListEntry[] },
): void {
  if (request.actor !== undefined) request.actor = actorOf(context, request.actor);
  for (const entry of request.entries ?? []) entry.actor = actorOf(context, entry.actor);
}
