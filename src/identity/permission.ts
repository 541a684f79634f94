import { TollgateError } from '../errors/errors.js';
import { coversSite, hasRole, type Identity } from './identity.js';
import type { Role } from './roles.js';

/** Who may do something. */
export interface Access {
  /** What it is called in messages. */
  readonly what: string;
  /** Any of them suffices; none: nobody may. */
  readonly roles: readonly Role[];
  /** It is about all sites: nobody bound to some of them may. */
  readonly allSites: boolean;
}

/** Sites named in a message at most. */
const NAMED = 5;

/** Why an identity may not do something; undefined: it may. */
export function forbidden(identity: Identity, { what, roles, allSites }: Access): TollgateError | undefined {
  if (!hasRole(identity, roles)) {
    const needed = roles.length === 0 ? 'a role that nobody has' : `the role ${alternatives(roles)}`;
    const has = identity.roles.join(', ');
    return new TollgateError('ROLE_REQUIRED', `${what} needs ${needed}; ${identity.name} has ${has}`, {
      metadata: { needed: roles.join(','), has: identity.roles.join(',') },
    });
  }
  if (allSites && identity.sites !== 'all')
    return new TollgateError('SITE_NOT_PERMITTED', `${what} is about all sites; ${bound(identity)}`);
  return undefined;
}

/** Throws SITE_NOT_PERMITTED where the identity is bound to other sites. */
export function mustCover(identity: Identity, site: string): void {
  if (!coversSite(identity, site))
    throw new TollgateError('SITE_NOT_PERMITTED', `site ${site} is another one: ${bound(identity)}`);
}

/** Says which sites an identity is bound to. */
export function bound({ name, sites }: Identity): string {
  if (sites === 'all') return `${name} is bound to none`;
  const names = [...sites];
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${name} is bound to ${names.slice(0, NAMED).join(', ')}${more}`;
}

function alternatives(roles: readonly Role[]): string {
  const last = roles.at(-1) ?? '';
  return roles.length < 2 ? last : `${roles.slice(0, -1).join(', ')} or ${last}`;
}
