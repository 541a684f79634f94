import { describe, expect, it } from 'vitest';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';
import { createSites } from '../../src/sites/site-service.js';
import type { Kind, Kinds, Site, SiteChange, SiteStore } from '../../src/sites/site-store.js';

const FALLBACK = { timeZone: 'UTC', country: '', currency: 'EUR' };

function site(id: string): Site {
  return { id, name: '', group: '', languages: [], revision: 1, ...FALLBACK };
}

/** A store that goes away as soon as it has stored something; `back` brings it back. */
function leavingStore(): { readonly store: SiteStore; readonly back: () => void } {
  const latest = new Map<string, SiteChange>();
  let change = 0;
  let away = false;
  const all = (): readonly SiteChange[] => {
    if (away) throw storeUnavailable('it is away');
    return [...latest.values()];
  };
  const ofKind = <K extends Kind>(kind: K): readonly Kinds[K][] =>
    all().flatMap((one) => (one.kind === kind ? [one.item as Kinds[K]] : []));
  const store: SiteStore = {
    async put(kind, item) {
      const stored = { kind, change: ++change, item: { ...item, revision: item.revision + 1 } };
      latest.set(item.id, stored as unknown as SiteChange);
      away = true;
      return 'stored';
    },
    get: async (kind, id) => ofKind(kind).find((item) => item.id === id),
    page: async (kind) => ofKind(kind),
    changes: async (after) => all().filter((one) => one.change > after),
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

describe('puts of one site at once', () => {
  it('all succeed, but for those that say what they follow on', async () => {
    let stored: Site | undefined;
    const store = {
      get: async () => stored,
      put: async (_: Kind, item: Site) => {
        if (item.revision !== (stored?.revision ?? 0)) return 'stale';
        stored = { ...item, revision: item.revision + 1 };
        return 'stored';
      },
      changes: async () => [],
    } as unknown as SiteStore;
    const sites = createSites(store, FALLBACK);
    const { revision: _, ...es } = site('es');
    const put = (name: string, revision?: number): Promise<number | string> =>
      sites.putSite({ ...es, name }, revision).then(
        (one) => one.revision,
        (error: unknown) => (error as { readonly code: string }).code,
      );
    expect(new Set(await Promise.all(['a', 'b', 'c', 'd'].map((name) => put(name))))).toEqual(
      new Set([1, 2, 3, 4]),
    );
    expect(new Set(await Promise.all([put('e', 4), put('f', 4)]))).toEqual(new Set(['STALE_ETAG', 5]));
  });
});

describe('sites in memory', () => {
  it('are not put back to an older state by a reading that comes late', async () => {
    const readings: ((changes: readonly SiteChange[]) => void)[] = [];
    const store = {
      changes: () => new Promise<readonly SiteChange[]>((resolve) => readings.push(resolve)),
    } as unknown as SiteStore;
    const changed = (change: number, item: Site): SiteChange => ({ kind: 'site', change, item });
    const sites = createSites(store, FALLBACK);
    const early = sites.refresh();
    const late = sites.refresh();
    readings[1]?.([changed(2, { ...site('es'), revision: 2, name: 'new' }), changed(3, site('de'))]);
    await late;
    readings[0]?.([changed(1, site('es'))]);
    await early;
    expect(sites.siteOf('es').site.name).toBe('new');
    expect(sites.siteOf('de').known).toBe(true);
  });

  it('are read from the store once: after that only what changed', async () => {
    const asked: number[] = [];
    const kept = Array.from({ length: 2500 }, (_, nth) => ({
      kind: 'site' as const,
      change: nth + 1,
      item: site(`s${nth}`),
    }));
    const store = {
      changes: async (after: number, size: number) => {
        asked.push(after);
        return kept.filter(({ change }) => change > after).slice(0, size);
      },
    } as unknown as SiteStore;
    const sites = createSites(store, FALLBACK);
    await sites.refresh();
    expect(asked).toEqual([0, 1000, 2000]);
    expect(sites.siteOf('s2499').known).toBe(true);
    await sites.refresh();
    expect(asked.slice(3)).toEqual([2500]);
  });
});

describe('a listing', () => {
  it('goes through all, page by page', async () => {
    const kept = ['a', 'b', 'c', 'd'].map(site);
    const store = {
      page: async (_: string, after: string, size: number) =>
        kept.filter(({ id }) => id > after).slice(0, size),
    } as unknown as SiteStore;
    const sites = createSites(store, FALLBACK);
    const first = await sites.listSites({ size: 2, token: '' });
    expect(first.items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(await sites.listSites({ size: 2, token: first.next })).toEqual({ items: kept.slice(2), next: '' });
    await expect(sites.listSites({ size: 2, token: 'x' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
