import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import { testRuleFiles } from '../../src/rehearsal/test-rule-files.js';

const count = { fact: 'velocity', params: { fn: 'count', by: 'card', window: '10m' } };
const set = {
  id: 'burst',
  description: 'Test set.',
  owner: 'tests',
  rules: [
    {
      name: 'many',
      conditions: { all: [{ ...count, operator: 'greaterThanInclusive', value: 4 }] },
      event: { type: 'reject', params: { reason: 'many' } },
    },
    {
      name: 'abroad',
      conditions: { all: [{ fact: 'ip.country', operator: 'equal', value: 'FR' }] },
      event: { type: 'review', params: { reason: 'abroad' } },
    },
  ],
  limits: [
    {
      name: 'day',
      when: { all: [{ fact: 'customer.guest', operator: 'equal', value: true }] },
      by: ['card'],
      period: 'day',
      cap: { minor: 10_000, currency: 'USD' },
      reason: 'day',
    },
  ],
};
const payment = { card: { fingerprint: 'f' }, amount: '20.00 USD' };
const abroad = { fact: 'ip.country', value: 'DE' };

async function failures(entry: object, expectation: object): Promise<readonly string[]> {
  const cases = [{ name: 'it', stream: [{ payment, ...entry }], expect: expectation }];
  const report = await testRuleFiles(
    [
      { name: 'burst.rules.json', text: JSON.stringify(set) },
      { name: 'burst.cases.json', text: JSON.stringify({ cases }) },
    ],
    FACT_CATALOGUE,
  );
  const [file] = report.files;
  return [...(file?.problems ?? []), ...(file?.cases[0]?.failures ?? []).map(({ text }) => text)];
}

describe('facts given by hand', () => {
  it('stand in for what would be read', async () => {
    const four = { facts: [{ ...count, value: 4 }, abroad] };
    expect(await failures(four, { outcome: 'reject', hits: ['many'], notHits: ['abroad'] })).toEqual([]);
    const three = { facts: [{ ...count, value: 3 }, abroad] };
    expect(await failures(three, { outcome: 'accept', notHits: ['many', 'abroad'] })).toEqual([]);
  });

  it('are missing where they have no value', async () => {
    const missing = { facts: [count, abroad] };
    expect(await failures(missing, { outcome: 'review', unknown: ['many'], degraded: true })).toEqual([]);
  });

  it('hold for their payment alone', async () => {
    const cases = [
      {
        name: 'it',
        stream: [
          { at: '-1m', payment, facts: [{ ...count, value: 9 }, abroad], expect: { outcome: 'reject' } },
          { payment, facts: [abroad] },
        ],
        expect: { outcome: 'accept', notHits: ['many'] },
      },
    ];
    const report = await testRuleFiles(
      [
        { name: 'burst.rules.json', text: JSON.stringify(set) },
        { name: 'burst.cases.json', text: JSON.stringify({ cases }) },
      ],
      FACT_CATALOGUE,
    );
    expect(report).toMatchObject({ passed: 1, failed: 0 });
  });

  it.each<[string, object, string]>([
    [
      'one that no rule asks for: the rule asks for another window now',
      { ...count, params: { ...count.params, window: '15m' }, value: 4 },
      'stream[0], facts[0]: no rule in force asks for velocity count of payments by card in 15m; correct its parameters, or take it out',
    ],
    [
      'one that there is not',
      { fact: 'velocty', value: 4 },
      'stream[0], facts[0]: no fact is named "velocty"',
    ],
    [
      'one of another type',
      { ...count, value: '4' },
      'stream[0], facts[0]: velocity count of payments by card in 10m is a number, never "4"',
    ],
  ])('are refused: %s', async (_, pinned, problem) => {
    expect(await failures({ facts: [pinned] }, { outcome: 'reject' })).toEqual([problem]);
  });

  it('are refused twice over', async () => {
    const twice = { facts: [abroad, { ...abroad, value: 'FR' }] };
    expect(await failures(twice, {})).toEqual(['stream[0], facts[1]: ip.country is given twice']);
  });
});

describe('what of a limit had been used', () => {
  it.each([
    ['80.00 USD', { outcome: 'accept', held: ['day'] }],
    ['80.01 USD', { outcome: 'reject', exceeded: ['day'] }],
  ])('%s', async (used, expectation) => {
    const facts = [{ ...count, value: 0 }, abroad];
    for (const name of ['day', 'burst/day'])
      expect(await failures({ facts, used: { [name]: used } }, expectation)).toEqual([]);
  });
});
