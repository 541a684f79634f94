import type { IncomingMessage } from 'node:http';
import type { Shown } from '../../identity/authenticate.js';
import type { Callers } from '../../identity/callers.js';
import { notAuthenticated, type Session } from '../../identity/key-ring.js';
import { forbidden } from '../../identity/permission.js';
import { bearerOf, peerGroup, subjectOfSocket, type SecureSocket } from '../shown.js';

/** Why a request is refused. */
export interface Refused {
  readonly status: 401 | 403;
  readonly error: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

const READERS = { what: 'this page', roles: ['viewer', 'operator'], allSites: true } as const;

/** Why the sender of a request may not read what is of all sites; undefined: it may. May take its time to say no. */
export async function mayRead(request: IncomingMessage, callers: Callers): Promise<Refused | undefined> {
  const session = await sessionOf(request, callers);
  if (session === undefined) {
    const { code, message } = notAuthenticated();
    return { status: 401, error: code, message, headers: { 'www-authenticate': 'Bearer' } };
  }
  const error = forbidden(session.identity, READERS);
  return error && { status: 403, error: error.code, message: error.message, headers: {} };
}

/** Whose request it is; undefined when it may be said that it is nobody's. */
async function sessionOf(request: IncomingMessage, callers: Callers): Promise<Session | undefined> {
  const shown: Shown = {
    key: bearerOf(request.headers.authorization),
    subject: () => subjectOfSocket(request.socket as Partial<SecureSocket>),
  };
  const first = callers.sessionOf(shown);
  if (typeof first !== 'string') return first;
  const peer = peerGroup(request.socket.remoteAddress ?? '');
  return new Promise((resolve) => {
    callers.again(shown, first, (session) => {
      if (typeof session !== 'string') resolve(session);
      else callers.refused(session, peer, () => resolve(undefined));
    });
  });
}
