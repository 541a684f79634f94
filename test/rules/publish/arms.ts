import type { Random } from '../../../src/simulate/random.js';
import {
  createArm,
  countDecision,
  type ArmCounts,
  type RateCounts,
} from '../../../src/rules/publish/arm-counts.js';
import type { CanaryLimits } from '../../../src/rules/publish/canary-limits.js';
import {
  dueLook,
  judgeCanary,
  type CanaryJudgement,
  type CanaryPlan,
} from '../../../src/rules/publish/guardrails.js';

/** An arm of these counts, as if each decision were of another subject. */
export function armWith(counts: Partial<RateCounts>): ArmCounts {
  const group = { decisions: 0, stopped: 0, reviewed: 0, threeDs: 0, challenged: 0, ...counts };
  return { groups: [group], latencyUs: createArm().latencyUs };
}

/** One subject's tries in a row: all end alike. */
export interface Visit {
  readonly tries: number;
  readonly stopped: boolean;
  readonly latencyUs: number;
}

/** Lets visits come until there are `decisions` in all and looks when a look is due: the first breach or the last. */
export function runCanary(
  random: Random,
  visit: (inCanary: boolean) => Visit,
  {
    share,
    decisions,
    limits,
    plan,
  }: { share: number; decisions: number; limits: CanaryLimits; plan: CanaryPlan },
): CanaryJudgement {
  const [stable, canary] = [createArm(), createArm()];
  let judgement: CanaryJudgement = { state: 'gathering', findings: [] };
  let last = 0;
  let [done, ask] = [0, plan.first];
  while (done < decisions) {
    const draw = random.next();
    const inCanary = draw < share;
    const { tries, stopped, latencyUs } = visit(inCanary);
    for (let i = 0; i < tries; i++)
      countDecision(inCanary ? canary : stable, draw, {
        outcome: stopped ? 'reject' : 'accept',
        threeDs: 'none',
        latencyUs,
      });
    done += tries;
    if (done < ask) continue;
    // Asked often enough to find every look soon; each question costs as much as the arms have groups.
    ask = done * 1.05;
    const look = dueLook(stable, canary, last, plan);
    if (look === undefined) continue;
    last = look;
    judgement = judgeCanary({ stable, canary, limits, look, plan });
    if (judgement.state === 'breached') break;
  }
  return judgement;
}
