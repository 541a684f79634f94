import type { RuleSetVersion } from '../rules/program.js';
import { Pipeline } from './pipeline/pipeline.js';
import type { PipelineOptions } from './pipeline/options.js';
import { createReadSide, type ReadSideOptions } from './read-side/read-side.js';
import type { Decisions } from './decisions.js';

/** What the decisions need. */
export interface DecisionServiceOptions extends PipelineOptions, Omit<ReadSideOptions, 'journal'> {}

/** The decisions, and what the composition root does with them. */
export interface DecisionService extends Decisions {
  /** Compiles these versions and, once their layout is stored, decides by them from the next round on. */
  useRules(versions: readonly RuleSetVersion[]): Promise<void>;
  /** Calls under way. */
  readonly inFlight: number;
  /** Refuses what is new, ends what is under way. */
  close(): Promise<void>;
}

/** Opens the service over a journal: reads where other logs stand, starts without rules. */
export async function openDecisions(options: DecisionServiceOptions): Promise<DecisionService> {
  const pipeline = new Pipeline(options, await options.journal.heads(), []);
  await options.versions.putLayout(pipeline.layout);
  const reads = createReadSide(options);
  return {
    ...reads,
    screen: (input, caller) => pipeline.screen(input, caller),
    record: (input, caller) => pipeline.record(input, caller),
    async useRules(versions) {
      const rules = pipeline.prepare(versions);
      await options.versions.putLayout(rules.layout);
      pipeline.switchTo(rules);
    },
    get inFlight() {
      return pipeline.inFlight;
    },
    close: () => pipeline.close(),
  };
}
