import type { PutMerchantRequest, PutSiteRequest } from '../../../gen/tollgate/v1/site_service_pb.js';
import { Problems } from './problems.js';
import { freeText, opaqueId, requiredId, siteId } from './text.js';
import { country, currency, etag, language, timeZone } from './values.js';

const GROUP = /^[A-Za-z0-9._-]{1,64}$/;
const RISK_GRADE = /^[A-E]$/;

/** A site to store. */
export function checkPutSite(request: PutSiteRequest): void {
  const problems = new Problems();
  const { site } = request;
  if (site === undefined) problems.add('site', 'is required');
  else {
    siteId(problems, 'site.', 'id', site.id);
    freeText(problems, 'site.', 'name', site.name, 200);
    if (site.group !== '' && !GROUP.test(site.group)) {
      problems.add('site.group', 'not 1 to 64 of [A-Za-z0-9._-]');
    }
    timeZone(problems, 'site.', 'time_zone', site.timeZone);
    country(problems, 'site.', 'country', site.country);
    currency(problems, 'site.', 'currency', site.currency, false);
    for (const [index, tag] of site.languages.entries()) {
      if (tag === '') problems.add(`site.languages[${index}]`, 'is empty');
      language(problems, 'site.', `languages[${index}]`, tag);
    }
    etag(problems, 'site.', 'etag', site.etag);
  }
  problems.throwIfAny();
}

/** A merchant to store. */
export function checkPutMerchant(request: PutMerchantRequest): void {
  const problems = new Problems();
  const { merchant } = request;
  if (merchant === undefined) problems.add('merchant', 'is required');
  else {
    requiredId(problems, 'merchant.', 'id', merchant.id, 64);
    freeText(problems, 'merchant.', 'name', merchant.name, 200);
    opaqueId(problems, 'merchant.', 'owner_identity_hash', merchant.ownerIdentityHash, 128);
    if (merchant.riskGrade !== '' && !RISK_GRADE.test(merchant.riskGrade)) {
      problems.add('merchant.risk_grade', 'not A to E');
    }
    timeZone(problems, 'merchant.', 'time_zone', merchant.timeZone);
    country(problems, 'merchant.', 'country', merchant.country);
    currency(problems, 'merchant.', 'currency', merchant.currency, false);
    etag(problems, 'merchant.', 'etag', merchant.etag);
  }
  problems.throwIfAny();
}

/** Which site. */
export function checkSiteId(request: { readonly id: string }): void {
  const problems = new Problems();
  siteId(problems, '', 'id', request.id);
  problems.throwIfAny();
}

/** Which merchant. */
export function checkMerchantId(request: { readonly id: string }): void {
  const problems = new Problems();
  requiredId(problems, '', 'id', request.id, 64);
  problems.throwIfAny();
}
