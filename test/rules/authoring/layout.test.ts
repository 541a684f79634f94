import * as fc from 'fast-check';
import * as prettier from 'prettier';
import { describe, expect, it } from 'vitest';
import { formatted } from '../../../src/rules/authoring/format.js';
import { inOrder } from '../../../src/rules/authoring/key-order.js';
import { jsonLayout } from '../../../src/rules/authoring/layout.js';
import { canonicalJson } from '../../../src/rules/document/canonical.js';

const value = fc.letrec<{ any: unknown; object: unknown; list: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<unknown>(true, null, -1, 0.5, 1e21, '', 'Größe – ¼', '東京タワー', 'é', 'a "b" \\ \n'),
    fc.integer(),
    fc.string({ maxLength: 60 }),
    tie('object'),
    tie('list'),
  ),
  object: fc.dictionary(
    fc.constantFrom('name', 'fact', 'params', 'of', 'by', 'rules', 'all', 'event', '7', 'x'.repeat(40)),
    tie('any'),
    { maxKeys: 5 },
  ),
  list: fc.oneof(
    fc.array(tie('any'), { maxLength: 5 }),
    fc.array(fc.integer(), { maxLength: 60 }),
    fc.array(tie('object'), { maxLength: 3 }),
  ),
}));

describe('the one layout', () => {
  it('is one that prettier leaves alone, says the same, and is its own layout', async () => {
    await fc.assert(
      fc.asyncProperty(value.any, async (document) => {
        const text = jsonLayout(document);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
        expect(await prettier.format(text, { parser: 'json', printWidth: 110 })).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('is not given to a text that it would change', () => {
    expect(formatted('{"rules": [9007199254740993]}')).toEqual({
      problem: '/rules/0: would be rounded: whole numbers go up to 9,007,199,254,740,991',
    });
  });

  it('puts names in order and changes nothing else', () => {
    fc.assert(
      fc.property(value.object, value.any, (document, inner) => {
        const set = { rules: [inner], ...(document as object), cases: undefined };
        const plain = JSON.parse(JSON.stringify(set)) as unknown;
        expect(canonicalJson(inOrder(plain))).toBe(canonicalJson(plain));
        const once = formatted(JSON.stringify(plain));
        if (!('ok' in once)) throw new Error(once.problem);
        expect(formatted(once.ok)).toEqual(once);
      }),
    );
  });
});
