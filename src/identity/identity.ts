import { ROLES, type Role } from './roles.js';

/** How an identity was told: by a key, by a client certificate, or not at all. */
export type IdentityKind = 'key' | 'certificate' | 'development';

/** Who calls. */
export interface Identity {
  /** Written down of who acts; several keys may share it. */
  readonly name: string;
  readonly kind: IdentityKind;
  /** Id of the credential; '' in development. */
  readonly keyId: string;
  readonly roles: readonly Role[];
  /** The sites it sees and touches. */
  readonly sites: 'all' | ReadonlySet<string>;
  /** Epoch ms; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** Everybody, where nobody is asked who they are. */
export const DEVELOPMENT: Identity = {
  name: 'development',
  kind: 'development',
  keyId: '',
  roles: ROLES,
  sites: 'all',
  expiresAt: undefined,
};

/** Whether an identity sees and touches what belongs to a site. */
export function coversSite({ sites }: Pick<Identity, 'sites'>, site: string): boolean {
  return sites === 'all' || sites.has(site);
}

/** Whether one of the roles suffices. Nobody has one of none. */
export function hasRole({ roles }: Pick<Identity, 'roles'>, anyOf: readonly Role[]): boolean {
  return anyOf.some((role) => roles.includes(role));
}
