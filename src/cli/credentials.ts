import { parseKey } from '../identity/key-text.js';
import type { ChannelTls } from '../server/grpc/bridge.js';
import { usageError } from './exit.js';
import type { Host } from './host.js';
import { readBytesNow } from './input/files.js';

/** The options that say who calls, and over what. */
export interface CredentialOptions {
  readonly keyFile?: string;
  readonly tlsCa?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/** What a command shows of who calls. */
export interface Credentials {
  readonly key: string | undefined;
  /** Where the key was found, for messages: the key itself is never shown. */
  readonly keyFrom: string;
  readonly tls: ChannelTls | undefined;
}

/** Means the authorities that Node believes. */
const SYSTEM = 'system';

/**
 * The key of --key-file, else of TOLLGATE_KEY, else of the file that TOLLGATE_KEY_FILE names; certificates by --tls-ca,
 * --client-cert and --client-key, else the environment. A key is no option: others on the machine see those.
 */
export function credentialsOf(options: CredentialOptions, host: Host): Credentials {
  return { ...keyOf(options, host), tls: tlsOf(options, host) };
}

function keyOf({ keyFile }: CredentialOptions, { environment }: Host): Pick<Credentials, 'key' | 'keyFrom'> {
  const { TOLLGATE_KEY: inPlace, TOLLGATE_KEY_FILE: named } = environment;
  if (keyFile === undefined && inPlace) return checked(inPlace, 'TOLLGATE_KEY');
  const file = keyFile ?? named;
  if (!file) return { key: undefined, keyFrom: '' };
  return checked(readBytesNow(file).toString('utf8'), file);
}

function checked(text: string, from: string): Pick<Credentials, 'key' | 'keyFrom'> {
  const key = text.replace(/^\uFEFF/, '').trim();
  if (parseKey(key) === undefined)
    throw usageError(`${from}: holds no key of Tollgate: tollgate_, 16 characters, _ and 43 more`);
  return { key, keyFrom: from };
}

function tlsOf(options: CredentialOptions, { environment }: Host): ChannelTls | undefined {
  const ca = options.tlsCa ?? environment['TOLLGATE_TLS_CA'] ?? '';
  const cert = options.clientCert ?? environment['TOLLGATE_CLIENT_CERT'] ?? '';
  const key = options.clientKey ?? environment['TOLLGATE_CLIENT_KEY'] ?? '';
  if ((cert === '') !== (key === '')) throw usageError('--client-cert and --client-key go together');
  if (ca === '' && cert !== '')
    throw usageError(`--client-cert says nothing without --tls-ca FILE (or --tls-ca ${SYSTEM})`);
  if (ca === '') return undefined;
  const client = cert === '' ? undefined : { cert: readBytesNow(cert), key: readBytesNow(key) };
  return { ca: ca === SYSTEM ? null : readBytesNow(ca), ...(client && { client }) };
}
