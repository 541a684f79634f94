import { arrange, type Arrangement } from '../rules/publish/arrangement.js';
import { rulesNamed } from '../rules/exceptions/rules-named.js';
import { precisionReport } from './control/precision-report.js';
import { Pipeline } from './pipeline/pipeline.js';
import type { PipelineOptions } from './pipeline/options.js';
import { createReadSide, type ReadSideOptions } from './read-side/read-side.js';
import type { Decisions } from './decisions.js';
import { storeLayouts } from './store-layouts.js';

/** What the decisions need. */
export interface DecisionServiceOptions extends PipelineOptions, Omit<ReadSideOptions, 'journal'> {}

/** The decisions, and what the composition root does with them. */
export interface DecisionService extends Decisions {
  /** Compiles these versions and, once their layouts are stored, decides by them from the next round on. */
  useRules(arrangement: Arrangement): Promise<void>;
  /** Calls under way. */
  readonly inFlight: number;
  /** Refuses what is new, ends what is under way. */
  close(): Promise<void>;
}

/** Opens the service over a journal: reads where other logs stand, starts without rules. */
export async function openDecisions(options: DecisionServiceOptions): Promise<DecisionService> {
  const nothing = arrange([], () => '');
  const pipeline = new Pipeline(options, await options.journal.heads(), nothing);
  const putLayouts = storeLayouts(options.versions);
  await putLayouts(pipeline.rules.layouts);
  const reads = createReadSide(options);
  return {
    ...reads,
    screen: (input, caller) => pipeline.screen(input, caller),
    record: (input, caller) => pipeline.record(input, caller),
    async precision(query, caller) {
      const { journal, versions, rules, world } = options;
      const parts = { journal, hash: rules.hash, now: () => world.clock.now() };
      const report = await precisionReport(query, parts, caller);
      // A rule that is gone has its hits yet; of one that never was there is nothing to tell.
      if (report.hits === 0) await rulesNamed(versions, query.ruleSet, query.rule);
      return report;
    },
    async useRules(arrangement) {
      const rules = pipeline.prepare(arrangement);
      await putLayouts(rules.layouts);
      pipeline.switchTo(rules);
    },
    get inFlight() {
      return pipeline.inFlight;
    },
    close: () => pipeline.close(),
  };
}
