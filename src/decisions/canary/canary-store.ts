import type { ArmJson } from '../../rules/publish/arm-counts.js';
import type { CanaryJudgement } from '../../rules/publish/guardrails.js';
import type { StagedVersion } from '../../rules/publish/stage.js';

/** One run of a canary: rule set and `since` name it. New settings begin a new run. Kept when it has ended. */
export type CanaryRun = Omit<StagedVersion, 'stage' | 'canary'> & {
  readonly settings: NonNullable<StagedVersion['canary']>;
};

/** Names a run. */
export type RunName = Pick<CanaryRun, 'ruleSet' | 'since'>;

/** What one instance has counted of a run since it started. */
export interface CanaryPart {
  /** Another one after every start. */
  readonly instance: string;
  /** 1, 2, 3 …: grows with every part that this instance keeps of the run. */
  readonly number: number;
  readonly stable: ArmJson;
  readonly canary: ArmJson;
}

/** A look at a run: looks are numbered over all instances, and each is taken once. */
export interface CanaryLook {
  readonly look: number;
  /** Epoch ms. */
  readonly at: number;
  readonly judgement: CanaryJudgement;
}

/** All that is kept of a run. */
export interface StoredRun {
  readonly run: CanaryRun;
  /** undefined: nobody has looked yet. */
  readonly latest: CanaryLook | undefined;
  readonly parts: readonly Pick<CanaryPart, 'stable' | 'canary'>[];
}

/** What canaries decide, counted by all instances, and what was found when it was looked at. */
export interface CanaryStore {
  /** Makes a run known; again changes nothing. */
  begin(run: CanaryRun): Promise<void>;
  /**
   * Keeps what an instance has counted so far, in the place of what it kept before: doing it again counts nothing twice.
   * A part that comes after one of a higher number changes nothing.
   */
  count(name: RunName, part: CanaryPart): Promise<void>;
  read(name: RunName): Promise<StoredRun | undefined>;
  /** Keeps a look. 'stale' when the latest is not number `before` (0: none) any more: somebody else has looked. */
  look(name: RunName, look: CanaryLook, before: number): Promise<'kept' | 'stale'>;
}
