import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { logText } from '../errors/error-text.js';
import type { Callers } from '../identity/callers.js';
import type { GrpcServer } from '../server/grpc/server.js';
import { startHttpServer, type HttpServer } from '../server/http/server.js';
import type { Metrics } from '../server/metrics.js';
import { identitiesText } from './identities.js';
import { storeAddress } from './store-address.js';
import type { StoreWatch } from './store-watch.js';
import type { TlsFiles } from './tls-files.js';

/** What the HTTP listener shows. */
export interface HttpParts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly store: StoreWatch;
  readonly callers: Callers;
  readonly tls: TlsFiles | undefined;
}

/** Starts the HTTP listener; where it cannot be, the gRPC server does not stay behind. */
export async function startHttp(
  { config, metrics, log, store, callers, tls }: HttpParts,
  grpc: GrpcServer,
): Promise<HttpServer> {
  try {
    return await startHttpServer({
      listen: config.http,
      readiness: () => ({
        ready: store.up(),
        store: store.up() ? 'up' : 'down',
        detail: storeShown(config),
        identities: identitiesText(config),
      }),
      metrics,
      callers,
      ...(tls && { tls }),
      trouble: (what, error) => log.warn({ error: logText(error) }, what),
    });
  } catch (error) {
    await grpc.close(0);
    throw error;
  }
}

/** Where the store is, is for nobody whom the service does not know. */
function storeShown({ identities, store }: Config): string {
  return identities === 'required' ? store.kind : storeAddress(store);
}
