import { beforeEach, describe, expect, it } from 'vitest';
import { CanaryCounts } from '../../../src/decisions/canary/canary-counts.js';
import { createCanaryGuard } from '../../../src/decisions/canary/canary-guard.js';
import { createCanaryReports } from '../../../src/decisions/canary/canary-report.js';
import type { CanaryStore } from '../../../src/decisions/canary/canary-store.js';
import { storeUnavailable } from '../../../src/errors/store-unavailable.js';
import type { Outcome } from '../../../src/rules/outcome.js';
import { armJson, createArm } from '../../../src/rules/publish/arm-counts.js';
import { createRuleSets } from '../../../src/rules/rule-set-service.js';
import type { RuleSets } from '../../../src/rules/rule-sets.js';
import { memoryVersions } from '../../rules/memory-versions.js';
import { CATALOGUE } from '../../rules/small-catalogue.js';
import { HALF, lot } from './canaries.js';
import { memoryCanaries } from './memory-canaries.js';

const document = (value: number): string =>
  JSON.stringify({
    id: 'a-set',
    description: 'for tests',
    owner: 'risk',
    rules: [
      {
        name: 'a-rule',
        conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value }] },
        event: { type: 'review', params: { reason: 'a.reason' } },
      },
    ],
  });
const NOTHING = armJson(createArm());
const SAID = { ruleSet: 'a-set', scope: 'all', actor: 'ann', reason: '', revision: undefined } as const;

describe('a canary that is guarded', () => {
  let versions: ReturnType<typeof memoryVersions>;
  let ruleSets: RuleSets;
  let canaries: CanaryStore;
  let now: number;
  let followers: (() => Promise<void>)[];

  beforeEach(async () => {
    versions = memoryVersions();
    canaries = memoryCanaries();
    now = 0;
    followers = [];
    ruleSets = createRuleSets({
      store: versions.store,
      catalogue: CATALOGUE,
      attributes: new Set(),
      currencies: new Set(),
      holdsCardNumber: () => false,
      lists: async () => new Map(),
      now: () => now,
      development: true,
      runCases: async () => ({ ok: { casesHash: 'c', passed: 1, failed: 0, failures: [] } }),
      changed: async () => void (await Promise.all(followers.map((follow) => follow()))),
    });
    for (const value of [1, 2]) {
      const said = {
        author: 'ann',
        editors: [],
        comment: '',
        cases: '{}',
        lists: '',
        expectedLatestHash: '',
      };
      const { version } = await ruleSets.create({ document: document(value), ...said });
      const waiver = { ruleSet: 'a-set', version: version.version, actor: 'ann', comment: 'a test' };
      await ruleSets.waive({ ...waiver, waives: ['backtest'] });
    }
    await ruleSets.activate({ ...SAID, version: 1 });
  });

  /** An instance: counts what it is told and follows what stands. */
  function instance(name: string) {
    const counts = new CanaryCounts();
    const told: string[] = [];
    const follow = async (): Promise<void> => {
      const trials = (await versions.store.staged()).filter(({ stage }) => stage === 'canary');
      counts.begin(trials);
      counts.settle(trials);
    };
    followers.push(follow);
    const guard = createCanaryGuard({
      counts,
      store: canaries,
      ruleSets,
      instance: name,
      now: () => now,
      rolledBack: (_, why) => told.push(why),
    });
    let payments = 0;
    const decide = (number: number, canary: Outcome, since: number, stable: Outcome = 'accept'): void => {
      for (let index = 0; index < number; index++) {
        const draw = (payments++ * 0.618_033_988_7) % 0.5;
        for (const drawn of [true, false])
          counts.decided(
            {
              lots: [lot(since, drawn, 'a-set', drawn ? draw : draw + 0.5)],
              outcome: drawn ? canary : stable,
              threeDs: 'none',
            },
            1_000,
          );
      }
    };
    return { counts, told, guard, decide };
  }

  const start = () => ruleSets.startCanary({ ...SAID, version: 2, settings: HALF });
  const steps = () => versions.log.map(({ step, actor }) => `${step} ${actor}`).slice(1);
  const reports = () => createCanaryReports(canaries, versions.store);

  it('is rolled back for what it breaks, with the findings for a reason, and then nothing more', async () => {
    const { guard, told, decide, counts } = instance('one');
    await start();
    decide(99, 'reject', 2);
    await guard.step();
    expect(steps()).toEqual(['start-canary ann']);
    decide(1, 'reject', 2);
    await guard.step();
    expect(steps()).toEqual(['start-canary ann', 'roll-back guardrail']);
    const why = versions.log.at(-1)?.reason ?? '';
    expect(why).toMatch(/^reject rate 100\.0 % against 0\.0 %: .* limit 2\.0 more, 5\.0 less \(look 1\)$/);
    expect(told).toEqual([why]);
    for (let times = 0; times < 3; times++) await guard.step();
    expect(counts.runs).toEqual([]);
    expect(told).toHaveLength(1);
    expect(await reports().report('a-set', 'all', 0)).toMatchObject({
      state: 'breached',
      stableVersion: 1,
      stable: { decisions: 100 },
      canary: { decisions: 100 },
      latest: { look: 1 },
      nextLookAt: 0,
      endedBy: { actor: 'guardrail', reason: why },
    });
  });

  it('stays where it is within its limits; the report says when it is looked at next', async () => {
    const { guard, decide, told } = instance('one');
    await start();
    expect(await reports().report('a-set', 'all', 0)).toMatchObject({ state: 'gathering', nextLookAt: 100 });
    for (let times = 0; times < 8; times++) {
      decide(60, 'accept', 2);
      await guard.step();
    }
    expect(told).toEqual([]);
    const report = await reports().report('a-set', 'all', 2);
    expect(report).toMatchObject({ state: 'holding', endedBy: undefined, canary: { decisions: 480 } });
    expect(report.nextLookAt).toBeGreaterThan(480);
    await ruleSets.stopCanary({ ...SAID, reason: 'enough' });
    expect(await reports().report('a-set', 'all', 0)).toMatchObject({
      nextLookAt: 0,
      endedBy: { reason: 'enough' },
    });
    await expect(reports().report('a-set', 'all', 1)).rejects.toMatchObject({ code: 'CANARY_NOT_FOUND' });
    await expect(reports().report('a-set', 'site:x', 0)).rejects.toMatchObject({ code: 'CANARY_NOT_FOUND' });
    await expect(reports().report('none', 'all', 0)).rejects.toMatchObject({ code: 'RULE_SET_NOT_FOUND' });
  });

  it('at two instances is judged by what both have seen, once', async () => {
    const [one, other] = [instance('one'), instance('other')];
    await start();
    one.decide(60, 'reject', 2);
    other.decide(60, 'reject', 2);
    await Promise.all([one.guard.keep(), other.guard.keep()]);
    one.decide(1, 'reject', 2);
    other.decide(1, 'reject', 2);
    await Promise.all([one.guard.step(), other.guard.step()]);
    expect(steps()).toEqual(['start-canary ann', 'roll-back guardrail']);
    expect([...one.told, ...other.told]).toHaveLength(1);
    expect(await reports().report('a-set', 'all', 0)).toMatchObject({ canary: { decisions: 122 } });
  });

  it('is rolled back by another instance where the one that judged it is gone', async () => {
    const [gone, other] = [instance('gone'), instance('other')];
    await start();
    gone.decide(100, 'reject', 2);
    const publish = versions.store.publish.bind(versions.store);
    Object.assign(versions.store, { publish: () => Promise.reject(storeUnavailable('it is away')) });
    await expect(gone.guard.step()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    Object.assign(versions.store, { publish });
    other.decide(1, 'reject', 2);
    await other.guard.step();
    expect(steps()).toEqual(['start-canary ann']);
    now += 6_000;
    other.decide(1, 'reject', 2);
    await other.guard.step();
    expect(steps()).toEqual(['start-canary ann', 'roll-back guardrail']);
  });

  it.each(['judged it', 'counted enough for a look'])(
    'is rolled back by another that decides nothing itself where the one that %s is gone',
    async (what) => {
      const [gone, other] = [instance('gone'), instance('other')];
      await start();
      gone.decide(100, 'reject', 2);
      if (what === 'judged it') {
        const publish = versions.store.publish.bind(versions.store);
        Object.assign(versions.store, { publish: () => Promise.reject(storeUnavailable('it is away')) });
        await expect(gone.guard.step()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        Object.assign(versions.store, { publish });
      } else await gone.guard.keep();
      await other.guard.step();
      expect(steps()).toEqual(['start-canary ann']);
      now += 5_001;
      await other.guard.step();
      expect(steps()).toEqual(['start-canary ann', 'roll-back guardrail']);
      expect(other.told).toHaveLength(1);
    },
  );

  it('of which very many instances have counted something is read less often, and judged all the same', async () => {
    await start();
    const { guard, decide } = instance('last');
    await Promise.all(followers.map((follow) => follow()));
    const read = canaries.read.bind(canaries);
    let reads = 0;
    Object.assign(canaries, {
      read: async (name: Parameters<typeof read>[0]) => {
        reads++;
        const found = await read(name);
        const [part] = found?.parts ?? [];
        const others = Array.from({ length: 120 }, () => ({ stable: NOTHING, canary: NOTHING }));
        return found && part && { ...found, parts: [part, ...others] };
      },
    });
    decide(60, 'reject', 2);
    await guard.step();
    decide(60, 'reject', 2);
    await guard.step();
    now += 2_000;
    decide(1, 'reject', 2);
    await guard.step();
    expect(reads).toBe(1);
    now += 1_000;
    // A look is due by what was kept before, whether or not there is more.
    decide(1, 'reject', 2);
    await guard.step();
    expect(reads).toBe(2);
    expect(steps()).toEqual(['start-canary ann', 'roll-back guardrail']);
  });

  it('that somebody makes active at the same moment stays active', async () => {
    const { guard, decide, told } = instance('one');
    await start();
    decide(100, 'reject', 2);
    const publish = versions.store.publish.bind(versions.store);
    // Between what the guardrail reads and what it writes.
    Object.assign(versions.store, {
      publish: async (...args: Parameters<typeof publish>) => {
        Object.assign(versions.store, { publish });
        await ruleSets.activate({ ...SAID, actor: 'bob', version: 2 });
        return publish(...args);
      },
    });
    await guard.step();
    for (let times = 0; times < 3; times++) await guard.step();
    expect(steps()).toEqual(['start-canary ann', 'activate bob']);
    expect(told).toEqual([]);
    expect((await versions.store.staged()).map(({ version, stage }) => [version, stage])).toEqual([
      [2, 'active'],
    ]);
  });

  it('is counted on while nothing can be kept, and what was counted is kept later', async () => {
    const { guard, decide } = instance('one');
    await start();
    const count = canaries.count.bind(canaries);
    Object.assign(canaries, { count: () => Promise.reject(storeUnavailable('it is away')) });
    decide(50, 'reject', 2);
    await expect(guard.step()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    decide(70, 'reject', 2);
    await expect(guard.step()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    Object.assign(canaries, { count });
    await guard.step();
    expect(steps()).toEqual(['start-canary ann', 'roll-back guardrail']);
    expect(await reports().report('a-set', 'all', 0)).toMatchObject({ canary: { decisions: 120 } });
  });

  it('after a restart is judged with what was counted before', async () => {
    await start();
    const before = instance('before');
    await Promise.all(followers.map((follow) => follow()));
    before.decide(60, 'reject', 2);
    await before.guard.keep();
    const after = instance('after');
    await Promise.all(followers.map((follow) => follow()));
    after.decide(40, 'reject', 2);
    await after.guard.step();
    expect(steps()).toEqual(['start-canary ann', 'roll-back guardrail']);
  });
});
