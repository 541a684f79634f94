import { create } from '@bufbuild/protobuf';
import type { Merchant, Site, SiteService } from '../../../gen/tollgate/v1/site_service_pb.js';
import {
  GetMerchantResponseSchema,
  GetSiteResponseSchema,
  ListMerchantsRequestSchema,
  ListMerchantsResponseSchema,
  ListSitesRequestSchema,
  ListSitesResponseSchema,
  MerchantSchema,
  PutMerchantResponseSchema,
  PutSiteResponseSchema,
  SiteSchema,
} from '../../../gen/tollgate/v1/site_service_pb.js';
import type { Merchant as CoreMerchant, Site as CoreSite } from '../../../sites/site-store.js';
import type { Handlers } from '../handlers.js';
import { checkPage } from '../validate/page.js';
import { checkMerchantId, checkPutMerchant, checkPutSite, checkSiteId } from '../validate/site.js';
import { pageOf, toEtag, toRevision } from './page-query.js';
import type { Sites } from './ports.js';

/** The handlers of SiteService. */
export function siteHandlers(sites: Sites): Handlers<typeof SiteService> {
  return {
    async putSite(request) {
      checkPutSite(request);
      const site = request.site as Site;
      const stored = await sites.putSite(fromSite(site), toRevision(site.etag));
      return create(PutSiteResponseSchema, { site: toSite(stored) });
    },
    async getSite(request) {
      checkSiteId(request);
      return create(GetSiteResponseSchema, { site: toSite(await sites.site(request.id)) });
    },
    async listSites(request) {
      checkPage(request);
      const page = pageOf(ListSitesRequestSchema, request);
      const { items, next } = await sites.listSites(page.query);
      return create(ListSitesResponseSchema, { sites: items.map(toSite), nextPageToken: page.tokenOf(next) });
    },
    async putMerchant(request) {
      checkPutMerchant(request);
      const merchant = request.merchant as Merchant;
      const stored = await sites.putMerchant(fromMerchant(merchant), toRevision(merchant.etag));
      return create(PutMerchantResponseSchema, { merchant: toMerchant(stored) });
    },
    async getMerchant(request) {
      checkMerchantId(request);
      return create(GetMerchantResponseSchema, { merchant: toMerchant(await sites.merchant(request.id)) });
    },
    async listMerchants(request) {
      checkPage(request);
      const page = pageOf(ListMerchantsRequestSchema, request);
      const { items, next } = await sites.listMerchants(page.query);
      return create(ListMerchantsResponseSchema, {
        merchants: items.map(toMerchant),
        nextPageToken: page.tokenOf(next),
      });
    },
  };
}

function fromSite(site: Site): Omit<CoreSite, 'revision'> {
  const { id, name, group, timeZone, country, currency, languages } = site;
  return {
    id,
    name,
    group,
    timeZone,
    country,
    currency,
    languages,
  };
}

function toSite(site: CoreSite): Site {
  const { id, name, group, timeZone, country, currency, languages, revision } = site;
  return create(SiteSchema, {
    id,
    name,
    group,
    timeZone,
    country,
    currency,
    languages: [...languages],
    etag: toEtag(revision),
  });
}

function fromMerchant(merchant: Merchant): Omit<CoreMerchant, 'revision'> {
  const { id, name, ownerIdentityHash, riskGrade, timeZone, country, currency, small } = merchant;
  return {
    id,
    name,
    ownerIdentityHash,
    riskGrade,
    timeZone,
    country,
    currency,
    small,
  };
}

function toMerchant(merchant: CoreMerchant): Merchant {
  const { id, name, ownerIdentityHash, riskGrade, timeZone, country, currency, small, revision } = merchant;
  return create(MerchantSchema, {
    id,
    name,
    ownerIdentityHash,
    riskGrade,
    timeZone,
    country,
    currency,
    small,
    etag: toEtag(revision),
  });
}
