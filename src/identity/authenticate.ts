import { timingSafeEqual } from 'node:crypto';
import type { KeyRing, Session, Slot } from './key-ring.js';
import { inForce } from './key-ring.js';
import { HASH_BYTES, parseKey, secretHash } from './key-text.js';

/** What a call shows of who makes it. */
export interface Shown {
  /** The text after `Bearer`; undefined: none. */
  readonly key: string | undefined;
  /**
   * Whom its client certificate names; '' where no trusted authority signed it or it names nobody, undefined without one.
   * Asked for only where no key is shown.
   */
  subject(): string | undefined;
}

/** The same, to be looked at when the call may be gone. */
export function keptShown(shown: Shown): Shown {
  const { key } = shown;
  const subject = key === undefined ? shown.subject() : undefined;
  return { key, subject: () => subject };
}

/** Why a call is taken for nobody's: for counters, never for callers. */
export const REFUSALS = [
  'nothing',
  'malformed',
  'unknown',
  'wrong',
  'revoked',
  'expired',
  'certificate',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What comparing takes; tests look on. */
export interface Comparing {
  readonly hash: (secret: string) => Buffer;
  /** Takes the same time whatever differs. */
  readonly equal: (one: Buffer, other: Buffer) => boolean;
}

/** Every call makes one hash, which is of no use once it was compared. */
const made = Buffer.alloc(HASH_BYTES);
const COMPARING: Comparing = { hash: (secret) => secretHash(secret, made), equal: timingSafeEqual };
/** Stands in for what an unknown key is compared with; nobody knows a text that has it for a hash. */
const NOBODYS = Buffer.alloc(HASH_BYTES);

/**
 * Whose call it is as of `now` (epoch ms). A key that is shown counts alone, a certificate beside it does not. Whatever
 * is wrong with a key, one hash is made and one comparison: how long it takes does not tell whether a key exists.
 */
export function authenticate(
  ring: Pick<KeyRing, 'find' | 'ofSubject'>,
  shown: Shown,
  now: number,
  { hash, equal }: Comparing = COMPARING,
): Slot | Refusal {
  if (shown.key === undefined) return ofCertificate(ring, shown.subject(), now);
  const parts = parseKey(shown.key);
  const found = ring.find(parts?.id ?? '');
  const slot = found?.credential.kind === 'key' ? found : undefined;
  const right = equal(hash(parts?.secret ?? ''), slot?.hash ?? NOBODYS);
  if (parts === undefined) return 'malformed';
  if (slot === undefined) return 'unknown';
  if (!right) return 'wrong';
  return asOf(slot, now);
}

function ofCertificate(
  ring: Pick<KeyRing, 'ofSubject'>,
  subject: string | undefined,
  now: number,
): Slot | Refusal {
  if (subject === undefined) return 'nothing';
  const slot = ring.ofSubject(subject);
  return slot === undefined ? 'certificate' : asOf(slot, now);
}

function asOf(slot: Slot, now: number): Slot | Refusal {
  if (inForce(slot, now)) return slot;
  return slot.credential.revoked === undefined ? 'expired' : 'revoked';
}

/** A session that never ends by itself. */
export function lasting(identity: Session['identity']): Session {
  return { identity, ended: undefined };
}
