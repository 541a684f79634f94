import { invalidRequest, TollgateError } from '../errors/errors.js';
import { followed } from '../errors/store-unavailable.js';
import { decodeNumber, encodeToken, type Page, type PageQuery } from '../paging/paging.js';
import { authenticate, type Refusal, type Shown } from './authenticate.js';
import { inForce, KeyRing, type Credential, type Session, type Slot } from './key-ring.js';
import type { KeyLogEntry, KeyStore, NewCredential } from './key-store.js';
import { ID_BYTES, keyId, keyText, SECRET_BYTES, secretHash } from './key-text.js';

/** A credential to make. */
export interface KeyInput extends Omit<NewCredential, 'id' | 'kind' | 'secretHash'> {
  /** Who makes it. */
  readonly by: string;
}

/** A credential as lists show it. */
export interface KeyInfo extends Credential {
  /** Epoch ms, to the minute; undefined: never. */
  readonly lastUsedAt: number | undefined;
}

/**
 * The keys and certificates that callers may show. Whose call it is is told from memory; `refresh` follows what other
 * instances changed.
 */
export interface Keys {
  /**
   * With a subject a certificate, else a key, whose text is told here and never again. SUBJECT_TAKEN; TOO_MANY_KEYS when
   * MOST_KEYS are in force.
   */
  create(input: KeyInput): Promise<{ readonly credential: KeyInfo; readonly key: string }>;
  /** In the order they were made; those that are no longer in force where `withEnded`. */
  list(page: PageQuery, withEnded: boolean): Promise<Page<KeyInfo>>;
  /** Takes it out of force for good; again changes nothing. Throws KEY_NOT_FOUND. */
  revoke(id: string, by: string, reason: string): Promise<KeyInfo>;
  /** Whose call it is; else why nobody's. */
  sessionOf(shown: Shown): Session | Refusal;
  /** Whether any is in force; certificates count where `certificates`. */
  anyInForce(certificates: boolean): boolean;
  refresh(): Promise<void>;
  /** Ends the streams of what has expired. */
  expire(): void;
  /** Writes down the uses since the last time. */
  writeUses(): Promise<void>;
}

/** What keys stand on. */
export interface KeyServiceOptions {
  readonly store: KeyStore;
  /** Epoch ms. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** Keys and certificates in force at once: all of them are held in memory, and looked through now and then. */
export const MOST_KEYS = 10_000;
/** A use this soon after the one before is not noted, ms. */
const USE_MS = 60_000;
/** Entries of the log read at a time. */
const BATCH = 500;

/** Keys over a store; `refresh` before the first use. */
export function createKeys({ store, now, randomBytes }: KeyServiceOptions): Keys {
  const ring = new KeyRing();
  const unwritten = new Map<string, number>();

  async function refresh(): Promise<void> {
    let entries: readonly KeyLogEntry[];
    do {
      entries = await store.log(ring.seen, BATCH);
      for (const entry of entries) ring.take(entry);
    } while (entries.length === BATCH);
  }

  /** Appends what `next` makes of what is there; it is asked again where somebody else was first. */
  async function append(next: (no: number) => KeyLogEntry | undefined): Promise<void> {
    for (;;) {
      await refresh();
      const entry = next(ring.seen + 1);
      if (entry === undefined) return;
      if ((await store.append(entry)) === 'stale') continue;
      await followed(refresh());
      // Where the store went away meanwhile, what it holds now is known all the same.
      ring.take(entry);
      return;
    }
  }

  function found(id: string): Slot {
    const slot = ring.find(id);
    if (slot === undefined) throw new TollgateError('KEY_NOT_FOUND', `no key has the id ${id}`);
    return slot;
  }

  function noteUse(slot: Slot, at: number): void {
    if (at - slot.usedAt < USE_MS) return;
    slot.usedAt = at;
    unwritten.set(slot.credential.id, at);
  }

  function mustHaveRoom(at: number): void {
    let count = 0;
    for (const slot of ring.all()) if (inForce(slot, at)) count += 1;
    if (count >= MOST_KEYS)
      throw new TollgateError(
        'TOO_MANY_KEYS',
        `${MOST_KEYS.toLocaleString('en')} keys are in force: revoke those that nobody uses`,
      );
  }

  async function lastUses(): Promise<ReadonlyMap<string, number>> {
    const uses = new Map((await store.uses()).map(({ id, at }) => [id, at]));
    for (const [id, at] of unwritten) uses.set(id, Math.max(at, uses.get(id) ?? 0));
    return uses;
  }

  return {
    async create({ by, ...input }) {
      const at = now();
      if (input.expiresAt !== undefined && input.expiresAt <= at)
        throw invalidRequest([{ field: 'expires_at', description: 'is not in the future' }]);
      const certificate = input.subject !== '';
      const id = keyId(randomBytes(ID_BYTES));
      const secret = Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
      const credential: NewCredential = {
        ...input,
        id,
        kind: certificate ? 'certificate' : 'key',
        secretHash: certificate ? '' : secretHash(secret).toString('base64url'),
      };
      await append((no) => {
        mustHaveRoom(at);
        const other = certificate ? ring.ofSubject(input.subject) : undefined;
        if (other !== undefined && inForce(other, at))
          throw new TollgateError(
            'SUBJECT_TAKEN',
            `${input.subject} stands for ${other.credential.name} (${other.credential.id}) already: revoke that first`,
          );
        return { no, at, by, action: 'created', credential };
      });
      return {
        credential: { ...found(id).credential, lastUsedAt: undefined },
        key: certificate ? '' : keyText({ id, secret }),
      };
    },

    async list({ size, token }, withEnded) {
      await refresh();
      const uses = await lastUses();
      const after = token === '' ? 0 : decodeNumber(token);
      const at = now();
      const items: KeyInfo[] = [];
      for (const slot of ring.all()) {
        const { credential } = slot;
        if (credential.no <= after || !(withEnded || inForce(slot, at))) continue;
        if (items.length === size) return { items, next: encodeToken(String(items.at(-1)?.no)) };
        items.push({ ...credential, lastUsedAt: uses.get(credential.id) });
      }
      return { items, next: '' };
    },

    async revoke(id, by, reason) {
      await append((no) =>
        found(id).credential.revoked === undefined
          ? { no, at: now(), by, action: 'revoked', id, reason }
          : undefined,
      );
      return { ...found(id).credential, lastUsedAt: (await lastUses()).get(id) };
    },

    sessionOf(shown) {
      const at = now();
      const slot = authenticate(ring, shown, at);
      if (typeof slot === 'string') return slot;
      noteUse(slot, at);
      return slot.session;
    },

    anyInForce(certificates) {
      const at = now();
      for (const slot of ring.all())
        if (inForce(slot, at) && (certificates || slot.credential.kind === 'key')) return true;
      return false;
    },

    refresh,
    expire: () => ring.expire(now()),

    async writeUses() {
      if (unwritten.size === 0) return;
      const uses = [...unwritten].map(([id, at]) => ({ id, at }));
      await store.used(uses);
      for (const { id, at } of uses) if (unwritten.get(id) === at) unwritten.delete(id);
    },
  };
}
