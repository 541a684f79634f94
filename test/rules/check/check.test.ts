import { describe, expect, test } from 'vitest';
import { checkRuleSet } from '../../../src/rules/check/check.js';
import type { Condition, Json } from '../../../src/rules/document/document.js';
import { CATALOGUE } from '../small-catalogue.js';

const LISTS = new Map([
  ['bad-cards', { type: 'card' }],
  ['embargo', { type: 'country' }],
]);
const EVENT = { type: 'review', params: { reason: 'a.reason' } };

function document(rules: readonly unknown[], more: object = {}): unknown {
  return { id: 'a-set', description: 'for tests', owner: 'risk', rules, ...more };
}

function rule(conditions: unknown, more: object = {}): unknown {
  return { name: 'a-rule', conditions, event: EVENT, ...more };
}

/** Findings as `severity code path`. */
function found(value: unknown): readonly string[] {
  return checkRuleSet(value, {
    catalogue: CATALOGUE,
    lists: LISTS,
    attributes: new Set(['card', 'owner']),
  }).findings.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

/** Findings of one test, below the test. */
function ofTest(test: unknown, more: object = {}): readonly string[] {
  return found(document([rule({ all: [test] })], more)).map((text) =>
    text.replace('/rules/0/conditions/all/0', ''),
  );
}

const fine: Condition = { fact: 'amount', operator: 'greaterThan', value: 5 };

describe('a good document', () => {
  test('has no findings and comes back frozen and equal', () => {
    const good = document(
      [
        rule({ all: [fine, { condition: 'abroad' }] }),
        rule(
          {
            any: [
              { fact: 'velocity', params: { by: 'card', window: '1h' }, operator: 'greaterThan', value: 3 },
              {
                fact: 'extra',
                path: '$.score[0].x',
                operator: 'lessThan',
                value: 3,
                priority: 4,
                name: 'odd',
              },
              { fact: 'skus', operator: 'contains', value: 'gift-card' },
              { fact: 'skus', operator: 'someFact:in', value: ['a', 'b'] },
              { not: { fact: 'list', params: { list: 'bad-cards' }, operator: 'equal', value: true } },
              {
                fact: 'amount',
                operator: 'greaterThan',
                value: { fact: 'velocity', params: { by: 'ip', window: '1d' } },
              },
            ],
          },
          { name: 'other', event: { type: 'score', params: { reason: 'x', score: 20, threeDs: 'request' } } },
        ),
      ],
      {
        policy: { missing: 'unknown', onUnknown: 'review', onError: 'reject', withoutThreeDs: 'accept' },
        thresholds: [
          { score: 10, outcome: 'review', reason: 'score.ten' },
          { score: 20, outcome: 'reject', reason: 'score.twenty' },
        ],
        conditions: { abroad: { any: [{ fact: 'country', operator: 'notIn', value: ['FR'] }] } },
        limits: [
          {
            name: 'per-day',
            when: { all: [fine] },
            by: ['owner'],
            period: 'day',
            zone: 'Europe/Paris',
            cap: { minor: 100, currency: 'EUR' },
            gradeFactors: { A: 1.5 },
            reason: 'limit.owner',
          },
        ],
      },
    );
    const result = checkRuleSet(good, { catalogue: CATALOGUE, lists: LISTS });
    expect(result.findings).toEqual([]);
    expect(result.document).toEqual(good);
    expect(Object.isFrozen(result.document?.rules[0]?.conditions)).toBe(true);
  });
});

describe('shape', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'error not-json '],
    ['text', 'x', 'error bad-shape '],
    ['an unknown field', document([], { rulez: [] }), 'error unknown-field /rulez'],
    ['a missing owner', { id: 'a', description: 'd', rules: [] }, 'error missing-field '],
    ['a bad id', { id: 'A b', description: 'd', owner: 'o', rules: [] }, 'error bad-name /id'],
    ['a rule that is no object', document([7]), 'error bad-shape /rules/0'],
    [
      'a duplicate name',
      document([rule({ all: [fine] }), rule({ all: [fine] })]),
      'error duplicate-name /rules/1/name',
    ],
    [
      'an unknown outcome',
      document([rule({ all: [fine] }, { event: { type: 'explode', params: { reason: 'x' } } })]),
      'error bad-value /rules/0/event/type',
    ],
    [
      'a bad reason',
      document([rule({ all: [fine] }, { event: { type: 'block', params: { reason: 'No Spaces' } } })]),
      'error bad-reason /rules/0/event/params/reason',
    ],
    [
      'a score without points',
      document([rule({ all: [fine] }, { event: { type: 'score', params: { reason: 'x' } } })]),
      'error no-score /rules/0/event/params',
    ],
    [
      'a score out of range',
      document([rule({ all: [fine] }, { event: { type: 'score', params: { reason: 'x', score: 1001 } } })]),
      'error bad-shape /rules/0/event/params/score',
    ],
    [
      'an exemption that cannot be',
      document([
        rule(
          { all: [fine] },
          { event: { type: 'review', params: { reason: 'x', threeDs: 'mandate', exemption: 'tra' } } },
        ),
      ]),
      'warning lost-exemption /rules/0/event/params/exemption',
    ],
    [
      'thresholds out of order',
      document([rule({ all: [fine] })], {
        thresholds: [
          { score: 20, outcome: 'reject', reason: 'a' },
          { score: 10, outcome: 'review', reason: 'b' },
        ],
      }),
      'error threshold-order /thresholds/1/score',
    ],
    [
      'a threshold that weakens',
      document([rule({ all: [fine] })], {
        thresholds: [
          { score: 10, outcome: 'reject', reason: 'a' },
          { score: 20, outcome: 'review', reason: 'b' },
        ],
      }),
      'warning threshold-order /thresholds/1/outcome',
    ],
    ['too many rules', document(Array.from({ length: 2001 }, () => 0)), 'error too-large /rules'],
    [
      'a bad policy',
      document([rule({ all: [fine] })], { policy: { missing: 'maybe' } }),
      'error bad-value /policy/missing',
    ],
    [
      'a policy that allows where 3-D Secure cannot run',
      document([rule({ all: [fine] })], { policy: { withoutThreeDs: 'allow' } }),
      'error bad-value /policy/withoutThreeDs',
    ],
    [
      'an unknown zone',
      document([], {
        limits: [
          {
            name: 'l',
            when: { all: [] },
            by: ['card'],
            period: 'day',
            zone: 'Mars/North',
            cap: { minor: 1, currency: 'EUR' },
            reason: 'x',
          },
        ],
      }),
      'error bad-shape /limits/0/zone',
    ],
    [
      'an unknown attribute',
      document([], {
        limits: [
          {
            name: 'l',
            when: { all: [] },
            by: ['cart'],
            period: 'day',
            cap: { minor: 1, currency: 'EUR' },
            reason: 'x',
          },
        ],
      }),
      'error unknown-attribute /limits/0/by/0',
    ],
  ])('%s', (_, value, expected) => {
    expect(found(value)).toContain(expected);
  });

  test('names the rule at fault and suggests what was meant', () => {
    const { findings } = checkRuleSet(document([rule({ all: [{ ...fine, fact: 'amuont' }] })]), {
      catalogue: CATALOGUE,
    });
    expect(findings).toEqual([
      {
        severity: 'error',
        code: 'unknown-fact',
        rule: 'a-rule',
        path: '/rules/0/conditions/all/0/fact',
        message: 'no fact is named "amuont"; did you mean "amount"?',
      },
    ]);
  });

  test.each<[unknown, string]>([
    [{ ...fine, operator: '>=' }, 'no operator is named ">="; did you mean "greaterThanInclusive"?'],
    [
      { ...fine, operator: 'greater_than_or_equal' },
      'no operator is named "greater_than_or_equal"; did you mean "greaterThanInclusive"?',
    ],
    [{ ...fine, operator: '~' }, expect.stringMatching(/"~"; known are equal, notEqual, /) as string],
    [{ ...fine, fact: 'velo' }, 'no fact is named "velo"; did you mean "velocity"?'],
    [
      { fact: 'velocity', params: { by: 'emial', window: '1h' }, operator: 'equal', value: 1 },
      '"emial" is not known here; did you mean "email"?',
    ],
    [
      { fact: 'velocity', params: { by: 'shoe', window: '1h' }, operator: 'equal', value: 1 },
      'must be one of card, email, ip',
    ],
    [
      { fact: 'velocity', params: { by: 'card', window: '1h', windw: '1h' }, operator: 'equal', value: 1 },
      '"windw" is not known here; did you mean "window"?',
    ],
  ])('says what was meant, or else what there is: %j', (test, message) => {
    const { findings } = checkRuleSet(document([rule({ all: [test] })]), { catalogue: CATALOGUE });
    expect(findings.map((finding) => finding.message)).toEqual([message]);
  });

  test('a set of limits alone is no empty one', () => {
    const cap = { minor: 1, currency: 'EUR' };
    const limit = { name: 'l', when: { all: [fine] }, by: ['card'], period: 'day', cap, reason: 'x' };
    expect(found(document([], { limits: [limit] }))).toEqual([]);
    expect(found(document([], { limits: [] }))).toEqual(['warning no-rules /rules']);
  });
});

describe('tests', () => {
  test.each<[string, unknown, string]>([
    ['unknown operator', { ...fine, operator: 'biggerThan' }, 'error unknown-operator /operator'],
    ['unknown decorator', { ...fine, operator: 'never:greaterThan' }, 'error unknown-decorator /operator'],
    [
      'too many decorators',
      { ...fine, operator: 'not:not:not:not:not:greaterThan' },
      'error too-deep /operator',
    ],
    ['no value', { fact: 'amount', operator: 'equal' }, 'error missing-field '],
    ['"10" > 3', { fact: 'amount', operator: 'greaterThan', value: '10' }, 'error wrong-type /value'],
    ['text > 3', { fact: 'country', operator: 'greaterThan', value: 3 }, 'error wrong-type /value'],
    ['number equal text', { fact: 'amount', operator: 'equal', value: '5' }, 'error wrong-type /value'],
    ['anything equal null', { fact: 'country', operator: 'equal', value: null }, 'error wrong-type /value'],
    ['boolean equal 1', { fact: 'guest', operator: 'equal', value: 1 }, 'error wrong-type /value'],
    ['in without a list', { fact: 'country', operator: 'in', value: 'FR' }, 'error wrong-type /value'],
    [
      'in with one wrong entry',
      { fact: 'country', operator: 'in', value: ['FR', 3] },
      'error wrong-type /value',
    ],
    ['contains on text', { fact: 'country', operator: 'contains', value: 'F' }, 'error wrong-type /value'],
    [
      'contains a number in texts',
      { fact: 'skus', operator: 'contains', value: 3 },
      'error wrong-type /value',
    ],
    [
      'someFact on a number',
      { fact: 'amount', operator: 'someFact:equal', value: 3 },
      'error wrong-type /value',
    ],
    [
      'someValue without a list',
      { fact: 'amount', operator: 'someValue:equal', value: 3 },
      'error wrong-type /value',
    ],
    ['swapped in on a number', { fact: 'amount', operator: 'swap:in', value: 3 }, 'error wrong-type /value'],
    [
      'a value that cannot be',
      { fact: 'kind', operator: 'equal', value: 'kard' },
      'error unknown-value /value',
    ],
    [
      'one that cannot be in a list',
      { fact: 'kind', operator: 'not:in', value: ['card', 'cash'] },
      'error unknown-value /value',
    ],
    [
      'a reference of another type',
      { fact: 'amount', operator: 'equal', value: { fact: 'country' } },
      'error wrong-type /value',
    ],
    [
      'a reference to no fact',
      { fact: 'amount', operator: 'equal', value: { fact: 'nothing' } },
      'error unknown-fact /value/fact',
    ],
    ['params of a fact without', { ...fine, params: { by: 'card' } }, 'error bad-params /params'],
    ['params lacking', { ...fine, fact: 'velocity', params: { by: 'ip' } }, 'error bad-params /params'],
    [
      'a wrong param',
      { ...fine, fact: 'velocity', params: { by: 'shoe', window: '1h' } },
      'error bad-params /params/by',
    ],
    [
      'an unknown param',
      { ...fine, fact: 'velocity', params: { by: 'ip', window: '1h', x: 1 } },
      'error bad-params /params/x',
    ],
    [
      'what only the fact can tell',
      { ...fine, fact: 'velocity', params: { by: 'ip', window: '0s' } },
      'error bad-params /params/window',
    ],
    [
      'an unknown list',
      { fact: 'list', params: { list: 'nobody' }, operator: 'equal', value: true },
      'error unknown-list /params/list',
    ],
    [
      'a country list without of',
      { fact: 'list', params: { list: 'embargo' }, operator: 'equal', value: true },
      'error bad-params /params',
    ],
    ['a path with an expression', { ...fine, fact: 'extra', path: '$..x' }, 'error bad-path /path'],
    ['a path with a filter', { ...fine, fact: 'extra', path: '$[?(@.x)]' }, 'error bad-path /path'],
    ['a path to a prototype', { ...fine, fact: 'extra', path: '$.__proto__' }, 'error bad-path /path'],
    ['a path to a constructor', { ...fine, fact: 'extra', path: '$.x.constructor' }, 'error bad-path /path'],
    ['a path into a number', { ...fine, path: '$.x' }, 'error bad-path /path'],
    ['two kinds at once', { ...fine, all: [] }, 'error bad-shape '],
    ['an unknown field', { ...fine, valeu: 3 }, 'error unknown-field /valeu'],
    [
      'a list too long',
      { fact: 'amount', operator: 'in', value: Array.from({ length: 10_001 }, () => 1) },
      'error too-large /value',
    ],
    ['priority 0', { ...fine, priority: 0 }, 'error bad-shape /priority'],
  ])('%s', (_, condition, expected) => {
    expect(ofTest(condition)).toEqual([expected]);
  });

  test('below a path anything may be', () => {
    expect(ofTest({ fact: 'extra', path: '$.x', operator: 'greaterThan', value: 3 })).toEqual([]);
    expect(ofTest({ fact: 'extra', path: '$.x', operator: 'in', value: ['a', 1, null] })).toEqual([]);
  });

  test.each([
    ['in', 'country'],
    ['notIn', 'country'],
    ['not:in', 'country'],
    ['someFact:in', 'skus'],
  ])('%s what may be a text is pointed out: it would look for a part of that text', (operator, fact) => {
    const part = { fact: 'extra', path: '$.x' };
    expect(ofTest({ fact, operator, value: part })).toEqual(['warning part-of-text /value']);
    expect(ofTest({ ...part, operator: `swap:${operator}`, value: { fact } })).toEqual([
      'warning part-of-text /value',
    ]);
    expect(ofTest({ fact, operator, value: { fact: 'skus' } })).toEqual([]);
    expect(ofTest({ fact, operator, value: { fact: 'kind' } })).toEqual(['error wrong-type /value']);
  });

  test('contains has no such doubt: in a text it finds nothing', () => {
    expect(ofTest({ fact: 'extra', path: '$.x', operator: 'contains', value: 'a' })).toEqual([]);
  });

  test('a rule needs a group or a named condition at its root', () => {
    expect(found(document([rule(fine)]))).toEqual(['error bad-root /rules/0/conditions']);
  });
});

describe('named conditions', () => {
  test('must exist', () => {
    expect(ofTest({ condition: 'constructor' })).toEqual(['error unknown-condition /condition']);
  });

  test('must not refer to themselves, however far round', () => {
    const conditions = {
      a: { all: [{ condition: 'b' }] },
      b: { not: { condition: 'c' } },
      c: { any: [fine, { condition: 'a' }] },
    };
    expect(ofTest({ condition: 'b' }, { conditions })).toEqual(['error circular-condition /conditions/a']);
  });

  test('that nobody uses are pointed out', () => {
    const conditions = { used: { all: [fine] }, spare: { any: [fine] } };
    expect(ofTest({ condition: 'used' }, { conditions })).toEqual([
      'warning unused-condition /conditions/spare',
    ]);
  });
});

describe('rules that cannot or must hit', () => {
  const amount = (operator: string, value: Json) => ({ fact: 'amount', operator, value });
  const kind = (operator: string, value: Json) => ({ fact: 'kind', operator, value });

  test.each<[string, Condition]>([
    ['more than 5 and less than 3', { all: [amount('greaterThan', 5), amount('lessThan', 3)] }],
    ['5 and not 5', { all: [amount('equal', 5), { not: amount('equal', 5) }] }],
    ['below the range', { all: [amount('lessThan', 0)] }],
    ['open ends meet', { all: [amount('greaterThan', 5), amount('lessThanInclusive', 5)] }],
    ['two values at once', { all: [kind('equal', 'card'), kind('equal', 'voucher')] }],
    ['none of all values', { all: [kind('notIn', ['card', 'voucher', 'transfer'])] }],
    ['in an empty list', { all: [kind('in', [])] }],
    [
      'every branch dead',
      { all: [amount('lessThan', 3), { any: [amount('equal', 4), amount('greaterThan', 9)] }] },
    ],
    ['through not', { not: { any: [amount('lessThan', 10), amount('greaterThan', 5)] } }],
    [
      'the only open branch contradicts',
      { all: [{ any: [amount('lessThan', 0), kind('equal', 'card')] }, kind('notEqual', 'card')] },
    ],
    [
      'a comparison of facts and its negation',
      {
        all: [
          {
            fact: 'amount',
            operator: 'greaterThan',
            value: { fact: 'velocity', params: { by: 'ip', window: '1d' } },
          },
          {
            not: {
              fact: 'amount',
              operator: 'greaterThan',
              value: { fact: 'velocity', params: { by: 'ip', window: '1d' } },
            },
          },
        ],
      },
    ],
    ['more than itself', { all: [amount('greaterThan', { fact: 'amount' })] }],
    ['other than itself', { all: [kind('notEqual', { fact: 'kind' })] }],
    ['a whole number that is none', { all: [{ fact: 'pieces', operator: 'equal', value: 5.5 }] }],
  ])('%s: never', (_, conditions) => {
    expect(found(document([rule(conditions)]))).toContain('error unreachable /rules/0/conditions');
  });

  test.each<[string, Condition]>([
    ['at least 0', { all: [amount('greaterThanInclusive', 0)] }],
    ['less than 10 or more than 5', { any: [amount('lessThan', 10), amount('greaterThan', 5)] }],
    ['one of all values', { any: [kind('in', ['card', 'voucher', 'transfer'])] }],
    [
      'true or false',
      {
        any: [
          { fact: 'guest', operator: 'equal', value: true },
          { fact: 'guest', operator: 'equal', value: false },
        ],
      },
    ],
    ['itself', { all: [amount('equal', { fact: 'amount' })] }],
    ['at most itself', { all: [amount('lessThanInclusive', { fact: 'amount' })] }],
    [
      'a whole number that is not half of one',
      { all: [{ fact: 'pieces', operator: 'notEqual', value: 0.5 }] },
    ],
  ])('%s: always', (_, conditions) => {
    expect(found(document([rule(conditions)]))).toEqual(['warning always-true /rules/0/conditions']);
  });

  test('an empty group is always true, which is said twice', () => {
    expect(found(document([rule({ any: [] })]))).toEqual([
      'warning empty-group /rules/0/conditions/any',
      'warning always-true /rules/0/conditions',
    ]);
  });

  test('with missing facts as undefined, what they would make false is not called always true', () => {
    const policy = { missing: 'as-undefined' };
    expect(found(document([rule({ all: [amount('greaterThanInclusive', 0)] })], { policy }))).toEqual([]);
    expect(found(document([rule({ any: [amount('equal', 5), amount('notEqual', 5)] })], { policy }))).toEqual(
      ['warning always-true /rules/0/conditions'],
    );
  });

  test('a branch that cannot be true where it stands is pointed out', () => {
    const conditions = {
      all: [kind('equal', 'card'), { any: [amount('equal', 5), kind('equal', 'voucher')] }],
    };
    expect(found(document([rule(conditions)]))).toEqual([
      'warning dead-branch /rules/0/conditions/all/1/any/1',
    ]);
  });

  test('points that no threshold looks at are pointed out, and thresholds that they do not reach', () => {
    const scored = (name: string, score: number, more: object = {}) =>
      rule(
        { all: [amount('greaterThan', Math.abs(score))] },
        { name, event: { type: 'score', params: { reason: 'x', score } }, ...more },
      );
    const rules = [scored('a', 5), scored('b', -3), scored('c', 60, { enabled: false })];
    const at = (score: number) => ({ score, outcome: 'review', reason: 'y' });
    expect(found(document(rules))).toEqual([
      'warning score-without-threshold /rules/0/event/params/score',
      'warning score-without-threshold /rules/1/event/params/score',
    ]);
    expect(found(document(rules, { thresholds: [at(5)] }))).toEqual([]);
    expect(found(document(rules, { thresholds: [at(5), at(50)] }))).toEqual([
      'warning unreachable-threshold /thresholds/1/score',
    ]);
  });

  test('a rule that is switched off and can never hit keeps nobody from the others', () => {
    const never = rule({ all: [amount('lessThan', 0)] }, { enabled: false });
    const { document: checked, findings } = checkRuleSet(document([never]), { catalogue: CATALOGUE });
    expect(checked).toBeDefined();
    expect(findings).toMatchObject([{ severity: 'warning', code: 'unreachable' }]);
  });

  test('a limit may count every payment but must count some', () => {
    const limit = { name: 'l', by: ['card'], period: 'day', cap: { minor: 1, currency: 'EUR' }, reason: 'x' };
    const always = { ...limit, when: { all: [amount('greaterThanInclusive', 0)] } };
    const never = { ...limit, name: 'n', when: { all: [amount('lessThan', 0)] } };
    expect(found(document([rule({ all: [fine] })], { limits: [always, never] }))).toEqual([
      'error unreachable /limits/1/when',
    ]);
  });
});
