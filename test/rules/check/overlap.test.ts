import { describe, expect, test } from 'vitest';
import { checkRuleSet } from '../../../src/rules/check/check.js';
import type { Condition, Rule, RuleSetDocument } from '../../../src/rules/document/document.js';
import { CATALOGUE } from '../small-catalogue.js';
import { rule, set } from './overlap-rules.js';

const amount = (operator: string, value: unknown): Condition =>
  ({ fact: 'amount', operator, value }) as Condition;
const over = (value: number): Condition => amount('greaterThanInclusive', value);
const kind = (...value: string[]): Condition => ({ fact: 'kind', operator: 'in', value });
const guest: Condition = { fact: 'guest', operator: 'equal', value: true };

function found(document: RuleSetDocument): readonly string[] {
  return checkRuleSet(document, { catalogue: CATALOGUE }).findings.map(
    ({ code, rule: name, path }) => `${code} ${name} ${path}`,
  );
}

function messages(document: RuleSetDocument): readonly string[] {
  return checkRuleSet(document, { catalogue: CATALOGUE }).findings.map(({ message }) => message);
}

function velocity(window: string, operator: string, value: number, by = 'card'): Condition {
  return { fact: 'velocity', params: { by, window }, operator, value };
}
const paid = (window: string, least: number, by?: string): Condition =>
  velocity(window, 'greaterThanInclusive', least, by);

const inAll = (...all: Condition[]): Condition => ({ all });

describe('a rule that another makes idle', () => {
  const wide = rule('wide', inAll(over(100)), { type: 'reject' });
  test.each<[string, readonly Rule[], Partial<RuleSetDocument>]>([
    ['a higher threshold', [wide, rule('high', inAll(over(200)))], {}],
    ['one more test', [wide, rule('high', inAll(over(100), guest))], {}],
    [
      'through a named condition',
      [wide, rule('high', inAll({ condition: 'big' }))],
      { conditions: { big: inAll(over(150)) } },
    ],
    ['through not', [wide, rule('high', { not: amount('lessThan', 100) })], {}],
    [
      'in each of its branches',
      [wide, rule('high', { any: [inAll(over(300), guest), inAll(over(200), kind('card'))] })],
      {},
    ],
    [
      'one value of several',
      [rule('wide', inAll(kind('card', 'voucher'))), rule('high', inAll(kind('card')))],
      {},
    ],
    ['the same, said later', [rule('wide', inAll(over(5))), rule('high', inAll(over(5)))], {}],
    [
      'a weaker demand',
      [
        rule('wide', inAll(over(5)), { threeDs: 'challenge' }),
        rule('high', inAll(over(9)), { threeDs: 'request' }),
      ],
      {},
    ],
  ])('is told: %s', (_, rules, more) => {
    expect(found(set(rules, more))).toEqual(['subsumed high /rules/1']);
  });

  test.each<[string, readonly Rule[], Partial<RuleSetDocument>]>([
    [
      'a reason of its own for the same outcome',
      [wide, rule('high', inAll(over(200)), { type: 'reject', reason: 'y' })],
      {},
    ],
    [
      'a reason of its own, and a weaker demand',
      [
        rule('wide', inAll(over(100)), { threeDs: 'challenge' }),
        rule('high', inAll(over(200)), { threeDs: 'request', reason: 'y' }),
      ],
      {},
    ],
    [
      'the same asked later for another reason',
      [wide, rule('high', inAll(over(100)), { type: 'reject', reason: 'y' })],
      {},
    ],
    [
      'where a review without 3-D Secure is said',
      [wide, rule('high', inAll(over(200)))],
      { policy: { withoutThreeDs: 'accept' } },
    ],
    [
      'a wish less, where a review goes on without 3-D Secure',
      [rule('wide', inAll(over(100)), { exemption: 'tra' }), rule('high', inAll(over(200)))],
      { policy: { withoutThreeDs: 'accept' } },
    ],
    [
      'a demand beside points for the same demand',
      [
        rule('wide', inAll(over(100)), { type: 'score', score: 5, threeDs: 'request' }),
        rule('high', inAll(over(200)), { type: 'accept', threeDs: 'request', reason: 'y' }),
      ],
      { thresholds: [{ score: 5, outcome: 'review', reason: 'z' }] },
    ],
  ])('and adds no more than a reason is told so: %s', (_, rules, more) => {
    expect(found(set(rules, more))).toEqual(['subsumed high /rules/1']);
    expect(messages(set(rules, more))).toEqual([
      'changes no outcome: whenever it hits, wide hits and asks for as much; it only adds a reason',
    ]);
  });

  test('is told of the rule beside which it adds least', () => {
    const rules = [
      rule('a', inAll(over(100)), { reason: 'y' }),
      rule('b', inAll(over(150))),
      rule('c', inAll(over(200))),
    ];
    expect(messages(set(rules))).toEqual([
      'changes no outcome: whenever it hits, a hits and asks for as much; it only adds a reason',
      'adds nothing: whenever it hits, b hits and asks for as much',
    ]);
  });

  test.each<[string, readonly Rule[], readonly string[]]>([
    ['the first of equals', [rule('a', inAll(guest)), rule('b', inAll(guest), { reason: 'y' })], ['b']],
    [
      'the one that asks for more',
      [rule('a', inAll(guest)), rule('b', inAll(guest), { type: 'reject', reason: 'y' })],
      ['a'],
    ],
    ['one of three', ['x', 'y', 'z'].map((reason) => rule(reason, inAll(guest), { reason })), ['y', 'z']],
  ])('stays where both would be idle: %s', (_, rules, idle) => {
    expect(found(set(rules)).map((text) => text.split(' ')[1])).toEqual(idle);
  });

  test.each<[string, Condition, Condition]>([
    ['a shorter window', inAll(paid('10m', 4)), inAll(paid('1h', 4))],
    ['a shorter window, and more', inAll(paid('10m', 9), guest), inAll(paid('1h', 4))],
    ['the same length, written otherwise', inAll(paid('60m', 4)), inAll(paid('1h', 4))],
    ['few over a longer window', inAll(velocity('1h', 'lessThan', 4)), inAll(velocity('10m', 'lessThan', 5))],
    ['a range over two windows', inAll(paid('10m', 4)), { any: [paid('1h', 4), guest] }],
  ])('over windows, is told: %s', (_, narrow, wider) => {
    const rules = [rule('wide', wider), rule('high', narrow, { reason: 'y' })];
    expect(found(set(rules))).toEqual(['subsumed high /rules/1']);
  });

  test.each<[string, Condition, Condition]>([
    ['a longer window', inAll(paid('1h', 4)), inAll(paid('10m', 4))],
    ['too few', inAll(paid('10m', 3)), inAll(paid('1h', 4))],
    ['another key', inAll(paid('10m', 4, 'email')), inAll(paid('1h', 4))],
    [
      'few over a shorter window',
      inAll(velocity('10m', 'lessThan', 4)),
      inAll(velocity('1h', 'lessThan', 4)),
    ],
  ])('over windows, near misses are not: %s', (_, narrow, wider) => {
    const rules = [rule('wide', wider, { type: 'reject' }), rule('high', narrow, { reason: 'y' })];
    expect(found(set(rules))).toEqual([]);
  });

  test('is told where its test is written the other way round', () => {
    const rules = [wide, rule('high', inAll(amount('swap:lessThan', 200)))];
    expect(found(set(rules))).toEqual(['subsumed high /rules/1']);
    expect(found(set([wide, rule('low', inAll(amount('swap:greaterThan', 200)))]))).toEqual([]);
  });

  test.each<[string, readonly Rule[], Partial<RuleSetDocument>]>([
    ['a lower threshold', [wide, rule('high', inAll(over(99)))], {}],
    ['another fact', [wide, rule('high', inAll(guest))], {}],
    ['one branch is wider', [wide, rule('high', { any: [over(200), guest] })], {}],
    ['it asks for more', [wide, rule('high', inAll(over(200)), { type: 'block' })], {}],
    [
      'it scores',
      [wide, rule('high', inAll(over(200)), { score: 5 })],
      { thresholds: [{ score: 5, outcome: 'review', reason: 'y' }] },
    ],
    ['a stronger demand', [wide, rule('high', inAll(over(200)), { threeDs: 'request' })], {}],
    ['an exemption', [wide, rule('high', inAll(over(200)), { exemption: 'tra' })], {}],
    ['the other is switched off', [{ ...wide, enabled: false }, rule('high', inAll(over(200)))], {}],
    [
      'an allow may be overruled',
      [rule('wide', inAll(over(5)), { type: 'allow' }), rule('high', inAll(over(9)), { reason: 'y' })],
      {},
    ],
    [
      'a test that can fail',
      [
        rule('wide', inAll(over(5))),
        rule('high', inAll(over(9), { fact: 'kind', operator: 'in', value: { fact: 'skus' } })),
      ],
      {},
    ],
  ])('near misses are not: %s', (_, rules, more) => {
    expect(found(set(rules, more)).filter((text) => !text.includes('part-of-text'))).toEqual([]);
  });
});

describe('what else adds nothing', () => {
  test('an allow that is always blocked, and one that is not', () => {
    const block = rule('no', inAll(over(100)), { type: 'block', reason: 'no' });
    const allow = (value: number): Rule =>
      rule('yes', inAll(over(value), guest), { type: 'allow', reason: 'yes' });
    expect(found(set([block, allow(100)]))).toEqual(['shadowed-allow yes /rules/1']);
    expect(found(set([block, allow(99)]))).toEqual([]);
  });

  test('the same condition twice, in rules that both say something, and by two names', () => {
    const thresholds = [{ score: 5, outcome: 'review' as const, reason: 'y' }];
    const score = (name: string, condition: Condition): Rule =>
      rule(name, condition, { type: 'score', score: 5 });
    const same = inAll(guest, over(5));
    expect(found(set([score('a', same), score('b', inAll(over(5), guest))], { thresholds }))).toEqual([
      'same-condition b /rules/1/conditions',
    ]);
    expect(found(set([score('a', same), score('b', inAll(over(6), guest))], { thresholds }))).toEqual([]);
    const conditions = { one: same, two: same };
    const both = { any: [{ condition: 'one' }, { not: { condition: 'two' } }] };
    expect(found(set([rule('a', both)], { conditions }))).toContain('same-condition  /conditions/two');
  });

  test('a member of a group, and one that does matter', () => {
    expect(found(set([rule('a', inAll(over(5), guest, over(9)))]))).toEqual([
      'redundant-test a /rules/0/conditions/all/0',
    ]);
    expect(found(set([rule('a', { any: [over(5), guest, over(9)] })]))).toEqual([
      'redundant-test a /rules/0/conditions/any/2',
    ]);
    expect(found(set([rule('a', inAll(guest, guest))]))).toEqual([
      'redundant-test a /rules/0/conditions/all/1',
    ]);
    expect(found(set([rule('a', inAll(over(5), amount('lessThan', 9)))]))).toEqual([]);
    const conditions = { big: inAll(over(9), guest) };
    expect(found(set([rule('a', inAll(over(5), { condition: 'big' }))], { conditions }))).toEqual([]);
  });

  test('a rule that asks for nothing, and one that asks for 3-D Secure', () => {
    expect(found(set([rule('a', inAll(over(5)), { type: 'accept' })]))).toEqual([
      'no-effect a /rules/0/event',
    ]);
    expect(found(set([rule('a', inAll(over(5)), { type: 'accept', threeDs: 'request' })]))).toEqual([]);
  });

  test('named conditions that only each other use', () => {
    const conditions = { a: inAll({ condition: 'b' }), b: inAll(guest), c: inAll(over(5)) };
    expect(found(set([rule('r', inAll({ condition: 'c' }))], { conditions }))).toEqual([
      'unused-condition  /conditions/a',
      'unused-condition  /conditions/b',
    ]);
  });
});
