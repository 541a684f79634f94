import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuleSetDocument } from '../../../src/rules/document/document.js';
import type { Layout, Publication, StoredVersion } from '../../../src/rules/version-store.js';
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
      from: revision - 1,
      to,
      actor: 'bob',
      reason: 'because',
      at: T0 + revision,
      step: 'activate',
      ...more,
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

    it('knows what is active, and every step that led there', async () => {
      expect(await store.rules.activations()).toEqual([]);
      expect(await store.rules.publish(publication(1, 1))).toBe('published');
      expect(await store.rules.publish(publication(2, 2))).toBe('published');
      expect(await store.rules.publish(publication(3, 1, { step: 'roll-back' }))).toBe('published');
      expect(await store.rules.publish(publication(1, 7, { ruleSet: 'lists' }))).toBe('published');
      const active = [...(await store.rules.activations())].sort((a, b) => (a.ruleSet < b.ruleSet ? -1 : 1));
      expect(active).toEqual([
        { ruleSet: 'cards', version: 1, revision: 3 },
        { ruleSet: 'lists', version: 7, revision: 1 },
      ]);
      await store.rules.publish(publication(4, 0, { step: 'deactivate' }));
      const log = await store.rules.publications('cards', 10, undefined);
      expect(log.map(({ revision, to, step }) => [revision, to, step])).toEqual([
        [4, 0, 'deactivate'],
        [3, 1, 'roll-back'],
        [2, 2, 'activate'],
        [1, 1, 'activate'],
      ]);
      expect(log[2]).toEqual(publication(2, 2));
      expect(await store.rules.publications('cards', 1, undefined)).toHaveLength(1);
      expect((await store.rules.activations()).find((one) => one.ruleSet === 'cards')?.version).toBe(0);
    });

    it('reads the log of a rule set back from anywhere', async () => {
      for (let revision = 1; revision <= 9; revision++) {
        await store.rules.publish(publication(revision, revision));
        await store.rules.publish(publication(revision, 1, { ruleSet: 'lists' }));
      }
      const revisions = async (limit: number, before: number | undefined): Promise<number[]> =>
        (await store.rules.publications('cards', limit, before)).map(({ revision }) => revision);
      expect(await revisions(2, undefined)).toEqual([9, 8]);
      expect(await revisions(2, 8)).toEqual([7, 6]);
      expect(await revisions(100, 4)).toEqual([3, 2, 1]);
      expect(await revisions(100, 1)).toEqual([]);
    });

    it('lets exactly one of several publishers win', async () => {
      await store.rules.publish(publication(1, 1));
      expect(await store.rules.publish(publication(3, 5))).toBe('stale');
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) => store.rules.publish(publication(2, 10 + index))),
      );
      expect(results.filter((result) => result === 'published')).toHaveLength(1);
      const winner = results.indexOf('published');
      expect(await store.rules.activations()).toEqual([
        { ruleSet: 'cards', version: 10 + winner, revision: 2 },
      ]);
      expect(await store.rules.publications('cards', 10, undefined)).toHaveLength(2);
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
      await store.rules.publish(publication(1, 1));
      await store.close();
      store = await database.open();
      expect(await store.rules.get('cards', 1)).toEqual(version('cards', 1));
      expect(await store.rules.activations()).toEqual([{ ruleSet: 'cards', version: 1, revision: 1 }]);
      expect(await store.rules.publish(publication(1, 2))).toBe('stale');
    });
  });
}
