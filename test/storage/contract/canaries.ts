import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CanaryLook, CanaryPart, CanaryRun } from '../../../src/decisions/canary/canary-store.js';
import { armJson, countDecision, createArm } from '../../../src/rules/publish/arm-counts.js';
import { DEFAULT_LIMITS } from '../../../src/rules/publish/canary-limits.js';
import { DEFAULT_PLAN } from '../../../src/rules/publish/guardrails.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

/** What every store of canary runs promises. */
export function canariesContract(factory: StoreFactory): void {
  describe(`runs of canaries on ${factory.name}`, () => {
    let database: TestDatabase;
    let store: TestStore;

    beforeEach(async () => {
      database = await factory.create();
      store = await database.open();
    });
    afterEach(async () => {
      await store.close();
      await database.drop();
    });

    const run = (since: number, ruleSet = 'cards'): CanaryRun => ({
      ruleSet,
      since,
      scope: 'site:shop',
      version: 2,
      sinceAt: T0,
      settings: {
        share: 0.05,
        by: 'card',
        periodMs: 86_400_000,
        limits: DEFAULT_LIMITS,
        plan: DEFAULT_PLAN,
      },
    });
    const part = (instance: string, number: number, decisions: number): CanaryPart => {
      const canary = createArm();
      for (let index = 0; index < decisions; index++)
        countDecision(canary, index / decisions, { outcome: 'reject', threeDs: 'none', latencyUs: 900 });
      return { instance, number, stable: armJson(createArm()), canary: armJson(canary) };
    };
    const look = (number: number): CanaryLook => ({
      look: number,
      at: T0 + number,
      judgement: {
        state: 'holding',
        findings: [
          {
            measure: 'latency',
            state: 'open',
            stable: 1,
            canary: 2,
            interval: { low: 0.5, high: Infinity },
            alpha: 0.001,
            text: 'ü Infinity',
          },
        ],
      },
    });

    it('knows a run once, however often it begins, and others not at all', async () => {
      expect(await store.canaries.read(run(4))).toBeUndefined();
      await store.canaries.begin(run(4));
      await store.canaries.begin({ ...run(4), version: 9 });
      expect(await store.canaries.read(run(4))).toEqual({ run: run(4), latest: undefined, parts: [] });
      for (const other of [run(5), run(4, 'lists')]) expect(await store.canaries.read(other)).toBeUndefined();
    });

    it('keeps what every instance counted, the latest of each, and counts nothing twice', async () => {
      await store.canaries.begin(run(4));
      await store.canaries.count(run(4), part('a', 1, 3));
      await store.canaries.count(run(4), part('a', 3, 7));
      await store.canaries.count(run(4), part('a', 3, 7));
      await store.canaries.count(run(4), part('a', 2, 5));
      await store.canaries.count(run(4), part('b', 1, 2));
      await store.canaries.count(run(5), part('a', 9, 9));
      const found = await store.canaries.read(run(4));
      const { stable, canary } = part('a', 3, 7);
      expect(found?.parts).toHaveLength(2);
      expect(found?.parts).toContainEqual({ stable, canary });
      expect(found?.parts).toContainEqual({ stable, canary: part('b', 1, 2).canary });
    });

    it('lets exactly one of several take a look, each after the one before', async () => {
      await store.canaries.begin(run(4));
      const looks = await Promise.all(
        [1, 1, 2, 1].map((number) => store.canaries.look(run(4), look(number), 0)),
      );
      expect(looks.filter((result) => result === 'kept')).toHaveLength(1);
      const first = [1, 1, 2, 1][looks.indexOf('kept')] ?? 0;
      expect(await store.canaries.look(run(4), look(9), first - 1)).toBe('stale');
      expect(await store.canaries.look(run(5), look(1), 0)).toBe('stale');
      expect(await store.canaries.look(run(4), look(5), first)).toBe('kept');
      expect((await store.canaries.read(run(4)))?.latest).toEqual(look(5));
    });

    it('remembers after it was opened again', async () => {
      await store.canaries.begin(run(4));
      await store.canaries.count(run(4), part('a', 1, 3));
      await store.canaries.look(run(4), look(1), 0);
      await store.close();
      store = await database.open();
      const { stable, canary } = part('a', 1, 3);
      expect(await store.canaries.read(run(4))).toEqual({
        run: run(4),
        latest: look(1),
        parts: [{ stable, canary }],
      });
    });
  });
}
