import type { Logger } from 'pino';
import type { Observer } from '../decisions/observer.js';
import { storeReason } from '../errors/store-unavailable.js';
import type { Metrics } from '../server/metrics.js';

/** Counts everything, and logs at most one short line in `sample` decisions. Never requests, never personal data. */
export function serviceObserver(metrics: Metrics, log: Logger, sample: number): Observer {
  let decided = 0;
  return {
    decided(record, repeated, tookUs) {
      metrics.decided(record, repeated, tookUs);
      decided += 1;
      if (sample === 0 || decided % sample !== 0) return;
      const { id, site, outcome, threeDs, reasons } = record;
      log.info({ id, site, outcome, threeDs, reasons, us: Math.round(tookUs) }, 'decided');
    },
    recorded: (kind, repeated) => metrics.recorded(kind, repeated),
    failed: (code) => metrics.failed(code),
    round: (size, coldRanges) => metrics.round(size, coldRanges),
    factFailed(fact, error) {
      metrics.factFailed(fact, error);
      log.error({ fact, error: messageOf(error) }, 'a fact could not be read');
    },
    trouble(what, error) {
      metrics.trouble(what, error);
      log.warn({ error: storeReason(error) }, what);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
