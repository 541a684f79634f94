import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuleSetDocument } from '../../../src/rules/document/document.js';
import type { Evidence } from '../../../src/rules/publish/evidence.js';
import type { Stage, StagedVersion } from '../../../src/rules/publish/stage.js';
import type { Draft, Layout, Publication, StoredVersion } from '../../../src/rules/version-store.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

/** What every store of rule versions promises. */
export function rulesContract(factory: StoreFactory): void {
  describe(`rule versions on ${factory.name}`, () => {
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

    const version = (ruleSet: string, number: number, author = 'ann'): StoredVersion => ({
      ruleSet,
      version: number,
      hash: number.toString(16).padStart(64, '0'),
      // The store does not look into it; odd names and values must survive.
      document: {
        id: ruleSet,
        odd: { $where: 1, 'a.b': [null, 'ü', 1.5, ''] },
      } as unknown as RuleSetDocument,
      author,
      comment: 'first',
      createdAt: T0 + number,
    });
    const publication = (revision: number, to: number, more: Partial<Publication> = {}): Publication => ({
      ruleSet: 'cards',
      revision,
      scope: 'all',
      version: to,
      from: revision - 1,
      to,
      actor: 'bob',
      reason: 'because',
      at: T0 + revision,
      step: 'activate',
      ...more,
    });

    const staged = (version: number, stage: Stage, since: number): StagedVersion => ({
      ruleSet: 'cards',
      scope: 'all',
      version,
      stage,
      since,
      sinceAt: T0 + since,
    });

    it('keeps versions whole, newest first', async () => {
      for (const number of [1, 2, 3, 4, 5]) {
        expect(await store.rules.create(version('cards', number), number - 1)).toBe('created');
      }
      await store.rules.create(version('lists', 1), 0);
      expect(await store.rules.get('cards', 3)).toEqual(version('cards', 3));
      expect(await store.rules.get('cards', 9)).toBeUndefined();
      expect(await store.rules.get('nothing', 1)).toBeUndefined();
      const numbers = async (limit: number, before?: number): Promise<number[]> =>
        (await store.rules.versions('cards', limit, before)).map((one) => one.version);
      expect(await numbers(10)).toEqual([5, 4, 3, 2, 1]);
      expect(await numbers(2)).toEqual([5, 4]);
      expect(await numbers(2, 4)).toEqual([3, 2]);
      expect(await store.rules.versions('nothing', 10, undefined)).toEqual([]);
      expect(await store.rules.ruleSets()).toEqual([
        { ruleSet: 'cards', latest: 5 },
        { ruleSet: 'lists', latest: 1 },
      ]);
    });

    it('lets exactly one of several authors make the next version', async () => {
      await store.rules.create(version('cards', 1), 0);
      expect(await store.rules.create(version('cards', 1), 0)).toBe('stale');
      expect(await store.rules.create(version('cards', 3), 2)).toBe('stale');
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) => store.rules.create(version('cards', 2, `author${index}`), 1)),
      );
      expect(results.filter((result) => result === 'created')).toHaveLength(1);
      const winner = results.indexOf('created');
      expect((await store.rules.get('cards', 2))?.author).toBe(`author${winner}`);
    });

    it('knows what stands where, and every step that led there', async () => {
      expect(await store.rules.staged()).toEqual([]);
      expect(await store.rules.publish(publication(1, 1), [staged(1, 'active', 1)])).toBe('published');
      const second = [staged(1, 'archived', 2), staged(2, 'active', 2)];
      expect(await store.rules.publish(publication(2, 2), second)).toBe('published');
      const back = [staged(2, 'archived', 3), staged(1, 'active', 3)];
      expect(await store.rules.publish(publication(3, 1, { step: 'roll-back' }), back)).toBe('published');
      const other = { ...staged(7, 'active', 1), ruleSet: 'lists' };
      expect(await store.rules.publish(publication(1, 7, { ruleSet: 'lists' }), [other])).toBe('published');
      expect(await store.rules.staged()).toEqual([staged(1, 'active', 3), other]);
      expect(await store.rules.stagesOf('cards')).toEqual([staged(1, 'active', 3), staged(2, 'archived', 3)]);
      expect(await store.rules.heads()).toEqual([
        { ruleSet: 'cards', revision: 3 },
        { ruleSet: 'lists', revision: 1 },
      ]);
      await store.rules.publish(publication(4, 0, { step: 'deactivate' }), [staged(1, 'archived', 4)]);
      const log = await store.rules.publications('cards', 10, undefined);
      expect(log.map(({ revision, to, step }) => [revision, to, step])).toEqual([
        [4, 0, 'deactivate'],
        [3, 1, 'roll-back'],
        [2, 2, 'activate'],
        [1, 1, 'activate'],
      ]);
      expect(log[2]).toEqual(publication(2, 2));
      expect(await store.rules.publications('cards', 1, undefined)).toHaveLength(1);
      expect(await store.rules.staged()).toEqual([other]);
    });

    it('keeps scopes apart, and all that a canary is to be', async () => {
      const canary = {
        share: 0.05,
        by: 'card',
        periodMs: 86_400_000,
        limits: { stopped: { maxRise: 2 }, latency: { quantile: 0.99, maxFactor: 2 } },
        plan: { first: 100, growth: 1.3, alpha: 0.01 },
      } as const;
      const all = [
        staged(1, 'active', 1),
        { ...staged(2, 'canary', 1), canary },
        staged(3, 'shadow', 1),
        staged(4, 'shadow', 1),
      ];
      await store.rules.publish(publication(1, 1), all);
      const here = { scope: 'site:shop' } as const;
      const site = { ...staged(2, 'active', 2), ...here };
      expect(await store.rules.publish(publication(2, 2, here), [site])).toBe('published');
      expect(await store.rules.staged()).toEqual([...all, site]);
    });

    it('never has two versions active in a scope, or two in canary', async () => {
      await store.rules.publish(publication(1, 1), [staged(1, 'active', 1), staged(3, 'canary', 1)]);
      for (const stage of ['active', 'canary'] as const)
        expect(await store.rules.publish(publication(2, 2), [staged(2, stage, 2)])).toBe('stale');
      const both = [staged(1, 'archived', 2), staged(2, 'active', 2), staged(4, 'active', 2)];
      expect(await store.rules.publish(publication(2, 2), both)).toBe('stale');
      expect(await store.rules.publications('cards', 10, undefined)).toHaveLength(1);
      expect(await store.rules.stagesOf('cards')).toEqual([staged(1, 'active', 1), staged(3, 'canary', 1)]);
      const over = [staged(3, 'active', 2), staged(1, 'archived', 2)];
      expect(await store.rules.publish(publication(2, 3), over)).toBe('published');
    });

    it('reads the log of a rule set back from anywhere', async () => {
      for (let revision = 1; revision <= 9; revision++) {
        await store.rules.publish(publication(revision, revision), []);
        await store.rules.publish(publication(revision, 1, { ruleSet: 'lists' }), []);
      }
      const revisions = async (limit: number, before: number | undefined): Promise<number[]> =>
        (await store.rules.publications('cards', limit, before)).map(({ revision }) => revision);
      expect(await revisions(2, undefined)).toEqual([9, 8]);
      expect(await revisions(2, 8)).toEqual([7, 6]);
      expect(await revisions(100, 4)).toEqual([3, 2, 1]);
      expect(await revisions(100, 1)).toEqual([]);
    });

    it('shows one active version at any moment, and what was published to whoever asks then', async () => {
      let over = false;
      const reader = async (): Promise<readonly number[]> => {
        const seen: number[] = [];
        while (!over) seen.push((await store.rules.staged()).length);
        return seen;
      };
      const readers = [reader(), reader()];
      for (let number = 1; number <= 15; number++) {
        const changes = [staged(number, 'active', number), staged(number - 1, 'archived', number)];
        expect(
          await store.rules.publish(
            publication(number, number),
            number === 1 ? changes.slice(0, 1) : changes,
          ),
        ).toBe('published');
        expect(await store.rules.staged()).toEqual([staged(number, 'active', number)]);
      }
      over = true;
      // Nothing before the first.
      for (const seen of await Promise.all(readers)) expect(seen.join('')).toMatch(/^0*1*$/);
    });

    it('lets exactly one of several publishers win', async () => {
      await store.rules.publish(publication(1, 1), [staged(1, 'active', 1)]);
      expect(await store.rules.publish(publication(3, 5), [])).toBe('stale');
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          store.rules.publish(publication(2, 10 + index), [
            staged(1, 'archived', 2),
            staged(10 + index, 'active', 2),
          ]),
        ),
      );
      expect(results.filter((result) => result === 'published')).toHaveLength(1);
      const winner = results.indexOf('published');
      expect(await store.rules.staged()).toEqual([staged(10 + winner, 'active', 2)]);
      expect(await store.rules.publications('cards', 10, undefined)).toHaveLength(2);
    });

    it('keeps evidence in its order, each number once', async () => {
      const piece = (number: number, actor = 'bob'): Evidence => ({
        ruleSet: 'cards',
        version: 1,
        number,
        hash: 'ff',
        actor,
        at: T0 + number,
        comment: 'ü',
        kind: 'waiver',
        waives: ['backtest'],
      });
      expect(await store.rules.addEvidence(piece(2))).toBe('stale');
      const results = await Promise.all(
        ['ann', 'bob', 'cid'].map((actor) => store.rules.addEvidence(piece(1, actor))),
      );
      expect(results.filter((result) => result === 'added')).toHaveLength(1);
      expect(await store.rules.addEvidence(piece(2))).toBe('added');
      expect(await store.rules.addEvidence({ ...piece(1), version: 2 })).toBe('added');
      expect((await store.rules.evidence('cards', 1)).map(({ number }) => number)).toEqual([1, 2]);
      expect((await store.rules.evidence('cards', 1))[1]).toEqual(piece(2));
      expect(await store.rules.evidence('cards', 9)).toEqual([]);
    });

    it('keeps one draft of a rule set, changed only by who has seen it', async () => {
      const draft = (document = '{ odd'): Omit<Draft, 'revision'> => ({
        ruleSet: 'cards',
        document,
        cases: '',
        lists: '',
        base: 3,
        comment: '',
        editors: ['ann'],
        createdAt: T0,
        updatedAt: T0 + 1,
      });
      expect(await store.rules.draft('cards')).toBeUndefined();
      const several = (before: number): Promise<readonly (number | 'stale')[]> =>
        Promise.all(['a', 'b', 'c'].map((text) => store.rules.putDraft(draft(text), before)));
      expect(await store.rules.putDraft(draft(), 1)).toBe('stale');
      expect((await several(0)).map(String).toSorted()).toEqual(['1', 'stale', 'stale']);
      expect(await store.rules.putDraft(draft(), 0)).toBe('stale');
      const next = await several(1);
      expect(next.map(String).toSorted()).toEqual(['2', 'stale', 'stale']);
      await store.rules.putDraft({ ...draft(), ruleSet: 'all' }, 0);
      const text = ['a', 'b', 'c'][next.indexOf(2)] ?? '';
      expect(await store.rules.draft('cards')).toEqual({ ...draft(text), revision: 2 });
      expect((await store.rules.drafts()).map(({ ruleSet }) => ruleSet)).toEqual(['all', 'cards']);
      expect(await store.rules.removeDraft('cards', 1)).toBe('stale');
      expect(await store.rules.removeDraft('cards', 2)).toBe('removed');
      expect(await store.rules.removeDraft('cards', 2)).toBe('stale');
      expect(await store.rules.draft('cards')).toBeUndefined();
      expect((await store.rules.drafts()).map(({ ruleSet }) => ruleSet)).toEqual(['all']);
    });

    it('gives no draft the revision of one that is gone', async () => {
      const draft = (document: string): Omit<Draft, 'revision'> => ({
        ruleSet: 'cards',
        document,
        cases: '',
        lists: '',
        base: 3,
        comment: '',
        editors: ['ann'],
        createdAt: T0,
        updatedAt: T0,
      });
      expect(await store.rules.putDraft(draft('a'), 0)).toBe(1);
      expect(await store.rules.removeDraft('cards', 1)).toBe('removed');
      expect(await store.rules.putDraft(draft('b'), 1)).toBe('stale');
      const next = await Promise.all(['c', 'd'].map((text) => store.rules.putDraft(draft(text), 0)));
      expect(next.map(String).toSorted()).toEqual(['2', 'stale']);
      // Whoever read the first one has not seen this.
      expect(await store.rules.removeDraft('cards', 1)).toBe('stale');
      expect(await store.rules.putDraft(draft('e'), 1)).toBe('stale');
      expect((await store.rules.draft('cards'))?.revision).toBe(2);
    });

    it('keeps layouts', async () => {
      const layout: Layout = {
        id: 'ab'.repeat(32),
        versions: [{ ruleSet: 'cards', version: 1, hash: 'ff' }],
        slots: [{ fact: 'payment.kind' }, { fact: 'velocity', params: { fn: 'count', window: '1h' } }],
        rules: [['cards', 'too-many']],
        limits: [['cards', 'per-day']],
      };
      await store.rules.putLayout(layout);
      await store.rules.putLayout(layout);
      expect(await store.rules.layout(layout.id)).toEqual(layout);
      expect(await store.rules.layout('nothing')).toBeUndefined();
    });

    it('remembers after it was opened again', async () => {
      await store.rules.create(version('cards', 1), 0);
      await store.rules.publish(publication(1, 1), [staged(1, 'active', 1)]);
      await store.close();
      store = await database.open();
      expect(await store.rules.get('cards', 1)).toEqual(version('cards', 1));
      expect(await store.rules.staged()).toEqual([staged(1, 'active', 1)]);
      expect(await store.rules.publish(publication(1, 2), [])).toBe('stale');
    });
  });
}
