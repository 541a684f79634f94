import type { PageQuery } from '../../../paging/paging.js';

const DEFAULT_SIZE = 50;

/** The page a checked request asks for; a size of 0 is 50. */
export function toPage(request: { readonly pageSize: number; readonly pageToken: string }): PageQuery {
  return { size: request.pageSize === 0 ? DEFAULT_SIZE : request.pageSize, token: request.pageToken };
}

/** No revision is below 0: this one is stale everywhere. */
const NEVER_GIVEN = -1;

/** The revision an etag stands for; undefined for none. */
export function toRevision(etag: string): number | undefined {
  if (etag === '') return undefined;
  const revision = Number(etag);
  return toEtag(revision) === etag && revision >= 0 ? revision : NEVER_GIVEN;
}

/** The etag of a revision. */
export function toEtag(revision: number): string {
  return String(revision);
}
