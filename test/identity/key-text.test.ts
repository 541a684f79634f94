import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ID_BYTES, keyId, keyText, parseKey, SECRET_BYTES } from '../../src/identity/key-text.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('the text of a key', () => {
  it('is read as it was written, whatever the random bytes', () => {
    fc.assert(
      fc.property(bytes(ID_BYTES), bytes(SECRET_BYTES), (idBytes, secretBytes) => {
        const parts = { id: keyId(idBytes), secret: Buffer.from(secretBytes).toString('base64url') };
        expect(parts.id).toMatch(/^[0-9a-z]{16}$/);
        expect(parseKey(keyText(parts))).toEqual(parts);
      }),
    );
  });

  it('has an id for each of the random bytes it may be made of', () => {
    fc.assert(
      fc.property(
        bytes(ID_BYTES),
        fc.nat(ID_BYTES - 1),
        fc.integer({ min: 1, max: 255 }),
        (one, at, change) => {
          const other = Uint8Array.from(one, (byte, place) => (place === at ? byte ^ change : byte));
          expect(keyId(other)).not.toBe(keyId(one));
        },
      ),
    );
  });

  it.each([
    ['nothing', ''],
    ['another prefix', `tollgatE_${'0'.repeat(16)}_${'A'.repeat(43)}`],
    ['a short secret', `tollgate_${'0'.repeat(16)}_${'A'.repeat(42)}`],
    ['a long one', `tollgate_${'0'.repeat(16)}_${'A'.repeat(44)}`],
    ['letters of another alphabet', `tollgate_${'0'.repeat(16)}_${'é'.repeat(43)}`],
    ['a line more', `tollgate_${'0'.repeat(16)}_${'A'.repeat(43)}\n`],
  ])('is not %s', (_, text) => {
    expect(parseKey(text)).toBeUndefined();
  });
});
