import type { Role } from './roles.js';

/** What a caller shows: a key, or a client certificate. */
export type CredentialKind = 'key' | 'certificate';

/** A credential as it is made. Nothing of it ever changes. */
export interface NewCredential {
  /** 16 of [0-9a-z]. */
  readonly id: string;
  readonly kind: CredentialKind;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Empty: all. */
  readonly sites: readonly string[];
  /** SHA-256 of a key's secret, base64url; '' for a certificate. */
  readonly secretHash: string;
  /** Whom a certificate names; '' for a key. */
  readonly subject: string;
  /** Epoch ms; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** What was done to credentials, by whom and when. */
export type KeyLogEntry = {
  /** 1, 2, 3 … */
  readonly no: number;
  /** Epoch ms. */
  readonly at: number;
  /** Name of who did it. */
  readonly by: string;
} & (
  | { readonly action: 'created'; readonly credential: NewCredential }
  | { readonly action: 'revoked'; readonly id: string; readonly reason: string }
);

/** When a credential was last used, epoch ms. */
export interface KeyUse {
  readonly id: string;
  readonly at: number;
}

/**
 * Credentials at rest: an append-only log, of which everything else follows, and beside it when each was last used.
 */
export interface KeyStore {
  /** 'stale' when the entry is not the next: somebody else was first. Of several at once exactly one gets through. */
  append(entry: KeyLogEntry): Promise<'stored' | 'stale'>;
  /** The first `size` entries after number `after`, in order and without gaps. Who asks again from there misses none. */
  log(after: number, size: number): Promise<readonly KeyLogEntry[]>;
  /** Notes uses; one that is older than what is noted changes nothing. */
  used(uses: readonly KeyUse[]): Promise<void>;
  /** The last use of each credential that was ever used. */
  uses(): Promise<readonly KeyUse[]>;
}
