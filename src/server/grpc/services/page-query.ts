import { createHash } from 'node:crypto';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { invalidRequest } from '../../../errors/errors.js';
import type { PageQuery } from '../../../paging/paging.js';

const DEFAULT_SIZE = 50;
/** 66 bits, in characters of base64url. */
const DIGEST = 11;

/** One page of a listing. */
export interface Paging {
  readonly query: PageQuery;
  /** The token for the next page as callers carry it; '' at the end. */
  tokenOf(next: string): string;
}

/**
 * The page that a checked request asks for; a size of 0 is 50. A token goes with what was asked for, and as it was given:
 * with another list or filter, or cut short on its way, it would leave out a part without a word, so it is INVALID_REQUEST.
 */
export function pageOf<D extends DescMessage>(
  schema: D,
  request: MessageShape<D> & { readonly pageSize: number; readonly pageToken: string },
): Paging {
  const { pageSize, pageToken } = request;
  const asked = toBinary(schema, { ...request, pageSize: 0, pageToken: '' } as MessageShape<D>);
  const tokenOf = (place: string): string => {
    const hash = createHash('sha256').update(`${schema.typeName} ${place} `).update(asked);
    return `${hash.digest('base64url').slice(0, DIGEST)}.${place}`;
  };
  const token = pageToken.slice(DIGEST + 1);
  if (pageToken !== '' && pageToken !== tokenOf(token)) {
    const description = 'is not one that was given for this list and these filters';
    throw invalidRequest([{ field: 'page_token', description }]);
  }
  return {
    query: { size: pageSize === 0 ? DEFAULT_SIZE : pageSize, token },
    tokenOf: (next) => (next === '' ? '' : tokenOf(next)),
  };
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
