import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRuleSetText } from '../../../src/rules/check/text.js';
import { duplicateKeys } from '../../../src/rules/check/duplicate-keys.js';
import { roundedNumbers } from '../../../src/rules/check/rounded-numbers.js';
import { CATALOGUE } from '../small-catalogue.js';

describe('names that stand twice in one object', () => {
  it.each<[string, readonly string[]]>([
    ['{"a":1,"a":2}', ['/a']],
    ['{"a":{"b":1},"b":{"b":1}}', []],
    ['[{"a":1},{"a":2}]', []],
    ['{"x":[0,{"a":1},{"a":1, "c" : [] ,"a" : {} }]}', ['/x/2/a']],
    ['{"a":"a","b":["a","a"],"c":"a"}', []],
    [String.raw`{"\u0061":1,"a":2}`, ['/a']],
    [String.raw`{"q\"}":1,"q\"}":2,"\\":"\\","e":3}`, ['/q"}']],
    ['{"a/b":1,"a/b":1}', ['/a~1b']],
    ['"a"', []],
  ])('%s', (text, expected) => {
    expect(duplicateKeys(text)).toEqual(expected);
  });

  it('are none in what JSON.stringify writes, and are found where one is put in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, name) => {
        const inside = JSON.stringify({ [name]: value }, null, 1);
        expect(duplicateKeys(JSON.stringify(value))).toEqual([]);
        expect(duplicateKeys(inside)).toEqual([]);
        const twice = inside.replace(/^\{/, () => `{${JSON.stringify(name)}:0,`);
        expect(duplicateKeys(`[${twice}]`).length).toBe(1);
      }),
    );
  });

  it('are no reason to run out of anything in a large hostile text', () => {
    expect(duplicateKeys(`"${'\\"{'.repeat(300_000)}"`)).toEqual([]);
    expect(duplicateKeys(`${'['.repeat(400_000)}${']'.repeat(400_000)}`)).toEqual([]);
    expect(duplicateKeys(`{${'"a":0,'.repeat(100_000)}"a":0}`).length).toBe(20);
  });
});

describe('whole numbers that reading rounds', () => {
  it.each<[string, readonly string[]]>([
    ['9007199254740992', ['']],
    ['9007199254740991', []],
    ['{"a":-9007199254740993,"b":0.1,"c":1e300,"d":"9007199254740993"}', ['/a']],
    [
      '{"x":[{"y":"z"},{"b/c" : [1,[], 10000000000000000000]}],"z":12345678901234567890}',
      ['/x/1/b~1c/2', '/z'],
    ],
    [String.raw`{"a":{"\"\u0061":{}, "e":99999999999999999}}`, ['/a/e']],
  ])('%s', (text, expected) => {
    expect(roundedNumbers(text)).toEqual(expected);
  });

  it('are none in what JSON.stringify writes of smaller ones, and are found where one is put in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.maxSafeInteger(), (value, number) => {
        const small = JSON.stringify([value, number], (_, one: unknown) =>
          typeof one === 'number' && Math.abs(one) > Number.MAX_SAFE_INTEGER ? 0.5 : one,
        );
        expect(roundedNumbers(small)).toEqual([]);
        expect(roundedNumbers(`[${small},{"a":9007199254740993}]`)).toEqual(['/1/a']);
      }),
    );
  });
});

describe('the text of a rule set', () => {
  const rule = (conditions: string): string =>
    `{"name":"r","conditions":${conditions},"event":{"type":"review","params":{"reason":"x"}}}`;
  const set = (rules: string): string => `{"id":"a","description":"d","owner":"o","rules":[${rules}]}`;
  const test = '{"fact":"amount","operator":"greaterThan","value":5}';
  const CARD = '4532015112830366';
  const check = (text: string) =>
    checkRuleSetText(text, { catalogue: CATALOGUE, holdsCardNumber: (part) => part.includes(CARD) });

  it('is refused where half of a rule would be dropped without a word', () => {
    const { document, findings } = check(set(rule(`{"all":[${test}],"all":[]}`)));
    expect(document).toBeUndefined();
    expect(findings[0]).toMatchObject({
      severity: 'error',
      code: 'duplicate-name',
      path: '/rules/0/conditions/all',
    });
  });

  it('is refused where a number would become another without a word', () => {
    const { document, findings } = check(set(rule(`{"all":[${test.replace('5', '9007199254740993')}]}`)));
    expect(document).toBeUndefined();
    expect(findings[0]).toMatchObject({
      severity: 'error',
      code: 'too-large-number',
      path: '/rules/0/conditions/all/0/value',
    });
  });

  it.each<[string, string, string, string]>([
    [
      'a value',
      set(rule(`{"all":[${test.replace('5', `"x ${CARD}"`)}]}`)),
      'r',
      '/rules/0/conditions/all/0/value',
    ],
    [
      'an escaped value',
      set(rule('{}')).replace('"x"', String.raw`"\u0034532015112830366"`),
      'r',
      '/rules/0/event/params/reason',
    ],
    ['a number', set(rule(`{"all":[${test.replace('5', CARD)}]}`)), 'r', '/rules/0/conditions/all/0/value'],
    ['a name', set(rule(`{"all":[{"${CARD}":1}]}`)), 'r', '/rules/0/conditions/all/0'],
    ['the name of a rule', set(rule('{}').replace('"r"', `"${CARD}"`)), '', '/rules/0/name'],
    ['the description', set('').replace('"d"', `"${CARD}"`), '', '/description'],
    ['what reading loses', set('').replace('"d"', `"${CARD}","description":"d"`), '', ''],
    ['what is not JSON', `{"id": ${CARD}x`, '', ''],
  ])('holds no card number: %s; it is named, not repeated', (_, text, name, path) => {
    const { document, findings } = check(text);
    expect(document).toBeUndefined();
    expect(findings).toMatchObject([{ severity: 'error', code: 'card-number', rule: name, path }]);
    expect(JSON.stringify(findings)).not.toContain('4532');
  });

  it('is otherwise checked as a document', () => {
    expect(check(set(rule(`{"all":[${test}]}`)))).toMatchObject({ document: { id: 'a' }, findings: [] });
    expect(check(set('')).findings.map(({ code }) => code)).toEqual(['no-rules']);
    expect(check('{"id": "a",\n  "owner": "o",}').findings[0]?.message).toMatch(/line 2,? column 16/);
    expect(check('{"id":').findings.map(({ code }) => code)).toEqual(['not-json']);
    expect(check(`"${'x'.repeat(1 << 20)}"`).findings.map(({ code }) => code)).toEqual(['too-large']);
  });
});
