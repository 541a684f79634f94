import { describe, expect, it } from 'vitest';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';
import { createSites } from '../../src/sites/site-service.js';
import type { Merchant, Site, SiteStore } from '../../src/sites/site-store.js';

const FALLBACK = { timeZone: 'UTC', country: '', currency: 'EUR' };

function site(id: string): Site {
  return { id, name: '', group: '', languages: [], revision: 1, ...FALLBACK };
}

/** A store that goes away as soon as it has stored something; `back` brings it back. */
function leavingStore(): { readonly store: SiteStore; readonly back: () => void } {
  const sites = new Map<string, Site>();
  const merchants = new Map<string, Merchant>();
  let away = false;
  const put = async <T extends Site | Merchant>(into: Map<string, T>, item: T): Promise<'stored'> => {
    into.set(item.id, { ...item, revision: item.revision + 1 });
    away = true;
    return 'stored';
  };
  const all = async <T>(of: ReadonlyMap<string, T>): Promise<readonly T[]> => {
    if (away) throw storeUnavailable('it is away');
    return [...of.values()];
  };
  const store: SiteStore = {
    putSite: (item) => put(sites, item),
    putMerchant: (item) => put(merchants, item),
    sites: () => all(sites),
    merchants: () => all(merchants),
  };
  return { store, back: () => (away = false) };
}

describe('a change that was stored before the store went away', () => {
  it('is answered as it is stored, and followed when the store is back', async () => {
    const { store, back } = leavingStore();
    const sites = createSites(store, FALLBACK);
    const { revision: _, ...es } = site('es');
    expect(sites.siteOf('es').known).toBe(false);
    expect(await sites.putSite({ ...es, timeZone: '' }, undefined)).toEqual(site('es'));
    expect(sites.siteOf('es').known).toBe(false);
    await expect(sites.putSite(es, undefined)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    back();
    await sites.refresh();
    expect(sites.siteOf('es')).toEqual({ site: site('es'), known: true });

    const { merchant } = sites.merchantOf('m', site('es'));
    expect(await sites.putMerchant({ ...merchant, timeZone: '' }, undefined)).toEqual({
      ...merchant,
      timeZone: 'UTC',
      revision: 1,
    });
    back();
    expect(await sites.putMerchant({ ...merchant, name: 'M' }, 1)).toMatchObject({ name: 'M', revision: 2 });
    expect(sites.merchantOf('m', site('es')).known).toBe(false);
    back();
    await sites.refresh();
    expect(sites.merchantOf('m', site('es')).merchant).toMatchObject({ name: 'M', revision: 2 });
  });
});

describe('sites in memory', () => {
  it('are not put back to an older state by a reading that comes late', async () => {
    const readings: ((sites: readonly Site[]) => void)[] = [];
    const store = {
      sites: () => new Promise<readonly Site[]>((resolve) => readings.push(resolve)),
      merchants: async () => [],
    } as unknown as SiteStore;
    const sites = createSites(store, FALLBACK);
    const early = sites.refresh();
    const late = sites.refresh();
    readings[1]?.([site('es'), site('de')]);
    await late;
    readings[0]?.([site('es')]);
    await early;
    expect(sites.siteOf('de').known).toBe(true);
  });
});
