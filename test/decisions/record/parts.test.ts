import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryId, isEntryId } from '../../../src/decisions/record/decision-id.js';
import { decodePersonal, encodePersonal } from '../../../src/decisions/record/personal-part.js';

describe('entryId', () => {
  it('is the same for the same request on every machine', () => {
    expect(entryId('decision', 'es-shop', 'r-1')).toBe(entryId('decision', 'es-shop', 'r-1'));
    expect(entryId('decision', 'es-shop', 'r-1')).toMatchInlineSnapshot(`"nc291wbjr22ztj9sb435ve0phb"`);
  });

  it('differs by space, site and key, and has one form', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z-]{1,8}$/), fc.stringMatching(/^[!-~]{1,12}$/)), {
          selector: String,
          minLength: 2,
        }),
        (pairs) => {
          const ids = pairs.flatMap(([site, key]) => [
            entryId('decision', site, key),
            entryId('event', site, key),
          ]);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.every(isEntryId)).toBe(true);
        },
      ),
    );
  });

  it.each(['', 'x', 'u'.repeat(26), 'A'.repeat(26), `${'0'.repeat(25)}!`])('%j is no id', (text) => {
    expect(isEntryId(text)).toBe(false);
  });
});

describe('the personal part', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.dictionary(fc.stringMatching(/^\d{1,3}$/), fc.string()),
        (request, facts) => {
          const part = decodePersonal(encodePersonal(request, facts));
          expect([...part.request]).toEqual([...request]);
          expect({ ...part.facts }).toEqual({ ...facts });
        },
      ),
    );
  });

  it('refuses what is cut short or of another version', () => {
    const bytes = encodePersonal(new Uint8Array([1, 2, 3]), {});
    expect(() => decodePersonal(bytes.subarray(0, 6))).toThrow('cut short');
    expect(() => decodePersonal(new Uint8Array([9, 0, 0, 0, 0]))).toThrow('version');
  });
});
