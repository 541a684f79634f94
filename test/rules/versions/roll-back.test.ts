import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionBefore } from '../../../src/rules/versions/roll-back.js';
import type { Publication } from '../../../src/rules/version-store.js';

/** What is done to a rule set: a version is made active, nothing is (0), or the last step is rolled back. */
type Step = number | 'back';

async function* newestFirst(log: readonly Publication[]): AsyncGenerator<Publication> {
  yield* log.toReversed();
}

/** Does one step after the other; what was active after each. */
async function follow(steps: readonly Step[]): Promise<number[]> {
  const log: Publication[] = [];
  const active: number[] = [];
  for (const step of steps) {
    const from = active.at(-1) ?? 0;
    const to = step === 'back' ? ((await versionBefore(from, newestFirst(log))) ?? -1) : step;
    if (to !== -1 && to !== from) {
      const kind = step === 'back' ? 'roll-back' : to === 0 ? 'deactivate' : 'activate';
      log.push({
        ruleSet: 'cards',
        revision: log.length + 1,
        scope: 'all',
        version: to,
        from,
        to,
        actor: 'ann',
        reason: '',
        at: 0,
        step: kind,
      });
    }
    active.push(to === -1 ? from : to);
  }
  return active;
}

/** The same, keeping all that is still under what is active. */
function expected(steps: readonly Step[]): number[] {
  let stack: number[] = [];
  return steps.map((step) => {
    const top = stack.at(-1) ?? 0;
    if (step === 'back') {
      const below = stack.findLastIndex((version) => version !== top);
      if (below >= 0) stack = stack.slice(0, below + 1);
    } else if (step !== top) stack.push(step);
    return stack.at(-1) ?? 0;
  });
}

describe('a roll-back', () => {
  it('goes one step back each time, over what was rolled back before', async () => {
    expect(await follow([1, 2, 3, 'back', 'back', 'back', 4, 'back'])).toEqual([1, 2, 3, 2, 1, 1, 4, 1]);
  });

  it('makes active again what was before a time without any, and after one leads to none', async () => {
    expect(await follow([1, 2, 0, 'back', 'back'])).toEqual([1, 2, 0, 2, 1]);
    expect(await follow([1, 2, 0, 2, 'back'])).toEqual([1, 2, 0, 2, 0]);
    expect(await follow([1, 0, 2, 'back', 'back'])).toEqual([1, 0, 2, 0, 1]);
  });

  it('leads where a stack of what was made active does, in any history', async () => {
    const step = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant('back' as const));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        expect(await follow(steps)).toEqual(expected(steps));
      }),
    );
  });
});
