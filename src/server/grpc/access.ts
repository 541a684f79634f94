import type { DescMethod } from '@bufbuild/protobuf';
import { getOption } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import type { TollgateError } from '../../errors/errors.js';
import { access, Role as WireRole } from '../../gen/tollgate/v1/access_pb.js';
import type { Refusal, Shown } from '../../identity/authenticate.js';
import type { Callers } from '../../identity/callers.js';
import { notAuthenticated, type Session } from '../../identity/key-ring.js';
import { forbidden, type Access } from '../../identity/permission.js';
import type { Role } from '../../identity/roles.js';
import { bearerOf, peerGroup, subjectOfSocket } from '../shown.js';

/** What of a grpc-js call says who makes it. */
export interface ShowingCall {
  readonly metadata: Metadata;
  getPeer(): string;
}

/**
 * Lets a call in: whose it is. Otherwise gives undefined and calls `refuse` with what is to be answered, which may be
 * later. Runs before anything that was sent is decoded.
 */
export type Entrance = (call: ShowingCall, refuse: (error: TollgateError) => void) => Session | undefined;

const ROLE: Readonly<Record<WireRole, Role | undefined>> = {
  [WireRole.UNSPECIFIED]: undefined,
  [WireRole.AUTHOR]: 'author',
  [WireRole.APPROVER]: 'approver',
  [WireRole.OPERATOR]: 'operator',
  [WireRole.VIEWER]: 'viewer',
  [WireRole.SITE]: 'site',
};

/** A role as it is said on the wire; undefined for none that there is. */
export function fromRole(role: WireRole): Role | undefined {
  return ROLE[role];
}

/** Who may call a method, as its proto says. One that says nothing may be called by nobody. */
export function accessOf(method: DescMethod): Access {
  const { roles, allSites } = getOption(method, access);
  return {
    what: `${method.parent.name}.${method.name}`,
    roles: roles.map(fromRole).filter((role) => role !== undefined),
    allSites,
  };
}

/** The entrance to a method; without one, to what everybody may call whom Tollgate knows. */
export function entranceTo(method: DescMethod | undefined, callers: Callers): Entrance {
  const needed = method === undefined ? undefined : accessOf(method);
  return (call, refuse) => {
    const session = callerOf(call, callers);
    if (typeof session === 'string') {
      callers.refused(session, peerOf(call), () => refuse(notAuthenticated()));
      return undefined;
    }
    const error = needed === undefined ? undefined : forbidden(session.identity, needed);
    if (error === undefined) return session;
    refuse(error);
    return undefined;
  };
}

/** Whose call it is, as far as this instance knows; else why nobody's. */
export function callerOf(call: ShowingCall, callers: Callers): Session | Refusal {
  return callers.sessionOf(new CallShown(call));
}

/** What becomes of a call whose caller was asked for again. */
export interface Verdict {
  readonly letIn: () => void;
  readonly refuse: (error: TollgateError) => void;
}

/** Asks again of a call that was nobody's; one of the two follows, which may be later. */
export function askAgain(
  call: ShowingCall,
  why: Refusal,
  callers: Callers,
  { letIn, refuse }: Verdict,
): void {
  // A call that is gone meanwhile does not tell any more where it came from.
  const peer = peerOf(call);
  callers.again(new CallShown(call), why, (session) => {
    if (typeof session !== 'string') letIn();
    else callers.refused(session, peer, () => refuse(notAuthenticated()));
  });
}

/** Read when it is asked for: in development mode nobody does. */
class CallShown implements Shown {
  readonly #call: ShowingCall;

  constructor(call: ShowingCall) {
    this.#call = call;
  }

  get key(): string | undefined {
    const headers = this.#call.metadata.get('authorization');
    return headers.length > 1 ? '' : bearerOf(headers[0]?.toString());
  }

  subject(): string | undefined {
    return subjectOfConnection(this.#call);
  }
}

/** Whom the certificate of a connection names. Reading a certificate takes longer than a decision. */
const subjects = new WeakMap<object, { readonly subject: string | undefined }>();

/** A connection as grpc-js keeps it beneath its calls. */
interface CallOnConnection {
  readonly call?: {
    readonly stream?: { readonly session?: { readonly destroyed: boolean; readonly socket?: object } };
  };
}

function subjectOfConnection(call: ShowingCall): string | undefined {
  const connection = (call as CallOnConnection).call?.stream?.session;
  if (connection === undefined || connection.destroyed) return undefined;
  const known = subjects.get(connection);
  if (known !== undefined) return known.subject;
  const subject = subjectOfSocket(connection.socket ?? {});
  subjects.set(connection, { subject });
  return subject;
}

/** ADDRESS:PORT without the port. */
function peerOf(call: ShowingCall): string {
  return peerGroup(call.getPeer().replace(/:\d+$/, ''));
}
