import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TollgateError } from '../../../src/errors/errors.js';
import { createPublishing, type Publishing } from '../../../src/rules/publish/publishing.js';
import { DEFAULT_LIMITS } from '../../../src/rules/publish/canary-limits.js';
import { DEFAULT_PLAN } from '../../../src/rules/publish/guardrails.js';
import type { CanarySettings } from '../../../src/rules/publish/stage.js';
import type { Scope } from '../../../src/rules/publish/scope.js';
import type { RuleSetDocument } from '../../../src/rules/document/document.js';
import type { RuleVersionStore } from '../../../src/rules/version-store.js';
import { memoryVersions } from '../memory-versions.js';

const SETTINGS: CanarySettings = {
  share: 0.1,
  by: 'card',
  periodMs: 1,
  limits: DEFAULT_LIMITS,
  plan: DEFAULT_PLAN,
};
const VERSIONS = [1, 2, 3, 4, 5, 6] as const;

async function open(unproven: readonly number[] = []) {
  const memory = memoryVersions();
  for (const version of VERSIONS)
    await memory.store.create(
      {
        ruleSet: 'cards',
        version,
        hash: `h${version}`,
        document: { description: '', owner: '', rules: [] } as unknown as RuleSetDocument,
        author: 'ann',
        comment: '',
        createdAt: 0,
      },
      version - 1,
    );
  let first: (() => Promise<unknown>) | undefined;
  const store: RuleVersionStore = {
    ...memory.store,
    async publish(log, changes) {
      const before = first;
      first = undefined;
      await before?.();
      return memory.store.publish(log, changes);
    },
  };
  const publishing = createPublishing({
    store,
    now: () => 7,
    holding: (_, work) => work(),
    readiness: async ({ version }) => ({ missing: unproven.includes(version) ? ['cases'] : [], waived: [] }),
    changed: async () => undefined,
  });
  /** Somebody else publishes before the next one gets through. */
  const beforeNext = (work: () => Promise<unknown>): void => {
    first = work;
  };
  return { ...memory, publishing, beforeNext };
}

const by = (scope: Scope = 'all') =>
  ({ ruleSet: 'cards', scope, actor: 'ben', reason: 'because', revision: undefined }) as const;
const code = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof TollgateError ? error.code : String(error)),
  );

describe('publishing', () => {
  it('refuses canary and activation of what is not proven, not its shadow', async () => {
    const { publishing } = await open([2]);
    expect(await code(publishing.activate({ ...by(), version: 2 }))).toBe('NOT_PROVEN');
    expect(await code(publishing.startCanary({ ...by(), version: 2, settings: SETTINGS }))).toBe(
      'NOT_PROVEN',
    );
    expect(await code(publishing.startShadow({ ...by(), version: 2 }))).toBe('done');
  });

  it('rolls the canary back first, then the active version', async () => {
    const { publishing, log } = await open();
    await publishing.activate({ ...by(), version: 1 });
    await publishing.activate({ ...by(), version: 2 });
    await publishing.startCanary({ ...by(), version: 3, settings: SETTINGS });
    expect(await publishing.rollBack(by())).toMatchObject({ activeVersion: 2, staged: [{ version: 2 }] });
    expect(await publishing.rollBack(by())).toMatchObject({ activeVersion: 1 });
    expect(await code(publishing.rollBack(by()))).toBe('NOTHING_TO_ROLL_BACK');
    expect(log.map(({ step, version, from, to }) => [step, version, from, to])).toEqual([
      ['activate', 1, 0, 1],
      ['activate', 2, 1, 2],
      ['start-canary', 3, 2, 2],
      ['roll-back', 3, 2, 2],
      ['roll-back', 2, 2, 1],
    ]);
  });

  it('rolls back what was meant once, however often it is asked to', async () => {
    const { publishing } = await open();
    for (const version of [1, 2, 3]) await publishing.activate({ ...by(), version });
    await publishing.startCanary({ ...by(), version: 4, settings: SETTINGS });
    const taking = (version: number) => publishing.rollBack({ ...by(), taking: version });
    expect(await code(taking(3))).toBe('STALE_ETAG');
    const stopped = await taking(4);
    expect(stopped).toMatchObject({ activeVersion: 3, staged: [{ version: 3 }] });
    expect(await taking(4)).toEqual(stopped);
    const back = await taking(3);
    expect(back.activeVersion).toBe(2);
    await publishing.activate({ ...by('site:shop'), version: 1 });
    expect(await taking(3)).toMatchObject({ activeVersion: 2, revision: back.revision + 1 });
    expect(await code(taking(4))).toBe('STALE_ETAG');
    await publishing.activate({ ...by(), version: 5 });
    expect(await code(taking(3))).toBe('STALE_ETAG');
  });

  it('rolls back whatever happens meanwhile in other scopes or to shadows', async () => {
    for (const taking of [undefined, 2]) {
      const { publishing, beforeNext } = await open();
      for (const version of [1, 2]) await publishing.activate({ ...by(), version });
      beforeNext(() => publishing.startShadow({ ...by('site:shop'), version: 4 }));
      const { activeVersion, revision } = await publishing.rollBack({ ...by(), taking });
      expect([activeVersion, revision]).toEqual([1, 4]);
    }
  });

  it('takes back nothing that came after it was asked to, and what was taken back meanwhile once', async () => {
    for (const [taking, result] of [
      [undefined, 'STALE_ETAG'],
      [3, 'done'],
    ] as const) {
      const { publishing, log, beforeNext } = await open();
      for (const version of [1, 2, 3]) await publishing.activate({ ...by(), version });
      beforeNext(() => publishing.rollBack(by()));
      expect(await code(publishing.rollBack({ ...by(), taking }))).toBe(result);
      expect(log.at(-1)).toMatchObject({ step: 'roll-back', version: 3, to: 2 });
      expect(log).toHaveLength(4);
      beforeNext(() => publishing.activate({ ...by(), version: 4 }));
      expect(await code(publishing.rollBack({ ...by(), taking: taking && 2 }))).toBe('STALE_ETAG');
      expect(log.at(-1)).toMatchObject({ step: 'activate', version: 4 });
    }
  });

  it('rolls back only the canary that was meant', async () => {
    const { publishing } = await open();
    await publishing.activate({ ...by(), version: 1 });
    const { revision } = await publishing.startCanary({ ...by(), version: 2, settings: SETTINGS });
    await publishing.startCanary({ ...by(), version: 2, settings: { ...SETTINGS, share: 0.2 } });
    const still = await publishing.rollBack({ ...by(), canary: revision });
    expect(still.staged.map(({ stage }) => stage)).toContain('canary');
    await publishing.stopCanary(by());
  });

  it('ends a canary with an activation, of that version or another', async () => {
    for (const version of [2, 3]) {
      const { publishing } = await open();
      await publishing.activate({ ...by(), version: 1 });
      await publishing.startCanary({ ...by(), version: 2, settings: SETTINGS });
      const { staged } = await publishing.activate({ ...by(), version });
      expect(staged.map((one) => [one.version, one.stage])).toEqual([[version, 'active']]);
    }
  });

  it('of a narrower scope goes back to what holds around it', async () => {
    const { publishing } = await open();
    await publishing.activate({ ...by(), version: 1 });
    await publishing.activate({ ...by('site:shop'), version: 2 });
    const { staged } = await publishing.rollBack(by('site:shop'));
    expect(staged.map(({ scope, version }) => [scope, version])).toEqual([['all', 1]]);
    expect(await code(publishing.rollBack(by('site:shop')))).toBe('NOTHING_TO_ROLL_BACK');
  });

  it('does not bring back what was taken out of service before the version that it takes back', async () => {
    const { publishing } = await open();
    await publishing.activate({ ...by(), version: 1 });
    for (const scope of ['all', 'site:shop'] as const) {
      await publishing.activate({ ...by(scope), version: 2 });
      await publishing.deactivate(by(scope));
      await publishing.activate({ ...by(scope), version: 3 });
    }
    const { staged } = await publishing.rollBack(by('site:shop'));
    expect(staged.map(({ scope, version }) => [scope, version])).toEqual([['all', 3]]);
    expect(await code(publishing.rollBack(by()))).toBe('NOTHING_TO_ROLL_BACK');
  });

  it('of a canary that is started again as it is goes on with it', async () => {
    const { publishing, log } = await open();
    await publishing.activate({ ...by(), version: 1 });
    const begun = await publishing.startCanary({ ...by(), version: 2, settings: SETTINGS });
    const again = await publishing.startCanary({ ...by(), version: 2, settings: { ...SETTINGS } });
    expect(again).toEqual(begun);
    expect(log).toHaveLength(2);
  });

  it('keeps few shadows, none of what decides there', async () => {
    const { publishing } = await open();
    await publishing.activate({ ...by(), version: 1 });
    expect(await code(publishing.startShadow({ ...by(), version: 1 }))).toBe('STAGED');
    for (const version of [2, 3, 4])
      expect(await code(publishing.startShadow({ ...by(), version }))).toBe('done');
    expect(await code(publishing.startShadow({ ...by(), version: 5 }))).toBe('STAGED');
    expect(await code(publishing.stopShadow({ ...by(), version: 3 }))).toBe('done');
    expect(await code(publishing.startShadow({ ...by(), version: 5 }))).toBe('done');
  });

  it('takes what was ended already for no change, and what never was for a mistake', async () => {
    const { publishing, log } = await open();
    const [site, elsewhere] = [by('site:shop'), by('group:eu')];
    await publishing.activate({ ...site, version: 1 });
    await publishing.startCanary({ ...site, version: 2, settings: SETTINGS });
    await publishing.startShadow({ ...site, version: 3 });
    const ends = [
      (at: typeof site) => publishing.stopCanary(at),
      (at: typeof site) => publishing.stopShadow({ ...at, version: 3 }),
      (at: typeof site) => publishing.deactivate(at),
    ];
    for (const end of ends) {
      const ended = await end(site);
      expect(await end(site)).toEqual(ended);
    }
    expect(log).toHaveLength(6);
    const mistakes = await Promise.all(ends.map((end) => code(end(elsewhere))));
    expect(mistakes).toEqual(['NOT_STAGED', 'NOT_STAGED', 'NOT_STAGED']);
    await publishing.activate({ ...site, version: 3 });
    expect(await code(publishing.stopShadow({ ...site, version: 3 }))).toBe('NOT_STAGED');
  });
});

describe('whatever is published one after the other', () => {
  const step = fc.record({
    what: fc.constantFrom(
      'activate',
      'rollBack',
      'deactivate',
      'startShadow',
      'stopShadow',
      'startCanary',
      'stopCanary',
    ),
    version: fc.constantFrom(...VERSIONS),
    scope: fc.constantFrom<Scope>('all', 'site:shop', 'group:eu'),
  });

  it('leaves one version active in a scope at most, and a log that leads to what stands there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { publishing, store, log } = await open();
        for (const { what, version, scope } of steps) {
          const call = publishing[what as 'activate'] as Publishing['startCanary'];
          const ended = await code(call({ ...by(scope), version, settings: SETTINGS }));
          expect(ended).not.toMatch(/Error|STALE|INTERNAL/);
        }
        const stages = await store.staged();
        for (const scope of ['all', 'site:shop', 'group:eu'] as const) {
          const here = stages.filter((one) => one.scope === scope);
          const active = here.filter(({ stage }) => stage === 'active');
          expect(active.length).toBeLessThanOrEqual(1);
          expect(here.filter(({ stage }) => stage === 'canary').length).toBeLessThanOrEqual(1);
          expect(new Set(here.map(({ version }) => version)).size).toBe(here.length);
          const steps = log.filter((one) => one.scope === scope);
          expect(steps.at(-1)?.to ?? 0).toBe(active[0]?.version ?? 0);
          for (const [index, { from }] of steps.entries()) expect(from).toBe(steps[index - 1]?.to ?? 0);
        }
        expect(log.map(({ revision }) => revision)).toEqual(log.map((_, index) => index + 1));
      }),
    );
  });
});
