import type { Logger } from 'pino';
import type { CanaryCounts } from '../decisions/canary/canary-counts.js';
import type { CanaryRun } from '../decisions/canary/canary-store.js';
import type { Observer } from '../decisions/observer.js';
import { logText } from '../errors/error-text.js';
import type { BackgroundTask, Metrics } from '../server/metrics.js';

/** A fact that fails does so for every payment: after the first time it is told once in so many. */
const FAILURES_A_LINE = 1000;

const FAILED: Readonly<Record<BackgroundTask, string>> = {
  health: 'the store could not be asked',
  follow: 'changes could not be followed',
  expire: 'lapsed holds could not be given back',
  keys: 'when keys were used could not be written down',
  shadow: 'what shadows said could not be kept',
  canaries: 'canaries could not be guarded',
  owed: 'evidence that is owed could not be looked for',
};

/** Told what happens in the service, also beside calls. */
export interface ServiceObserver extends Observer {
  backgroundFailed(task: BackgroundTask, error: unknown): void;
  canaryRolledBack(run: CanaryRun, why: string): void;
}

/**
 * Counts everything, and logs at most one short line in `sample` decisions; 0: none. Never requests, never personal data.
 */
export function serviceObserver(
  metrics: Metrics,
  log: Logger,
  sample: number,
  canaries: Pick<CanaryCounts, 'decided'>,
): ServiceObserver {
  let decided = 0;
  const factFailures = new Map<string, number>();
  return {
    decided(record, repeated, tookUs) {
      metrics.decided(record, repeated, tookUs);
      if (!repeated) canaries.decided(record, tookUs);
      decided += 1;
      if (sample === 0 || decided % sample !== 0) return;
      const { id, site, outcome, threeDs, reasons } = record;
      const took = repeated ? { repeated } : { us: Math.round(tookUs) };
      log.info({ id, site, outcome, threeDs, reasons, ...took }, 'decided');
    },
    recorded: (kind, repeated) => metrics.recorded(kind, repeated),
    failed: (code) => metrics.failed(code),
    round: (size, coldRanges) => metrics.round(size, coldRanges),
    factFailed(fact, error) {
      metrics.factFailed(fact, error);
      const times = (factFailures.get(fact) ?? 0) + 1;
      factFailures.set(fact, times);
      if (times % FAILURES_A_LINE === 1)
        log.error({ fact, times, error: logText(error) }, 'a fact could not be read');
    },
    backgroundFailed(task, error) {
      metrics.backgroundFailed(task);
      log.warn({ error: logText(error) }, FAILED[task]);
    },
    canaryRolledBack({ ruleSet, version, scope, since }, why) {
      metrics.canaryRolledBack();
      log.warn(
        { ruleSet, version, scope, revision: since, why },
        'a canary broke its limits and was rolled back',
      );
    },
  };
}
