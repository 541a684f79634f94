import type { PageQuery } from '../../../paging/paging.js';

const DEFAULT_SIZE = 50;

/** The page a checked request asks for; a size of 0 is 50. */
export function toPage(request: { readonly pageSize: number; readonly pageToken: string }): PageQuery {
  return { size: request.pageSize === 0 ? DEFAULT_SIZE : request.pageSize, token: request.pageToken };
}

/** The revision a checked etag stands for; undefined for none. */
export function toRevision(etag: string): number | undefined {
  return etag === '' ? undefined : Number(etag);
}

/** The etag of a revision. */
export function toEtag(revision: number): string {
  return String(revision);
}
