import { TollgateError } from '../errors/errors.js';
import { followed } from '../errors/store-unavailable.js';
import { pageOf, type Page, type PageQuery } from '../paging/paging.js';
import type { Merchant, Site, SiteStore } from './site-store.js';

/** What a payment's site is taken to be. */
export interface SiteLookup {
  readonly site: Site;
  /** False: the default site stands in. */
  readonly known: boolean;
}

/** What a payment's merchant is taken to be. */
export interface MerchantLookup {
  readonly merchant: Merchant;
  readonly known: boolean;
}

/**
 * Sites and merchants. Look-ups are synchronous, from memory; `refresh` follows what other instances changed. A change is
 * in force here when it is answered, unless the store went away meanwhile: then with the next `refresh`.
 */
export interface Sites {
  /** `revision` the caller saw; another one is STALE_ETAG. undefined: whatever it is. An empty time zone is UTC. */
  putSite(site: Omit<Site, 'revision'>, revision: number | undefined): Promise<Site>;
  putMerchant(merchant: Omit<Merchant, 'revision'>, revision: number | undefined): Promise<Merchant>;
  site(id: string): Promise<Site>;
  merchant(id: string): Promise<Merchant>;
  /** By id. */
  listSites(page: PageQuery): Promise<Page<Site>>;
  listMerchants(page: PageQuery): Promise<Page<Merchant>>;
  siteOf(id: string): SiteLookup;
  merchantOf(id: string, site: Site): MerchantLookup;
  refresh(): Promise<void>;
}

/** What an unknown site gets. */
export interface DefaultSite {
  readonly timeZone: string;
  readonly country: string;
  readonly currency: string;
}

/** Sites and merchants over a store. */
export function createSites(store: SiteStore, fallback: DefaultSite): Sites {
  let sites = new Map<string, SiteLookup>();
  let merchants = new Map<string, MerchantLookup>();
  const unknownSites = new Map<string, SiteLookup>();

  let begun = 0;
  let shown = 0;

  async function refresh(): Promise<void> {
    const turn = ++begun;
    const [allSites, allMerchants] = await Promise.all([store.sites(), store.merchants()]);
    // Readings may end in another order than they began: an older one must not undo what a newer one showed.
    if (turn < shown) return;
    shown = turn;
    sites = new Map(allSites.map((site) => [site.id, { site, known: true }]));
    merchants = new Map(allMerchants.map((merchant) => [merchant.id, { merchant, known: true }]));
  }

  function siteOf(id: string): SiteLookup {
    const found = sites.get(id) ?? unknownSites.get(id);
    if (found !== undefined) return found;
    const site: Site = { id, name: '', group: '', languages: [], revision: 0, ...fallback };
    const lookup = { site, known: false };
    if (unknownSites.size >= 1000) unknownSites.clear();
    unknownSites.set(id, lookup);
    return lookup;
  }

  return {
    async putSite(site, revision) {
      const current = (await store.sites()).find((other) => other.id === site.id)?.revision ?? 0;
      if (revision !== undefined && revision !== current) throw stale('site', site.id);
      const wanted: Site = { ...site, timeZone: site.timeZone || 'UTC', revision: current };
      if ((await store.putSite(wanted)) === 'stale') throw stale('site', site.id);
      await followed(refresh());
      unknownSites.delete(site.id);
      return { ...wanted, revision: current + 1 };
    },

    async putMerchant(merchant, revision) {
      const current = (await store.merchants()).find((other) => other.id === merchant.id)?.revision ?? 0;
      if (revision !== undefined && revision !== current) throw stale('merchant', merchant.id);
      const wanted: Merchant = { ...merchant, timeZone: merchant.timeZone || 'UTC', revision: current };
      if ((await store.putMerchant(wanted)) === 'stale') throw stale('merchant', merchant.id);
      await followed(refresh());
      return { ...wanted, revision: current + 1 };
    },

    async site(id) {
      const site = (await store.sites()).find((other) => other.id === id);
      if (site === undefined) throw new TollgateError('SITE_NOT_FOUND', `no site is named ${id}`);
      return site;
    },

    async merchant(id) {
      const merchant = (await store.merchants()).find((other) => other.id === id);
      if (merchant === undefined) throw new TollgateError('MERCHANT_NOT_FOUND', `no merchant is named ${id}`);
      return merchant;
    },

    listSites: async (page) => pageOf(byId(await store.sites()), ({ id }) => id, page),
    listMerchants: async (page) => pageOf(byId(await store.merchants()), ({ id }) => id, page),

    siteOf,

    merchantOf(id, site) {
      return merchants.get(id) ?? { merchant: unknownMerchant(id, site), known: false };
    },

    refresh,
  };
}

/** A merchant nobody configured works in the time zone, country and currency of the site. */
function unknownMerchant(id: string, site: Site): Merchant {
  const { timeZone, country, currency } = site;
  return {
    id,
    name: '',
    ownerIdentityHash: '',
    riskGrade: '',
    timeZone,
    country,
    currency,
    small: false,
    revision: 0,
  };
}

function byId<T extends { readonly id: string }>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function stale(what: string, id: string): TollgateError {
  return new TollgateError('STALE_ETAG', `${what} ${id} has changed meanwhile; read it again`);
}
