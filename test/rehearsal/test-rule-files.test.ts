import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import { testRuleFiles } from '../../src/rehearsal/test-rule-files.js';

const burst = {
  id: 'burst',
  description: 'Test set.',
  owner: 'tests',
  rules: [
    {
      name: 'three-before',
      conditions: {
        all: [
          { fact: 'has', params: { of: 'card' }, operator: 'equal', value: true },
          {
            fact: 'velocity',
            params: { fn: 'count', by: 'card', window: '10m' },
            operator: 'greaterThanInclusive',
            value: 3,
          },
        ],
      },
      event: { type: 'review', params: { reason: 'burst' } },
    },
    {
      name: 'unguarded',
      conditions: { all: [{ fact: 'card.bin', operator: 'equal', value: '400000' }] },
      event: { type: 'reject', params: { reason: 'bin' } },
    },
  ],
};
const card = { card: { fingerprint: 'f', bin: '411111' } };
const limit = {
  name: 'day',
  when: { all: [{ fact: 'card.bin', operator: 'equal', value: '411111' }] },
  by: ['card'],
  period: 'day',
  zone: 'UTC',
  cap: { minor: 3000, currency: 'USD' },
  outcome: 'review',
  reason: 'day',
};
const runSet = (set: object, cases: readonly object[]) =>
  testRuleFiles(
    [
      { name: 'my/burst.rules.json', text: JSON.stringify(set) },
      { name: 'my/burst.cases.json', text: JSON.stringify({ cases }) },
    ],
    FACT_CATALOGUE,
  );
const run = (cases: readonly object[], more: object = {}) =>
  testRuleFiles(
    [
      { name: 'my/burst.rules.json', text: JSON.stringify(burst) },
      { name: 'my/burst.cases.json', text: JSON.stringify({ cases, ...more }) },
    ],
    FACT_CATALOGUE,
  );
const only = async (stream: readonly object[], expectation: object, more: object = {}) => {
  const report = await run([{ name: 'it', stream, expect: expectation, ...more }]);
  return report.files[0]?.cases[0];
};
const texts = async (...args: Parameters<typeof only>): Promise<readonly string[]> =>
  ((await only(...args))?.failures ?? []).map(({ text }) => text);

describe('a case that fails', () => {
  it('says what was expected, what came instead, and what the rule saw', async () => {
    const result = await only([{ at: '-1m', payment: card, repeat: 2, every: '10s' }, { payment: card }], {
      outcome: 'review',
      hits: ['three-before'],
    });
    expect(result?.passed).toBe(false);
    expect(result?.failures.map(({ place, text }) => `${place}: ${text}`)).toEqual([
      'stream[1]: outcome: expected review, is accept (no rule asked for more)',
      'stream[1]: rule three-before: expected hit, is no-hit',
    ]);
    const facts = result?.failures[1]?.facts ?? [];
    expect(facts[0]).toBe('burst/three-before');
    expect(facts.join('\n')).toContain('velocity count of payments by card in 10m: 2, needs at least 3');
  });

  it('tells a rule that nobody has from one that does not hit', async () => {
    expect(await texts([{ payment: card }], { hits: ['tree-before'] })).toEqual([
      'rule tree-before: expected hit, is not in force',
    ]);
  });

  it('says which list is not there', async () => {
    const listed = {
      fact: 'list',
      params: { list: 'resellers', of: 'card' },
      operator: 'equal',
      value: true,
    };
    const event = { type: 'block', params: { reason: 'x' } };
    const set = { ...burst, rules: [{ name: 'listed', conditions: { all: [listed] }, event }] };
    const one = { name: 'it', stream: [{ payment: card }], expect: { hits: ['listed'] } };
    const failures = async (more: object) =>
      (await runSet(set, [{ ...one, ...more }])).files[0]?.cases[0]?.failures.map(({ text }) => text);
    expect(await failures({})).toContain('no list is named resellers here: name it in "lists"');
    expect(await failures({ lists: { resellers: { type: 'card', values: [] } } })).toEqual([
      'rule listed: expected hit, is no-hit',
    ]);
  });

  it('does not let a lacking input pass unseen', async () => {
    const guest = { card: { fingerprint: 'f' } };
    expect(await texts([{ payment: guest }], { notHits: ['three-before'] })).toEqual([
      expect.stringMatching(/^degraded: an input was lacking for burst\/unguarded/),
    ]);
    expect(
      await texts([{ payment: guest }], { outcome: 'review', unknown: ['unguarded'], degraded: true }),
    ).toEqual([]);
    expect(await texts([{ payment: card }], { degraded: true })).toEqual([
      'degraded: expected, but no input was lacking',
    ]);
  });

  it('says which rule failed, and what it met', async () => {
    const conditions = {
      all: [{ fact: 'payment.kind', operator: 'in', value: { fact: 'payment.skus', path: '$.length' } }],
    };
    const rule = { name: 'odd', conditions, event: { type: 'review', params: { reason: 'odd' } } };
    const { files } = await runSet({ ...burst, rules: [rule] }, [
      { name: 'it', stream: [{ payment: card }], expect: {} },
    ]);
    expect(files[0]?.cases[0]?.failures).toMatchObject([
      {
        text: 'degraded: burst/odd failed; expect "degraded": true if that is right',
        facts: ['burst/odd', expect.anything(), expect.stringContaining('payment.skus.length (0): error')],
      },
    ]);
  });

  it('says which limit could not be held or has no room, and what its condition met', async () => {
    const set = { ...burst, rules: [], limits: [limit] };
    const bin = { card: { fingerprint: 'f' } };
    const stream = [
      { at: '-1m', payment: card },
      { payment: card, expect: { outcome: 'accept' } },
      { at: '-2m', payment: bin, expect: { outcome: 'review' } },
    ];
    const { files } = await runSet(set, [{ name: 'it', stream }]);
    expect(files[0]?.cases[0]?.failures).toEqual([
      {
        place: 'stream[2]',
        text:
          'degraded: limit burst/day could not be held: an input of its condition is missing; ' +
          'expect "degraded": true if that is right',
        facts: ['burst/day', '  all: unknown', '    card.bin: missing, needs 411111: unknown'],
      },
      {
        place: 'stream[1]',
        text: 'outcome: expected accept, is review (day; limit burst/day 20.00 of 30.00 USD used before, held beyond the cap)',
        facts: [],
      },
    ]);
  });

  it('names limits that held nothing, and those that are not there', async () => {
    const never = { fact: 'card.bin', operator: 'equal', value: '400000' };
    const set = { ...burst, rules: [], limits: [{ ...limit, when: { all: [never] } }] };
    const names = ['day', 'month'];
    const expected = { held: names, exceeded: names, notDue: names };
    const { files } = await runSet(set, [{ name: 'it', stream: [{ payment: card }], expect: expected }]);
    expect(files[0]?.cases[0]?.failures.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^limit day: expected to be held; it did not count the payment/),
      'limit month: expected to be held; it is not in force',
      expect.stringMatching(/^limit day: expected to be exceeded; it did not count the payment/),
      'limit month: expected to be exceeded; it is not in force',
      'limit month: expected not to count the payment; it is not in force',
    ]);
  });

  it('names reasons that must not be given and never could be', async () => {
    const notReasons = ['burst.three', 'burst.thre', 'three-ds.no-card'];
    const reasons = burst.rules.map(({ event }) => event.params.reason);
    const told = await texts([{ payment: card }], { notReasons: [...reasons, ...notReasons] });
    expect(told).toEqual(
      notReasons
        .filter((reason) => !reasons.includes(reason) && reason !== 'three-ds.no-card')
        .map((reason) => `reasons: nothing in force ever gives ${reason}`),
    );
    expect(told).not.toEqual([]);
  });
});

describe('a case that cannot be run', () => {
  const broken: readonly (readonly [string, readonly object[], object, RegExp])[] = [
    [
      'an event without payment',
      [{ payment: card }, { event: 'declined', of: 'x' }],
      {},
      /no payment before it has the id "x"/,
    ],
    [
      'an event before its payment',
      [
        { payment: card, id: 'x' },
        { at: '-1m', event: 'declined', of: 'x' },
      ],
      {},
      /no payment before it/,
    ],
    [
      'two payments of one id',
      [
        { payment: card, id: 'x' },
        { payment: card, id: 'x' },
      ],
      {},
      /two payments have the id "x"/,
    ],
    ['a repeated id', [{ payment: card, id: 'x', repeat: 2 }], {}, /needs \{n\}/],
    ['two instruments', [{ payment: { ...card, voucher: {} } }], {}, /one instrument, not card and voucher/],
    ['an unknown currency', [{ payment: { amount: '1.00 XXQ' } }], {}, /XXQ is no ISO 4217 currency/],
    ['too many decimals', [{ payment: { amount: '1.005 EUR' } }], {}, /EUR has 2 decimals/],
    ['an unknown list', [{ payment: card }], { lists: { 'my-cards': ['f'] } }, /no list ships as "my-cards"/],
    [
      'a bad list value',
      [{ payment: card }],
      { lists: { ips: { type: 'ip', values: ['nowhere'] } } },
      /"nowhere" on ips/,
    ],
    [
      'a day that does not exist',
      [{ at: '2026-13-40T00:00:00Z', payment: card }],
      {},
      /there is no 2026-13-40/,
    ],
  ];
  it.each(broken)('%s', async (_, stream, more, message) => {
    const found = await texts(stream, { outcome: 'accept' }, more);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it('nothing expected', async () => {
    const report = await run([{ name: 'a', stream: [{ payment: card }] }]);
    expect(report.files[0]?.cases[0]?.failures[0]?.text).toMatch(/^nothing is expected/);
  });
});

describe('a run', () => {
  it('gives each case a past of its own and the same answer every time', async () => {
    const one = (name: string) => ({
      name,
      stream: [{ at: '-1m', payment: card, repeat: 3 }, { payment: card }],
      expect: { outcome: 'review', hits: ['burst/three-before'] },
    });
    const first = await run([one('a'), one('b')]);
    expect(first).toMatchObject({ passed: 2, failed: 0 });
    expect(await run([one('a'), one('b')])).toEqual(first);
  });

  it('gives room of a limit back when a payment lapses', async () => {
    const { files } = await runSet({ ...burst, rules: [], limits: [{ ...limit, outcome: 'reject' }] }, [
      {
        name: 'it',
        stream: [
          { at: '-40m', payment: card, expect: { outcome: 'accept' } },
          { at: '-11m', payment: card, expect: { outcome: 'reject' } },
          { payment: card, expect: { outcome: 'accept' } },
        ],
      },
    ]);
    expect(files[0]?.cases[0]).toMatchObject({ passed: true, failures: [] });
  });

  it('takes things in the order in which they become known, whatever their order in the file', async () => {
    const stream = [
      { payment: card, expect: { hits: ['three-before'] } },
      { at: '-1m', payment: card, repeat: 3 },
    ];
    const report = await run([{ name: 'a', stream }]);
    expect(report.failed).toBe(0);
  });

  it('tells which rules no case speaks of', async () => {
    const report = await run([
      { name: 'a', stream: [{ payment: card }], expect: { notHits: ['three-before'] } },
    ]);
    expect(report.uncovered).toEqual({
      neverHit: ['burst/three-before', 'burst/unguarded'],
      neverMissed: ['burst/unguarded'],
    });
  });

  it('reports rule sets, lists and cases that cannot be used', async () => {
    const report = await testRuleFiles(
      [
        { name: 'a.rules.json', text: '{"id": "a"}' },
        { name: 'lists.json', text: '{"lists": [{"id": "x", "type": "colour", "kind": "block"}]}' },
        { name: 'a.cases.json', text: '{"cases": []}' },
        { name: 'b.cases.json', text: '{"ruleSets": ["nobody"], "cases": []}' },
        { name: 'c.cases.json', text: '[]' },
      ],
      FACT_CATALOGUE,
    );
    expect(report.problems.map(({ name }) => name)).toEqual(['lists.json', 'a.rules.json']);
    expect(report.problems[0]?.findings[0]?.message).toMatch(/^list 'x': type: one of card, /);
    expect(report.files.map(({ problems }) => problems[0])).toEqual([
      'there is no usable rule set a.rules.json beside it; name others in "ruleSets"',
      'no usable rule set is named nobody',
      expect.stringContaining('must be object'),
    ]);
    expect(report.failed).toBe(5);
  });

  it('knows lists that ship, with their entries', async () => {
    const set = {
      ...burst,
      rules: [
        {
          name: 'listed',
          conditions: { all: [{ fact: 'list', params: { list: 'vip' }, operator: 'equal', value: true }] },
          event: { type: 'allow', params: { reason: 'vip' } },
        },
      ],
    };
    const cases = [
      { name: 'shipped', stream: [{ payment: { customer: 'c1' } }], expect: { outcome: 'allow' } },
      {
        name: 'added',
        lists: { vip: ['c2'] },
        stream: [{ payment: { customer: 'c2' } }],
        expect: { hits: ['listed'] },
      },
      { name: 'neither', stream: [{ payment: { customer: 'c2' } }], expect: { notHits: ['listed'] } },
    ];
    const report = await testRuleFiles(
      [
        {
          name: 'lists.json',
          text: JSON.stringify({ lists: [{ id: 'vip', type: 'customer', kind: 'custom', entries: ['c1'] }] }),
        },
        { name: 'burst.rules.json', text: JSON.stringify(set) },
        { name: 'burst.cases.json', text: JSON.stringify({ cases }) },
      ],
      FACT_CATALOGUE,
    );
    expect(report).toMatchObject({ passed: 3, failed: 0 });
  });
});
