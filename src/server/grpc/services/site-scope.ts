import { invalidRequest } from '../../../errors/errors.js';
import { bound, mustCover } from '../../../identity/permission.js';
import type { CallContext } from '../call-context.js';

/**
 * The site that a listing is about, '' for all: callers bound to one site get that one, those bound to several have to
 * name one. Throws SITE_NOT_PERMITTED for another.
 */
export function listedSite({ identity }: Pick<CallContext, 'identity'>, asked: string): string {
  const { sites } = identity;
  if (sites === 'all') return asked;
  if (asked !== '') {
    mustCover(identity, asked);
    return asked;
  }
  const [only, ...others] = sites;
  if (only === undefined || others.length > 0)
    throw invalidRequest([{ field: 'site', description: `is required: ${bound(identity)}` }]);
  return only;
}
