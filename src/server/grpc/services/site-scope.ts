import { invalidRequest, TollgateError } from '../../../errors/errors.js';
import { coversSite } from '../../../identity/identity.js';
import { bound, mustCover } from '../../../identity/permission.js';
import { partsOfScope, readScope, scopeText, type Scope } from '../../../rules/publish/scope.js';
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

/** The scope that a checked request names. Throws SITE_NOT_PERMITTED unless it is within the sites that a caller is bound to. */
export function scopeFor({ identity }: Pick<CallContext, 'identity'>, text: string): Scope {
  const scope = readScope(text) ?? 'all';
  if (identity.sites === 'all') return scope;
  const { kind, id } = partsOfScope(scope);
  if (kind === 'site') mustCover(identity, id);
  else
    throw new TollgateError(
      'SITE_NOT_PERMITTED',
      `${scopeText(scope)}: that is more than one site, and ${bound(identity)}`,
    );
  return scope;
}

/** Whether a caller is told of what holds in a scope: whoever is bound to sites not of what holds for another site. */
export function isTold({ identity }: Pick<CallContext, 'identity'>, scope: Scope): boolean {
  const { kind, id } = partsOfScope(scope);
  return kind !== 'site' || coversSite(identity, id);
}

/** The same without the stages that a caller is not told of. */
export function toldStages<T extends { readonly staged: readonly { readonly scope: Scope }[] }>(
  context: Pick<CallContext, 'identity'>,
  info: T,
): T {
  return { ...info, staged: info.staged.filter(({ scope }) => isTold(context, scope)) };
}
