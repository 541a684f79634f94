import { countDecision, createArm, type ArmCounts } from '../../rules/publish/arm-counts.js';
import type { StagedVersion } from '../../rules/publish/stage.js';
import type { Lot } from '../evaluate/canary-lot.js';
import type { DecisionRecord } from '../record.js';
import type { CanaryRun } from './canary-store.js';

/** A run, and what this instance has counted of it since it started. */
export interface CountedRun {
  readonly run: CanaryRun;
  /** Payments that might have been the canary's, and that no canary had. */
  readonly stable: ArmCounts;
  readonly canary: ArmCounts;
  /** Decisions of both. */
  readonly decisions: number;
  /** It is not in force any more; decisions that were under way may still come. */
  readonly ended: boolean;
}

type Counting = { -readonly [Name in keyof CountedRun]: CountedRun[Name] };

/**
 * Counts what canaries decide, and what is decided beside them. Bounded: a few kilobytes for each run, however many
 * decisions there are and however long nothing of it can be kept.
 */
export class CanaryCounts {
  #runs: Counting[] = [];

  /** Those in force, and those that ended until they are forgotten. */
  get runs(): readonly CountedRun[] {
    return this.#runs;
  }

  /** Counts these, too: before the first is decided by them. */
  begin(canaries: readonly StagedVersion[]): void {
    for (const staged of canaries) {
      const known = this.#find(staged);
      if (known !== undefined) known.ended = false;
      else this.#runs.push(newRun(staged));
    }
  }

  /** Nothing but these is in force any more. */
  settle(canaries: readonly StagedVersion[]): void {
    for (const counting of this.#runs)
      counting.ended = !canaries.some((staged) => isOf(counting.run, staged));
  }

  /** Takes in a decision that is durable. `tookUs`: from admission to then, microseconds. */
  decided(
    { lots, outcome, threeDs }: Pick<DecisionRecord, 'lots' | 'outcome' | 'threeDs'>,
    tookUs: number,
  ): void {
    if (lots === undefined || this.#runs.length === 0) return;
    const decided = { outcome, threeDs, latencyUs: tookUs };
    const drawn = lots.find((lot) => lot.drawn);
    // Payments that another canary had were neither this one's nor the stable version's.
    if (drawn !== undefined) this.#count(drawn, 'canary', decided);
    else for (const lot of lots) this.#count(lot, 'stable', decided);
  }

  forget(run: CountedRun): void {
    this.#runs = this.#runs.filter((other) => other !== run);
  }

  #count(lot: Lot, arm: 'stable' | 'canary', decided: Parameters<typeof countDecision>[2]): void {
    const counting = this.#find(lot);
    if (counting === undefined) return;
    countDecision(counting[arm], lot.draw, decided);
    counting.decisions += 1;
  }

  #find(name: { readonly ruleSet: string; readonly since: number }): Counting | undefined {
    return this.#runs.find(({ run }) => isOf(run, name));
  }
}

function isOf(
  run: CanaryRun,
  { ruleSet, since }: { readonly ruleSet: string; readonly since: number },
): boolean {
  return run.since === since && run.ruleSet === ruleSet;
}

function newRun(staged: StagedVersion): Counting {
  const { ruleSet, scope, version, since, sinceAt, canary: settings } = staged;
  if (settings === undefined)
    throw new Error(`version ${version} of ${ruleSet} is a canary without settings`);
  return {
    run: { ruleSet, scope, version, since, sinceAt, settings },
    stable: createArm(),
    canary: createArm(),
    decisions: 0,
    ended: false,
  };
}
