import { setMaxListeners } from 'node:events';
import { TollgateError } from '../errors/errors.js';
import type { Identity } from './identity.js';
import type { KeyLogEntry, NewCredential } from './key-store.js';

/** Who calls, and for how long. */
export interface Session {
  readonly identity: Identity;
  /** Aborted, with the error that open streams end with, when the credential is no longer in force. */
  readonly ended: AbortSignal | undefined;
}

/** A credential as it stands. */
export interface Credential extends NewCredential {
  /** Number of the log entry that made it. */
  readonly no: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly revoked: { readonly at: number; readonly by: string; readonly reason: string } | undefined;
}

/** A credential in memory. */
export interface Slot {
  credential: Credential;
  readonly hash: Buffer;
  readonly session: Session;
  readonly end: AbortController;
  /** The last use that is noted or about to be, epoch ms. */
  usedAt: number;
}

/** Every credential there is, in memory: what the log says, entry by entry. */
export class KeyRing {
  readonly #byId = new Map<string, Slot>();
  /** The last certificate made of each subject. */
  readonly #bySubject = new Map<string, Slot>();
  /** In force until they expire. */
  readonly #expiring = new Set<Slot>();
  #seen = 0;

  /** Number of the last entry taken. */
  get seen(): number {
    return this.#seen;
  }

  /** Takes the next entry of the log; one that was taken already changes nothing. */
  take(entry: KeyLogEntry): void {
    if (entry.no !== this.#seen + 1) return;
    this.#seen = entry.no;
    const { at, by, no } = entry;
    if (entry.action === 'created') this.#add(entry.credential, { no, createdAt: at, createdBy: by });
    else this.#revoke(entry.id, { at, by, reason: entry.reason });
  }

  find(id: string): Slot | undefined {
    return this.#byId.get(id);
  }

  ofSubject(subject: string): Slot | undefined {
    return this.#bySubject.get(subject);
  }

  /** In the order they were made. */
  all(): Iterable<Slot> {
    return this.#byId.values();
  }

  /** Ends the streams of those that are no longer in force by now. */
  expire(now: number): void {
    for (const slot of this.#expiring) if (!inForce(slot, now)) this.#end(slot);
  }

  #add(made: NewCredential, more: Pick<Credential, 'no' | 'createdAt' | 'createdBy'>): void {
    const { id, kind, name, roles, sites, expiresAt, subject } = made;
    const end = new AbortController();
    // Each open stream listens; beyond ten Node would warn of a leak.
    setMaxListeners(0, end.signal);
    const bound = sites.length === 0 ? 'all' : new Set(sites);
    const identity: Identity = { name, kind, keyId: id, roles, sites: bound, expiresAt };
    const credential = { ...made, ...more, revoked: undefined };
    const hash = Buffer.from(made.secretHash, 'base64url');
    const slot: Slot = { credential, hash, session: { identity, ended: end.signal }, end, usedAt: 0 };
    this.#byId.set(id, slot);
    if (kind === 'certificate') this.#bySubject.set(subject, slot);
    if (expiresAt !== undefined) this.#expiring.add(slot);
  }

  #revoke(id: string, revoked: NonNullable<Credential['revoked']>): void {
    const slot = this.#byId.get(id);
    if (slot === undefined || slot.credential.revoked !== undefined) return;
    slot.credential = { ...slot.credential, revoked };
    this.#end(slot);
  }

  #end(slot: Slot): void {
    this.#expiring.delete(slot);
    slot.end.abort(notAuthenticated());
  }
}

/** Whether a credential may be used at a moment, epoch ms. */
export function inForce({ credential }: Pick<Slot, 'credential'>, now: number): boolean {
  const { revoked, expiresAt } = credential;
  return revoked === undefined && (expiresAt === undefined || now < expiresAt);
}

/** The one answer to whoever shows nothing, or nothing that is in force: why, it does not say. */
export function notAuthenticated(): TollgateError {
  return new TollgateError(
    'NOT_AUTHENTICATED',
    'the call shows no key or certificate that is in force: unknown, wrong, revoked or expired',
  );
}
