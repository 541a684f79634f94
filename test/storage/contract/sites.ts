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
      expect(await store.sites.sites()).toEqual([]);
      expect(await store.sites.putSite(site)).toBe('stored');
      expect(await store.sites.putMerchant(merchant)).toBe('stored');
      expect(await store.sites.putSite({ ...site, revision: 1, name: 'Magasin' })).toBe('stored');
      expect(await store.sites.sites()).toEqual([{ ...site, name: 'Magasin', revision: 2 }]);
      expect(await store.sites.merchants()).toEqual([{ ...merchant, revision: 1 }]);
      await store.close();
      store = await database.open();
      expect(await store.sites.sites()).toEqual([{ ...site, name: 'Magasin', revision: 2 }]);
    });

    it('refuses a change of something that is no longer so', async () => {
      expect(await store.sites.putSite({ ...site, revision: 1 })).toBe('stale');
      await store.sites.putSite(site);
      expect(await store.sites.putSite(site)).toBe('stale');
      const results = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          store.sites.putSite({ ...site, revision: 1, name: `name${index}` }),
        ),
      );
      expect(results.filter((result) => result === 'stored')).toHaveLength(1);
      expect((await store.sites.sites())[0]?.name).toBe(`name${results.indexOf('stored')}`);
    });
  });
}
