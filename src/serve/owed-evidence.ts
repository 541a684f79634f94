import type { Logger } from 'pino';
import type { RuleSets } from '../rules/rule-sets.js';

/** What is live without its backtest or approval, as it was when looked at last. */
export interface OwedEvidence {
  readonly count: () => number;
  look(): Promise<void>;
}

/** Looks for it, and says so in the log when it has changed. */
export function owedEvidence(
  ruleSets: () => Pick<RuleSets, 'owed'>,
  log: Pick<Logger, 'warn' | 'info'>,
): OwedEvidence {
  let told = '';
  let count = 0;
  return {
    count: () => count,
    async look() {
      const owed = await ruleSets().owed();
      count = owed.length;
      const names = owed
        .map(({ staged }) => `${staged.ruleSet} ${staged.version} (${staged.scope})`)
        .toSorted();
      const now = names.join(', ');
      if (now === told) return;
      told = now;
      if (count === 0) log.info('all that is live has its evidence');
      else log.warn({ versions: names }, `live on a waiver: 'tollgate rules owed' tells what has to follow`);
    },
  };
}
