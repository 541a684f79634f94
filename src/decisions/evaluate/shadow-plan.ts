import { NotLoaded } from '../../facts/velocity/not-loaded.js';
import type { FactValue, Program, RuleSetVersion } from '../../rules/program.js';
import { withVersion } from '../../rules/publish/arrangement.js';
import { pairRules, type RulePair } from '../../rules/publish/shadow-difference.js';
import type { StagedVersion } from '../../rules/publish/stage.js';
import type { InForce } from '../../rules/rule-set-info.js';
import type { CompiledRules } from './compiled-rules.js';
import type { FactInput, Reader } from './fact-plan.js';

const NO_VALUES: readonly FactValue[] = [];
const COLD = Symbol('a window is not in memory');

/** A version that is asked beside those that decide, in the place of its rule set's. */
export interface ShadowPlan {
  readonly staged: StagedVersion;
  readonly program: Program;
  /** Its rules beside those that decide. */
  readonly pairs: readonly RulePair[];
  /** The version of its rule set that decides; 0: none. */
  readonly liveVersion: number;
  /**
   * Reads what it asks and those that decide do not. Like their facts: at the moment of the decision. undefined: a
   * window is not in memory, so that nothing can be said.
   */
  more(input: FactInput): readonly FactValue[] | undefined;
  /** The facts of its program, of those of the decision and what `more` has read. */
  values(decided: readonly FactValue[], more: readonly FactValue[]): readonly FactValue[];
}

/** Plans a shadow of the versions that decide. */
export function shadowPlan(
  live: CompiledRules,
  versions: readonly RuleSetVersion[],
  { staged, version }: InForce,
  compile: (versions: readonly RuleSetVersion[]) => CompiledRules,
): ShadowPlan {
  const { program, plan } = compile(withVersion(versions, version));
  const decided = new Map(live.program.slots.map(({ key, slot }) => [key, slot]));
  const readers: Reader[] = [];
  /** By slot of the shadow: the place of the value in those of the decision, or, below 0, in what more is read. */
  const places = program.slots.map(({ key, slot }) => {
    const known = decided.get(key);
    if (known !== undefined) return known;
    return -readers.push(plan.readers[slot] as Reader);
  });
  return {
    staged,
    program,
    pairs: pairRules(live.program, program),
    liveVersion: versions.find(({ ruleSet }) => ruleSet === staged.ruleSet)?.version ?? 0,
    more(input) {
      if (readers.length === 0) return NO_VALUES;
      const values: FactValue[] = [];
      for (const read of readers) {
        const value = readOrMissing(read, input);
        if (value === COLD) return undefined;
        values.push(value);
      }
      return values;
    },
    values: (facts, more) => places.map((place) => (place < 0 ? more[-place - 1] : facts[place])),
  };
}

/** A shadow's fact that fails is missing for it; the decision must not notice. */
function readOrMissing(read: Reader, input: FactInput): FactValue | typeof COLD {
  try {
    return read(input);
  } catch (error) {
    return error instanceof NotLoaded ? COLD : undefined;
  }
}
