import { hash } from 'node:crypto';

/**
 * What an API key looks like: `tollgate_`, the id of the key, `_`, and 256 random bits in base64url. The beginning is
 * there for programs that look for secrets where none belong.
 */
const FORM = /^tollgate_([0-9a-z]{16})_([A-Za-z0-9_-]{43})$/;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Random bytes that an id takes. */
export const ID_BYTES = 10;
/** Random bytes that a secret takes. */
export const SECRET_BYTES = 32;

/** The two parts of a key. */
export interface KeyParts {
  readonly id: string;
  readonly secret: string;
}

/** The parts of a text that has the form of a key. */
export function parseKey(text: string): KeyParts | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** A key as its owner keeps it. */
export function keyText({ id, secret }: KeyParts): string {
  return `tollgate_${id}_${secret}`;
}

/** An id of 16 characters, of Crockford's base 32, for as many bits. */
export function keyId(random: Uint8Array): string {
  let id = '';
  let bits = 0;
  let value = 0;
  for (const byte of random) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) id += ALPHABET[(value >>> (bits - 5)) & 31] ?? '';
    value &= (1 << bits) - 1;
  }
  return id;
}

/** Bytes of SHA-256. */
export const HASH_BYTES = 32;

/** What is kept of a secret: SHA-256, which is enough for 256 random bits. Written into a buffer where one is given. */
export function secretHash(secret: string, into: Buffer = Buffer.alloc(HASH_BYTES)): Buffer {
  // As a string, a byte a letter: a buffer takes twice as long to make.
  into.write(hash('sha256', secret, 'binary'), 'latin1');
  return into;
}
