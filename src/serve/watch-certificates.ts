import type { Logger } from 'pino';
import type { Metrics } from '../server/metrics.js';
import type { Timers } from '../world/world.js';
import type { TlsFiles } from './tls-files.js';

/** Follows the files of certificates until stopped, and says what became of changes. */
export function watchCertificates(
  tls: TlsFiles,
  timers: Timers,
  metrics: Pick<Metrics, 'tlsReloaded'>,
  log: Pick<Logger, 'info' | 'error'>,
): { stop(): Promise<void> } {
  return tls.watch(timers, (result) => {
    metrics.tlsReloaded(result.ok);
    if (result.ok) log.info('the certificates have changed: new connections get the new ones');
    else log.error({ problem: result.problem }, 'the certificates cannot be used: those before stay');
  });
}
