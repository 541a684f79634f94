import { parseIp } from '../facts/normalise/ip.js';
import { subjectOf, type CertificateNames } from '../identity/subject.js';

const BEARER = /^bearer +(\S+)$/i;

/** The key in an `authorization` header; '' in one of another form. undefined: there is none. */
export function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : (BEARER.exec(header)?.[1] ?? '');
}

/** Where failed attempts of an address are counted: IPv4 by address, IPv6 by /64, of which a peer has a whole. */
export function peerGroup(address: string): string {
  const ip = parseIp(address);
  if (ip === undefined) return address.slice(0, 64);
  return (ip.version === 4 ? ip.words : ip.words.slice(0, 2)).join(':');
}

/** A socket with TLS. */
export interface SecureSocket {
  readonly authorized: boolean;
  getPeerCertificate(): CertificateNames & { readonly raw?: Buffer };
}

/** See Shown. */
export function subjectOfSocket(socket: Partial<SecureSocket>): string | undefined {
  const names = socket.getPeerCertificate?.();
  if (names?.raw === undefined) return undefined;
  return (socket.authorized === true ? subjectOf(names) : undefined) ?? '';
}
