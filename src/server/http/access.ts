import type { IncomingMessage } from 'node:http';
import type { Callers } from '../../identity/callers.js';
import { notAuthenticated } from '../../identity/key-ring.js';
import { forbidden } from '../../identity/permission.js';
import { subjectOf, type CertificateNames } from '../../identity/subject.js';
import { bearerOf, peerGroup } from '../shown.js';

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
  const session = callers.sessionOf({
    key: bearerOf(request.headers.authorization),
    subject: () => subjectOfSocket(request.socket as Partial<SecureSocket>),
  });
  if (typeof session === 'string') {
    await new Promise<void>((resolve) => {
      callers.refused(session, peerGroup(request.socket.remoteAddress ?? ''), resolve);
    });
    const { code, message } = notAuthenticated();
    return { status: 401, error: code, message, headers: { 'www-authenticate': 'Bearer' } };
  }
  const error = forbidden(session.identity, READERS);
  return error && { status: 403, error: error.code, message: error.message, headers: {} };
}

interface SecureSocket {
  readonly authorized: boolean;
  getPeerCertificate(): CertificateNames;
}

function subjectOfSocket(socket: Partial<SecureSocket>): string | undefined {
  if (socket.authorized !== true) return undefined;
  const names = socket.getPeerCertificate?.();
  return names && subjectOf(names);
}
