import { TollgateError } from '../errors/errors.js';
import { followed } from '../errors/store-unavailable.js';
import { decodeToken, encodeToken, type Page, type PageQuery } from '../paging/paging.js';
import type { Kind, Kinds, Merchant, Site, SiteChange, SiteStore } from './site-store.js';

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

/** Of puts of one site at once that name no revision, one gets through in each try. */
const PUT_TRIES = 30;
/** Changes read from the store at a time. */
const BATCH = 1000;

/** Sites and merchants over a store. */
export function createSites(store: SiteStore, fallback: DefaultSite): Sites {
  const sites = new Map<string, SiteLookup>();
  const merchants = new Map<string, MerchantLookup>();
  const unknownSites = new Map<string, SiteLookup>();
  let seen = 0;

  async function refresh(): Promise<void> {
    let changes: readonly SiteChange[];
    do {
      changes = await store.changes(seen, BATCH);
      for (const change of changes) take(change);
      seen = Math.max(seen, changes.at(-1)?.change ?? 0);
    } while (changes.length === BATCH);
  }

  /** Readings may end in another order than they began: an older one must not undo what a newer one showed. */
  function take({ kind, item }: SiteChange): void {
    if (kind === 'merchant') {
      if (item.revision > (merchants.get(item.id)?.merchant.revision ?? 0))
        merchants.set(item.id, { merchant: item, known: true });
    } else if (item.revision > (sites.get(item.id)?.site.revision ?? 0)) {
      sites.set(item.id, { site: item, known: true });
      unknownSites.delete(item.id);
    }
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

  /** Stores what `make` gives for the revision it will follow on. */
  async function put<K extends Kind>(
    kind: K,
    id: string,
    revision: number | undefined,
    make: (current: number) => Kinds[K],
  ): Promise<Kinds[K]> {
    for (let tries = 1; ; tries++) {
      const current = (await store.get(kind, id))?.revision ?? 0;
      if (revision !== undefined && revision !== current) throw stale(kind, id);
      if ((await store.put(kind, make(current))) === 'stored') {
        await followed(refresh());
        return make(current + 1);
      }
      // Somebody else was first: that matters to who said what it follows on, the others are the last to speak.
      if (revision !== undefined || tries === PUT_TRIES) throw stale(kind, id);
    }
  }

  async function page<K extends Kind>(kind: K, { size, token }: PageQuery): Promise<Page<Kinds[K]>> {
    const found = await store.page(kind, token === '' ? '' : decodeToken(token), size + 1);
    const items = found.slice(0, size);
    const last = items.at(-1);
    return { items, next: found.length > size && last !== undefined ? encodeToken(last.id) : '' };
  }

  return {
    putSite: (site, expected) =>
      put('site', site.id, expected, (revision) => ({ ...site, timeZone: site.timeZone || 'UTC', revision })),
    putMerchant: (merchant, expected) =>
      put('merchant', merchant.id, expected, (revision) => ({
        ...merchant,
        timeZone: merchant.timeZone || 'UTC',
        revision,
      })),

    async site(id) {
      const site = await store.get('site', id);
      if (site === undefined) throw new TollgateError('SITE_NOT_FOUND', `no site is named ${id}`);
      return site;
    },

    async merchant(id) {
      const merchant = await store.get('merchant', id);
      if (merchant === undefined) throw new TollgateError('MERCHANT_NOT_FOUND', `no merchant is named ${id}`);
      return merchant;
    },

    listSites: (query) => page('site', query),
    listMerchants: (query) => page('merchant', query),

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

function stale(what: string, id: string): TollgateError {
  return new TollgateError('STALE_ETAG', `${what} ${id} has changed meanwhile; read it again`);
}
