import { ServerCredentials } from '@grpc/grpc-js';
import { tlsSettings, type TlsSource } from '../tls.js';

/** grpc-js credentials that follow a TLS source. Those of the library need certificates of every caller, or of none. */
export class TlsCredentials extends ServerCredentials {
  /** Stops following. */
  readonly stop: () => void;

  constructor(source: TlsSource) {
    super(tlsSettings(source), source.current);
    this.stop = source.follow((next) => this.updateSecureContextOptions(next));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
