import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, documentHash } from '../../../src/rules/document/canonical.js';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import { layoutOf } from '../../../src/rules/versions/layout.js';
import { ruleSet, versionOf } from '../arbitraries.js';

test('canonical JSON is RFC 8785: sorted by UTF-16 units, shortest numbers, no spaces', () => {
  // The example of the RFC, section 3.2.2.
  const given = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  ) as unknown;
  expect(canonicalJson(given)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('the hash depends on the content and not on the order of keys', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, inner]): [string, unknown] => [key, reversed(inner)])
        .reverse(),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(documentHash(reversed(a))).toBe(documentHash(a));
      if (canonicalJson(a) !== canonicalJson(b)) expect(documentHash(a)).not.toBe(documentHash(b));
    }),
  );
  expect(documentHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
});

test('equal programs have equal layouts, and a layout names every slot and rule', () => {
  const document = ruleSet([
    { all: [{ fact: 'a', params: { by: 'x' }, operator: 'equal', value: 1 }] },
    { all: [{ fact: 'b', operator: 'equal', value: 1 }] },
  ]);
  const layout = layoutOf(compileProgram([versionOf(document)]));
  expect(layoutOf(compileProgram([versionOf(structuredClone(document))]))).toEqual(layout);
  expect(layout).toMatchObject({
    versions: [{ ruleSet: 'drawn', version: 1, hash: 'hash' }],
    slots: [{ fact: 'a', params: { by: 'x' } }, { fact: 'b' }],
    rules: [
      ['drawn', 'rule-0'],
      ['drawn', 'rule-1'],
    ],
  });
  const other = layoutOf(compileProgram([{ ...versionOf(document), version: 2 }]));
  expect(other.id).not.toBe(layout.id);
});
