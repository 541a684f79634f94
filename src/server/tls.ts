import type { SecureContextOptions } from 'node:tls';

/** The certificates a server shows and believes, which may be replaced while it runs. */
export interface TlsSource {
  readonly current: SecureContextOptions;
  /** Whether callers are asked for a certificate. They need not have one: a key does as well. */
  readonly asksClients: boolean;
  /** Calls back with every replacement until the returned function is called. Connections that are open stay. */
  follow(replaced: (next: SecureContextOptions) => void): () => void;
}

/** What both servers are told, whatever the certificates: who has none that is believed is told by what they call. */
export function tlsSettings({ asksClients }: TlsSource) {
  return { requestCert: asksClients, rejectUnauthorized: false, minVersion: 'TLSv1.2' } as const;
}
