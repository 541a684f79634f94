import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/rules/publish/scope.js';
import type { Stage } from '../../../src/rules/publish/stage.js';
import { stagesOf } from '../../../src/rules/versions/stages.js';
import type { PublicationStep } from '../../../src/rules/version-store.js';
import { memoryVersions } from '../memory-versions.js';

/** A store in which one rule set goes from version to version; what its stages are. */
function following() {
  const { store, log } = memoryVersions();
  const active = new Map<Scope, number>();
  return {
    take: async (scope: Scope, to: number, step: PublicationStep = 'activate'): Promise<void> => {
      const from = active.get(scope) ?? 0;
      active.set(scope, to);
      const revision = log.length + 1;
      const what = { ruleSet: 'cards', revision, scope, actor: 'ann', reason: '', at: 0 };
      const change = (version: number, stage: Stage) =>
        version === 0 ? [] : [{ ruleSet: 'cards', scope, version, stage, since: revision, sinceAt: 0 }];
      await store.publish({ ...what, version: to, from, to, step }, [
        ...change(from, 'archived'),
        ...change(to, 'active'),
      ]);
    },
    told: async () =>
      (await stagesOf(store).now()).map(({ version, stage, inForce }) => `${version} ${stage} ${inForce}`),
  };
}

describe('the stages of versions', () => {
  it('tell of the version that a roll-back leads to, in every scope', async () => {
    const { take, told } = following();
    await take('all', 1);
    expect(await told()).toEqual(['1 active true']);
    await take('all', 2);
    expect(await told()).toEqual(['2 active true', '1 previous true']);
    await take('site:shop', 3);
    await take('site:shop', 4);
    expect(await told()).toEqual(['2 active true', '4 active true', '1 previous true', '3 previous true']);
    await take('all', 1, 'roll-back');
    expect(await told()).toEqual(['4 active true', '1 active true', '3 previous true']);
  });

  it('tell of no earlier version of what was taken out of service', async () => {
    const { take, told } = following();
    await take('all', 1);
    await take('all', 2);
    await take('all', 0, 'deactivate');
    expect(await told()).toEqual([]);
  });
});
