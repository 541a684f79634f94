import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import { checkRuleSet } from '../../../src/rules/check/check.js';
import { factsDoc } from '../../../src/rules/authoring/facts-doc.js';
import { unsupportedKeywords } from '../../../src/rules/document/schema-subset.js';
import { ruleSetSchema } from '../../../src/rules/authoring/schema.js';
import { OPERATORS } from '../../../src/rules/document/operators.js';
import { HISTORY_QUESTIONS } from '../../../src/facts/velocity/specs/specs.js';
import { VELOCITY_FUNCTIONS } from '../../../src/facts/velocity/specs/velocity-spec.js';
import { CATALOGUE } from '../small-catalogue.js';

const ajv = new Ajv2020({ strict: false });
const accepts = ajv.compile(ruleSetSchema(CATALOGUE));

function withTest(test: unknown): unknown {
  const event = { type: 'review', params: { reason: 'x' } };
  return {
    id: 'a',
    description: 'd',
    owner: 'o',
    rules: [{ name: 'r', conditions: { all: [test] }, event }],
  };
}

describe('the schema for editors', () => {
  test.each<[string, unknown, boolean]>([
    ['a plain test', { fact: 'amount', operator: 'greaterThan', value: 5 }, true],
    ['a decorated one', { fact: 'skus', operator: 'not:someFact:equal', value: 'x' }, true],
    ['params', { fact: 'velocity', params: { by: 'card', window: '1h' }, operator: 'equal', value: 1 }, true],
    [
      'a reference',
      {
        fact: 'amount',
        operator: 'equal',
        value: { fact: 'velocity', params: { by: 'card', window: '1h' } },
      },
      true,
    ],
    ['a path', { fact: 'extra', path: '$.a[0].b', operator: 'equal', value: 1 }, true],
    ['a number as text', { fact: 'amount', operator: 'greaterThan', value: '5' }, false],
    [
      'a number against another fact',
      { fact: 'amount', operator: 'lessThan', value: { fact: 'pieces' } },
      true,
    ],
    ['numbers in a list', { fact: 'extra', path: '$.n', operator: 'someFact:greaterThan', value: 5 }, true],
    ['text for a truth', { fact: 'guest', operator: 'equal', value: 'true' }, false],
    ['a number for text', { fact: 'country', operator: 'not:equal', value: 5 }, false],
    ['text that is more', { fact: 'country', operator: 'greaterThan', value: 3 }, false],
    ['one of a text', { fact: 'country', operator: 'in', value: 'FR' }, false],
    ['one of numbers, for text', { fact: 'country', operator: 'in', value: [5] }, false],
    ['a value of a closed set', { fact: 'kind', operator: 'equal', value: 'card' }, true],
    ['a value that is none of a closed set', { fact: 'kind', operator: 'equal', value: 'cash' }, false],
    ['one among those that are', { fact: 'kind', operator: 'notIn', value: ['card', 'cash'] }, false],
    ['a list of the values of a closed set', { fact: 'kind', operator: 'in', value: ['card'] }, true],
    ['a number that contains', { fact: 'amount', operator: 'contains', value: 5 }, false],
    ['a text that does not contain', { fact: 'country', operator: 'not:doesNotContain', value: 'FR' }, false],
    ['an unknown fact', { fact: 'nothing', operator: 'equal', value: 1 }, false],
    ['an unknown operator', { fact: 'amount', operator: 'bigger', value: 1 }, false],
    ['an unknown decorator', { fact: 'amount', operator: 'never:equal', value: 1 }, false],
    [
      'wrong params',
      { fact: 'velocity', params: { by: 'shoe', window: '1h' }, operator: 'equal', value: 1 },
      false,
    ],
    ['params lacking', { fact: 'velocity', operator: 'equal', value: 1 }, false],
    [
      'params of a fact without',
      { fact: 'amount', params: { by: 'card' }, operator: 'equal', value: 1 },
      false,
    ],
    [
      'params of another fact that are wrong',
      {
        fact: 'amount',
        operator: 'equal',
        value: { fact: 'velocity', params: { by: 'shoe', window: '1h' } },
      },
      false,
    ],
    [
      'params lacking of another fact',
      { fact: 'amount', operator: 'equal', value: { fact: 'velocity' } },
      false,
    ],
    [
      'params of another fact without',
      { fact: 'amount', operator: 'equal', value: { fact: 'pieces', params: { by: 'card' } } },
      false,
    ],
    ['a path of 16 steps', { fact: 'extra', path: `$${'.a'.repeat(16)}`, operator: 'equal', value: 1 }, true],
    [
      'a path of 17 steps',
      { fact: 'extra', path: `$${'.a'.repeat(17)}`, operator: 'equal', value: 1 },
      false,
    ],
    [
      'a path to what every object has',
      { fact: 'extra', path: '$.a.constructor[0]', operator: 'equal', value: 1 },
      false,
    ],
    [
      'a path to what only begins so',
      { fact: 'extra', path: '$.constructor-name', operator: 'equal', value: 1 },
      true,
    ],
    ['a path with a filter', { fact: 'extra', path: '$[?(@.x)]', operator: 'equal', value: 1 }, false],
    ['a misspelt field', { fact: 'amount', operater: 'equal', value: 1 }, false],
  ])('%s', (_, condition, valid) => {
    const document = withTest(condition);
    expect(accepts(document)).toBe(valid);
    const errors = checkRuleSet(document, { catalogue: CATALOGUE }).findings.filter(
      ({ severity }) => severity === 'error',
    );
    expect(errors.length === 0).toBe(valid);
  });

  test('is never stricter than the check', () => {
    const literals = [5, 'card', 'FR', true, null, [], ['card'], ['FR'], [5], [5, 'FR']];
    const values = [...literals, ...['amount', 'kind', 'guest', 'skus', 'extra'].map((fact) => ({ fact }))];
    for (const { name, params } of CATALOGUE.values()) {
      if (params !== undefined) continue;
      for (const operator of OPERATORS.flatMap((plain) => [
        plain,
        `not:${plain}`,
        `someFact:${plain}`,
        `swap:${plain}`,
      ]))
        for (const value of values)
          for (const path of [undefined, '$', '$.a', '$[0]']) {
            const document = withTest({
              fact: name,
              operator,
              value,
              ...(path === undefined ? {} : { path }),
            });
            const { findings } = checkRuleSet(document, { catalogue: CATALOGUE });
            if (findings.some(({ severity }) => severity === 'error')) continue;
            expect([name, operator, value, path, accepts(document)]).toEqual([
              name,
              operator,
              value,
              path,
              true,
            ]);
          }
    }
  });

  test('wants points of a score', () => {
    const scoring = (params: object) => ({
      ...(withTest({ fact: 'guest', operator: 'equal', value: true }) as object),
      rules: [
        {
          name: 'r',
          conditions: { all: [{ fact: 'guest', operator: 'equal', value: true }] },
          event: { type: 'score', params: { reason: 'x', ...params } },
        },
      ],
    });
    for (const [params, fine] of [
      [{ score: 5 }, true],
      [{ score: -5 }, true],
      [{ score: 0 }, false],
      [{}, false],
    ] as const) {
      const document = scoring(params);
      const { document: checked } = checkRuleSet(document, { catalogue: CATALOGUE });
      expect([params, accepts(document), checked !== undefined]).toEqual([params, fine, fine]);
    }
  });

  test('takes a whole document', () => {
    const limit = {
      name: 'l',
      when: { not: { condition: 'c' } },
      by: ['owner'],
      period: 'month',
      cap: { minor: 1, currency: 'EUR' },
      reason: 'x',
    };
    const document = {
      ...(withTest({ condition: 'c', priority: 2 }) as object),
      $schema: './rule-set.schema.json',
      kind: 'screening',
      policy: { missing: 'as-undefined', onError: 'reject' },
      thresholds: [{ score: 0, outcome: 'review', reason: 'x', threeDs: 'request' }],
      conditions: { c: { any: [{ fact: 'guest', operator: 'equal', value: true }] } },
      limits: [limit],
    };
    expect(accepts(document)).toBe(true);
    expect(checkRuleSet(document, { catalogue: CATALOGUE }).findings).toMatchObject([
      { code: 'always-reached' },
    ]);
    expect(accepts({ ...document, limits: [{ ...limit, cap: { minor: 0, currency: 'EUR' } }] })).toBe(false);
  });

  test('describes every fact, and so does the reference', () => {
    const text = JSON.stringify(ruleSetSchema(CATALOGUE));
    const doc = factsDoc(CATALOGUE);
    for (const { name, description } of CATALOGUE.values()) {
      expect(text).toContain(`{"const":"${name}","description":"${description}`);
      expect(doc).toContain(`### \`${name}\`\n\n${description}`);
    }
  });

  test('the reference says of each parameter whether it is needed, and what it can be', () => {
    const doc = factsDoc(FACT_CATALOGUE);
    const row = (fact: string, param: string): string => {
      const [, section = ''] = doc.split(`### \`${fact}\``);
      return section.split('\n').find((line) => line.startsWith(`| \`${param}\` |`)) ?? '';
    };
    expect(row('velocity', 'by')).toMatch(
      /^\| `by` \| needed \| \[attribute\]\(#has\) other than `outcome`, .*, or a list of them \| The key: /,
    );
    expect(row('velocity', 'window')).toContain('an object of `calendar`: `day`, `month`; `zone`: text');
    expect(row('velocity', 'includeCurrent')).toContain('| `false` | `true`, `false` |');
    expect(row('velocity', 'outcome')).toContain(
      '`accept`, `review`, `reject`, `allow`, `block`, or a list of them',
    );
    expect(row('habit', 'what')).toContain('| `ratio` | see below |');
    expect(row('geo.mismatch', 'a')).toContain('`ip`, `issuer`, `billing`, `shipping`, `site`, `phone`');
  });
});

test('facts use no keyword in their parameter schemas that the checks would ignore', () => {
  for (const { name, params } of FACT_CATALOGUE.values()) {
    expect([name, unsupportedKeywords(params ?? {})]).toEqual([name, []]);
  }
  expect(unsupportedKeywords({ properties: { a: { if: true } }, anyOf: [{ contains: {} }] })).toEqual([
    'contains',
    'if',
  ]);
});

describe('parameters that go together', () => {
  const accepted = ajv.compile(ruleSetSchema(FACT_CATALOGUE));
  const good = (fact: string, params: object): { readonly schema: boolean; readonly check: boolean } => {
    const document = withTest({ fact, params, operator: 'greaterThan', value: 0.5 });
    const { findings } = checkRuleSet(document, { catalogue: FACT_CATALOGUE });
    return { schema: accepted(document), check: findings.every(({ severity }) => severity !== 'error') };
  };
  const count = { fn: 'count' };
  const ofs = [
    undefined,
    'email',
    'amount',
    'amount:EUR',
    'nothing',
    [count],
    [count, count],
    [{ fn: 'sum' }, { fn: 'distinct', of: 'card' }],
    [count, { fn: 'distinct' }],
    [count, { fn: 'sum', of: 'card' }],
    [{ fn: 'count', of: 'card' }, count],
    [count, { fn: 'ratio', of: [count, count] }],
  ];
  const others = [{}, { events: 'declined' }, { filter: { currency: 'EUR' } }, { clock: 'known' }];

  test.each([...VELOCITY_FUNCTIONS])('are known to the schema as to the checks: %s', (fn) => {
    const known = ofs.flatMap((of) =>
      others.map((other) => {
        const params = { fn, by: 'ip', window: '1h', ...(of === undefined ? {} : { of }), ...other };
        return { params, ...good('velocity', params) };
      }),
    );
    expect(known.filter(({ schema, check }) => schema !== check)).toEqual([]);
    expect(new Set(known.map(({ schema }) => schema))).toEqual(new Set([true, false]));
  });

  test('of a history too', () => {
    for (const what of HISTORY_QUESTIONS) {
      const fits = what === 'goodOrders';
      expect(good('history', { by: 'card', what, goodAfterDays: 7 })).toEqual({ schema: fits, check: fits });
      expect(good('history', { by: 'card', what })).toEqual({ schema: true, check: true });
    }
  });
});

test("every fact's example passes the checks and the schema", () => {
  const acceptsReal = ajv.compile(ruleSetSchema(FACT_CATALOGUE));
  for (const { name, example } of FACT_CATALOGUE.values()) {
    if (example === undefined) continue;
    const { findings } = checkRuleSet(withTest(example), { catalogue: FACT_CATALOGUE });
    // A guard is beside the point of an example.
    expect([name, findings.filter(({ code }) => code !== 'missing-guard')]).toEqual([name, []]);
    expect([name, acceptsReal(withTest(example))]).toEqual([name, true]);
  }
});
