import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonErrorText } from '../../../src/rules/document/json-error.js';

function told(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    return jsonErrorText(text, error);
  }
  return '';
}

test.each([
  ['{\n  "a": 1,\n}', /at line 3, column 1$/],
  ['{\n  "a": yes\n}', /^Unexpected token 'y' at line 2, column 8$/],
  ['{\n  "a": tru\n}', /at line 2, column 11$/],
  ["{\n  'a': 1\n}", /at line 2, column 3$/],
  ['[1, 2]\n]', /at line 2, column 1$/],
  ['{\n  "a": [1, 2\n', /line 3, column 1$|^Unexpected end of JSON input$/],
])('where %j goes wrong is told by line and column', (text, expected) => {
  expect(told(text)).toMatch(expected);
});

test('a character that does not belong there is found wherever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
      const text = JSON.stringify([value, [1]], null, 1);
      const lines = text.split('\n');
      const line = at % lines.length;
      // Outside of texts and numbers, at the beginning of a line.
      const broken = lines.with(line, `?${lines[line] ?? ''}`).join('\n');
      expect(told(broken)).toContain(`at line ${line + 1}, column 1`);
    }),
  );
});
