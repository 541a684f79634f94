import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pointer } from '../../../src/rules/check/findings.js';
import { linesOf } from '../../../src/rules/check/json-lines.js';

test('a member is told by the line of its name, an entry by its own, what is not there by what it would stand in', () => {
  const text = '{\n  "a": [\n    1,\n\n    {"b/c": "x,\\"]",\n     "d": null}\n  ],\n  "e":\n    true\n}';
  expect(
    Object.fromEntries(
      linesOf(text, ['', '/a', '/a/0', '/a/1', '/a/1/b~1c', '/a/1/d', '/e', '/a/1/f/g', '/z']),
    ),
  ).toEqual({
    '': 1,
    '/a': 2,
    '/a/0': 3,
    '/a/1': 5,
    '/a/1/b~1c': 5,
    '/a/1/d': 6,
    '/e': 8,
    '/a/1/f/g': 5,
    '/z': 1,
  });
});

test('in what JSON.stringify writes, every member and entry stands on a line of its own, in order', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const paths: string[] = [];
      const visit = (one: unknown, path: string): void => {
        if (typeof one !== 'object' || one === null) return;
        for (const [key, inner] of Object.entries(one)) {
          paths.push(pointer(path, key));
          visit(inner, pointer(path, key));
        }
      };
      visit(value, '');
      const text = JSON.stringify(value, null, 1);
      const lines = [...linesOf(text, paths).values()];
      // Closing lines lie between.
      const starts = text.split('\n').flatMap((one, at) => (/^ +[\]}],?$/.test(one) ? [] : [at + 1]));
      expect(lines).toEqual(starts.slice(1, 1 + paths.length));
    }),
  );
});
