import type { Outcome } from '../../rules/outcome.js';
import type { Scope } from '../../rules/publish/scope.js';
import type { ShadowDifference } from '../../rules/publish/shadow-difference.js';
import type { ShadowTally } from '../../rules/publish/shadow-tally.js';

/** One stretch of a version in shadow, from its start to its end in a scope. */
export interface ShadowRun {
  readonly ruleSet: string;
  readonly version: number;
  readonly scope: Scope;
  /** The revision of the rule set that began it. */
  readonly since: number;
}

/** A run that something was added to. */
export interface StoredRun extends ShadowRun {
  /** When last, epoch ms, by the clock of whoever added it. */
  readonly lastAt: number;
  /** Differences that can be listed. */
  readonly kept: number;
  /** Differences that could once, and those that there was no room for. */
  readonly left: number;
}

/** What was counted of the payments of one hour, against one version of the rule set that decided. */
export interface TallyBucket {
  /** Event time, epoch ms: the beginning of the hour (UTC). */
  readonly hour: number;
  /** 0: of this rule set nothing decided. */
  readonly liveVersion: number;
  readonly tally: ShadowTally;
}

/** How live and shadow differed on a stored decision. */
export interface DecisionDifference extends ShadowDifference {
  readonly decision: string;
  readonly site: string;
  /** Event time, epoch ms. */
  readonly at: number;
  /** null: no exchange rate. */
  readonly baseMinor: number | null;
  readonly liveVersion: number;
}

/** What is added to one run. */
export interface RunAddition {
  readonly run: ShadowRun;
  readonly buckets: readonly TallyBucket[];
  readonly differences: readonly DecisionDifference[];
  /** Differences that are counted only. */
  readonly unkept: number;
}

/** What an instance has gathered since it last added something. */
export interface ShadowBatch {
  /** Names the instance, from its start to its end. Of [a-z0-9]. */
  readonly writer: string;
  /** 1, 2, 3 … of this writer. */
  readonly number: number;
  /** Epoch ms. */
  readonly at: number;
  readonly additions: readonly RunAddition[];
}

/** Fields are ANDed. */
export interface DifferenceFilter {
  /** `RULE_SET/RULE` that ended otherwise. */
  readonly rule?: string;
  /** Only those with another outcome, demand or exemption. */
  readonly verdictDiffers?: boolean;
  readonly liveOutcome?: Outcome;
  readonly shadowOutcome?: Outcome;
}

/** A place among the differences of a run. */
export interface DifferencePlace {
  readonly at: number;
  readonly decision: string;
}

/** Some differences. `next` is undefined at the end; there may be few, even none, and yet more behind. */
export interface DifferencePage {
  readonly differences: readonly DecisionDifference[];
  readonly next: DifferencePlace | undefined;
}

/** What stays of differences: tallies stay for good. */
export interface DifferenceRetention {
  /** Of each run, the newest by event time. */
  readonly most: number;
  /** Epoch ms: those of runs that nothing was added to since leave. */
  readonly idleBefore: number;
}

/** What shadows said, at rest. Several instances add to one run. All methods reject with STORE_UNAVAILABLE. */
export interface ShadowStore {
  /** Adds all of a batch. The same batch again changes nothing, so one of unknown fate is simply added again. */
  add(batch: ShadowBatch): Promise<void>;
  /** The runs of a version that something was added to, the newest first by `since`. */
  runs(ruleSet: string, version: number): Promise<readonly StoredRun[]>;
  /** The buckets of a run with an hour from `from` on and before `to`, some at a time. */
  buckets(run: ShadowRun, from: number, to: number): AsyncIterable<readonly TallyBucket[]>;
  /** Differences of a run, newest first by event time, behind `after`; at most `limit`. */
  differences(
    run: ShadowRun,
    filter: DifferenceFilter,
    limit: number,
    after: DifferencePlace | undefined,
  ): Promise<DifferencePage>;
  /** Lets go of what is too much or too old, in steps of bounded size. */
  trim(retention: DifferenceRetention): Promise<void>;
}

/** A text that is the same for the same run. */
export function runName({ ruleSet, version, scope, since }: ShadowRun): string {
  return `${ruleSet}/${version}/${scope}/${since}`;
}
