import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Merchant, Site } from '../../../src/sites/site-store.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

/** What every store of sites and merchants promises. */
export function sitesContract(factory: StoreFactory): void {
  describe(`sites on ${factory.name}`, () => {
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

    const site: Site = {
      id: 'fr',
      name: 'Boutique',
      group: 'europe',
      timeZone: 'Europe/Paris',
      country: 'FR',
      currency: 'EUR',
      languages: ['fr', 'en'],
      revision: 0,
    };
    const merchant: Merchant = {
      id: 'm1',
      name: 'Corner shop',
      ownerIdentityHash: 'abc',
      riskGrade: 'B',
      timeZone: 'Asia/Shanghai',
      country: 'CN',
      currency: 'CNY',
      small: true,
      revision: 0,
    };

    it('keeps sites and merchants, each with its revision', async () => {
      expect(await store.sites.get('site', 'fr')).toBeUndefined();
      expect(await store.sites.put('site', site)).toBe('stored');
      expect(await store.sites.put('merchant', merchant)).toBe('stored');
      expect(await store.sites.put('site', { ...site, revision: 1, name: 'Magasin' })).toBe('stored');
      expect(await store.sites.get('site', 'fr')).toEqual({ ...site, name: 'Magasin', revision: 2 });
      expect(await store.sites.get('merchant', 'm1')).toEqual({ ...merchant, revision: 1 });
      expect(await store.sites.get('merchant', 'fr')).toBeUndefined();
      await store.close();
      store = await database.open();
      expect(await store.sites.get('site', 'fr')).toEqual({ ...site, name: 'Magasin', revision: 2 });
    });

    it('refuses a change of something that is no longer so', async () => {
      expect(await store.sites.put('site', { ...site, revision: 1 })).toBe('stale');
      await store.sites.put('site', site);
      expect(await store.sites.put('site', site)).toBe('stale');
      const results = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          store.sites.put('site', { ...site, revision: 1, name: `name${index}` }),
        ),
      );
      expect(results.filter((result) => result === 'stored')).toHaveLength(1);
      expect((await store.sites.get('site', 'fr'))?.name).toBe(`name${results.indexOf('stored')}`);
    });

    it('gives pages of one kind, by id', async () => {
      for (const id of ['c', 'a', 'a/b', 'd', 'é']) await store.sites.put('merchant', { ...merchant, id });
      await store.sites.put('site', { ...site, id: 'b' });
      const ids = async (after: string, size: number): Promise<readonly string[]> =>
        (await store.sites.page('merchant', after, size)).map(({ id }) => id);
      expect(await ids('', 3)).toEqual(['a', 'a/b', 'c']);
      expect(await ids('c', 3)).toEqual(['d', 'é']);
      expect(await ids('b', 1)).toEqual(['c']);
      expect(await store.sites.page('site', '', 9)).toEqual([{ ...site, id: 'b', revision: 1 }]);
    });

    it('tells what changed after a change, in order and in parts', async () => {
      await store.sites.put('site', site);
      await store.sites.put('merchant', merchant);
      const first = await store.sites.changes(0, 1);
      expect(first).toMatchObject([{ kind: 'site', item: { id: 'fr', revision: 1 } }]);
      const second = await store.sites.changes(first[0]?.change ?? 0, 9);
      expect(second).toMatchObject([{ kind: 'merchant', item: { ...merchant, revision: 1 } }]);
      const seen = second[0]?.change ?? 0;
      expect(await store.sites.changes(seen, 9)).toEqual([]);
      await store.sites.put('site', { ...site, revision: 1, name: 'Magasin' });
      expect(await store.sites.changes(seen, 9)).toMatchObject([
        { kind: 'site', item: { name: 'Magasin', revision: 2 } },
      ]);
      expect((await store.sites.changes(0, 9)).map(({ kind }) => kind)).toEqual(['merchant', 'site']);
    });

    it('hides no change from who follows, however many instances make them at a time', async () => {
      const other = factory.shared ? await database.open() : store;
      const makers = [store, other, store, other];
      const ids = ['a', 'b', 'c'];
      let making = makers.length;
      const make = async (maker: TestStore): Promise<void> => {
        for (let nth = 0; nth < 10; nth++) {
          const id = ids[nth % ids.length] ?? '';
          const revision = (await maker.sites.get('merchant', id))?.revision ?? 0;
          await maker.sites.put('merchant', { ...merchant, id, revision, name: String(nth) });
        }
        making -= 1;
      };
      const followed = new Map<string, Merchant | Site>();
      const follow = async (): Promise<void> => {
        for (let seen = 0, last = false; !last;) {
          last = making === 0;
          for (const { change, item } of await other.sites.changes(seen, 2)) {
            expect(change).toBeGreaterThan(seen);
            expect(item.revision).toBeGreaterThan(followed.get(item.id)?.revision ?? 0);
            seen = change;
            followed.set(item.id, item);
            last = false;
          }
        }
      };
      await Promise.all([follow(), ...makers.map(make)]);
      expect(ids.map((id) => followed.get(id))).toEqual(await store.sites.page('merchant', '', 9));
      if (other !== store) await other.close();
    });
  });
}
