import { describe, expect, it, test } from 'vitest';
import { ATTRIBUTES, STREAM_KINDS } from '../../src/facts/attributes.js';
import { FACT_CATALOGUE, RULE_VOCABULARY } from '../../src/facts/catalogue.js';
import { SUCCEEDED, VELOCITY_FUNCTIONS } from '../../src/facts/velocity/specs/velocity-spec.js';
import { HABIT_QUESTIONS, HISTORY_QUESTIONS } from '../../src/facts/velocity/specs/specs.js';
import { checkRuleSet } from '../../src/rules/check/check.js';
import type { Json } from '../../src/rules/document/document.js';

const LISTS = new Map([
  ['bad-emails', { type: 'email' }],
  ['bad-cards', { type: 'card' }],
  ['bad-addresses', { type: 'address' }],
  ['bad-countries', { type: 'country' }],
]);

/** Codes and places of the errors, or warnings, below the test or the limit. */
function findingsOf(document: object, wanted: 'error' | 'warning' = 'error'): readonly string[] {
  const context = { catalogue: FACT_CATALOGUE, ...RULE_VOCABULARY, lists: LISTS };
  const base = { id: 'a', description: 'd', owner: 'o', rules: [] };
  return checkRuleSet({ ...base, ...document }, context)
    .findings.filter(({ severity }) => severity === wanted)
    .map(({ code, path }) => `${code} ${path.replace(/^\/rules\/0\/conditions\/all\/0|^\/limits\/0/, '')}`);
}

const HAS_CARD = { fact: 'has', params: { of: 'card' }, operator: 'equal', value: true };

function ofTest(test: object, wanted?: 'warning'): readonly string[] {
  const event = { type: 'review', params: { reason: 'x' } };
  return findingsOf({ rules: [{ name: 'r', conditions: { all: [test, HAS_CARD] }, event }] }, wanted);
}

function ofVelocity(params: object, wanted?: 'warning'): readonly string[] {
  const whole = { fn: 'count', by: 'card', window: '1h', ...params };
  return ofTest({ fact: 'velocity', params: whole, operator: 'greaterThan', value: 3 }, wanted);
}

function ofLimit(limit: object): readonly string[] {
  const when = { all: [HAS_CARD] };
  const cap = { minor: 100, currency: 'EUR' };
  return findingsOf({
    limits: [{ name: 'l', when, by: ['card'], period: 'day', cap, reason: 'x', ...limit }],
  });
}

test.each(['day', 'month', '10 minutes', '24'])(
  'the window "%s" is told what windows there are',
  (window) => {
    const params = { fn: 'count', by: 'card', window };
    const all = [{ fact: 'velocity', params, operator: 'greaterThan', value: 3 }];
    const event = { type: 'review', params: { reason: 'x' } };
    const rules = [{ name: 'r', conditions: { all }, event }];
    const document = { id: 'windows', description: 'Windows.', owner: 'tests', rules };
    const { findings } = checkRuleSet(document, { catalogue: FACT_CATALOGUE });
    expect(findings).toEqual([
      {
        severity: 'error',
        code: 'bad-params',
        rule: 'r',
        path: '/rules/0/conditions/all/0/params/window',
        message: expect.stringMatching(/24h or 30d, or the present calendar day or month\.$/) as string,
      },
    ]);
  },
);

describe('a clock', () => {
  const mixed = ['refund-claimed', 'refunded'];
  it('that is left open is a warning where kinds of event would go by different ones', () => {
    expect(ofVelocity({ events: mixed }, 'warning')).toEqual(['doubtful-params /params/events']);
    const parts = [
      { fn: 'count', events: 'chargeback' },
      { fn: 'count', events: ['succeeded', 'label'] },
    ];
    expect(ofVelocity({ fn: 'ratio', of: parts }, 'warning')).toEqual([
      'doubtful-params /params/of/1/events',
    ]);
    expect(ofVelocity({ events: mixed })).toEqual([]);
  });

  it('that is said, or is the same for all kinds, is none', () => {
    for (const params of [
      { events: mixed, clock: 'known' },
      { events: ['chargeback', 'label', 'fraud-warning', 'refund-claimed'] },
      { events: ['authorised', 'declined'] },
      { events: ['succeeded', 'declined'] },
      { events: 'label' },
      {},
    ])
      expect(ofVelocity(params, 'warning')).toEqual([]);
  });
});

describe('a filter', () => {
  it.each<[string, Json]>([
    ['outcome', 'rejected'],
    ['label', 'Fraud'],
    ['claim', 'not_received'],
    ['threeDs', ['authenticated', 'passed']],
    ['liabilityShift', { not: 'true' }],
    ['funding', { not: ['debit', 'charge'] }],
    ['paymentKind', 'check'],
    ['instrument', 'cards'],
  ])('of %s for %j would count nothing for ever: refused', (attribute, value) => {
    const [first] = ofVelocity({ filter: { [attribute]: value } });
    expect(first).toMatch(new RegExp(`^bad-params /params/filter/${attribute}`));
    const part = { fn: 'count', filter: { [attribute]: value } };
    expect(ofVelocity({ fn: 'ratio', of: [part, { fn: 'count' }] })).not.toEqual([]);
  });

  it('takes every value there is, and any text where values are open', () => {
    const filter = {
      outcome: ['reject', 'block'],
      label: 'fraud',
      threeDs: { not: ['failed', 'abandoned'] },
      code: '05',
      channel: { not: 'adyen-eu' },
    };
    expect(ofVelocity({ filter, events: ['declined', 'label'] })).toEqual([]);
  });
});

describe('a share', () => {
  it('is no percentage: of more than all of them there is none', () => {
    const share = (value: number) => ({
      fact: 'history',
      params: { by: 'card', what: 'chargebackShare' },
      operator: 'greaterThan',
      value,
    });
    expect(ofTest(share(50))).toEqual(['unreachable /rules/0/conditions']);
    expect(ofTest(share(0.5))).toEqual([]);
    expect(ofTest({ ...share(50), params: { by: 'card', what: 'chargebackOrders' } })).toEqual([]);
  });
});

describe('counts of one card', () => {
  const count = (window: string, operator: string, value: number) => ({
    fact: 'velocity',
    params: { fn: 'count', by: 'card', window },
    operator,
    value,
  });
  const rule = (name: string, ...tests: object[]) => ({
    name,
    conditions: { all: [HAS_CARD, ...tests] },
    event: { type: 'review', params: { reason: `v.${name}` } },
  });
  const found = (...rules: object[]) =>
    checkRuleSet(
      { id: 'a', description: 'd', owner: 'o', rules },
      { catalogue: FACT_CATALOGUE },
    ).findings.map(({ rule: name, message }) => `${name} ${message}`);
  const least = 'greaterThanInclusive';

  it('of which one is enough are told, with what the other still says', () => {
    const idle = (name: string, beside: string): string =>
      `${name} changes no outcome: whenever it hits, ${beside} hits and asks for as much; it only adds a reason`;
    const five = rule('five', count('10m', least, 5));
    expect(found(five, rule('eight', count('10m', least, 8)))).toEqual([idle('eight', 'five')]);
    expect(found(rule('hour', count('1h', least, 4)), five)).toEqual([idle('five', 'hour')]);
    expect(found(rule('hour', count('1h', least, 6)), five)).toEqual([]);
  });

  it('over two windows may contradict each other', () => {
    expect(found(rule('never', count('10m', least, 5), count('1h', 'lessThan', 5)))).toEqual([
      'never can never be true: no value of velocity (over a longer window never less) fits all that is asked of it',
    ]);
    expect(found(rule('burst', count('10m', 'lessThan', 5), count('1h', least, 5)))).toEqual([]);
  });
});

describe('what only reports have', () => {
  it('is not asked of payments alone: that would count nothing for ever', () => {
    expect(ofVelocity({ filter: { threeDs: 'failed' } })).toEqual(['bad-params /params/filter/threeDs']);
    expect(ofVelocity({ filter: { code: '05' } })).toEqual(['bad-params /params/filter/code']);
    expect(ofVelocity({ filter: { code: '05' }, events: 'declined' })).toEqual([]);
    expect(ofVelocity({ fn: 'distinct', of: 'claim' })).toEqual(['bad-params /params/of']);
    const part = { fn: 'count', filter: { label: 'fraud' } };
    expect(ofVelocity({ fn: 'ratio', of: [{ fn: 'count' }, part] })).toEqual([
      'bad-params /params/of/1/filter/label',
    ]);
    expect(ofVelocity({ filter: { threeDs: 'failed' }, events: ['payment', 'three-ds-result'] })).toEqual([]);
    // What was decided earlier payments do have, and a channel those from history.
    expect(ofVelocity({ filter: { outcome: 'reject' } })).toEqual([]);
    expect(ofVelocity({ fn: 'distinct', of: 'channel' })).toEqual([]);
  });
});

describe('a key', () => {
  it.each(['outcome', 'code', 'claim', 'threeDs', 'liabilityShift', 'label', 'channel', 'payment'])(
    'by %s, which no payment has when it is decided, is refused',
    (attribute) => {
      expect(ofVelocity({ by: ['card', attribute] })).toEqual(['bad-params /params/by/1']);
      expect(ofLimit({ by: ['card', attribute] })).toEqual(['unknown-attribute /by/1']);
    },
  );

  it('may be of what payments have', () => {
    expect(ofVelocity({ by: ['bin', 'amount', 'site', 'paymentKind'] })).toEqual([]);
    expect(ofLimit({ by: ['owner', 'currency'] })).toEqual([]);
  });
});

describe('a limit', () => {
  it('has a cap in a currency that there is, and factors for grades that there are', () => {
    expect(ofLimit({ cap: { minor: 1, currency: 'EUX' } })).toEqual(['unknown-value /cap/currency']);
    expect(ofLimit({ gradeFactors: { a: 2, E: 0.5 } })).toEqual(['unknown-value /gradeFactors/a']);
    expect(ofLimit({ gradeFactors: { A: 2, B: 1, C: 1, D: 1, E: 0.5 } })).toEqual([]);
  });
});

describe('a list', () => {
  it.each([
    ['bad-emails', 'card'],
    ['bad-cards', 'bin'],
    ['bad-countries', 'email'],
  ])('%s is never asked about %s: the answer would be missing for ever', (list, of) => {
    const test = { fact: 'list', params: { list, of }, operator: 'equal', value: true };
    expect(ofTest(test)).toEqual(['bad-params /params/of']);
  });

  it.each([
    ['bad-emails', undefined],
    ['bad-emails', 'email'],
    ['bad-addresses', 'billingAddress'],
    ['bad-countries', 'phoneCountry'],
  ])('%s is asked about %s', (list, of) => {
    const params = of === undefined ? { list } : { list, of };
    expect(ofTest({ fact: 'list', params, operator: 'equal', value: true })).toEqual([]);
  });
});

describe('texts that a fact is never written as', () => {
  it.each<[string, string, Json]>([
    ['ip.country', 'equal', 'de'],
    ['ip.country', 'equal', 'UK'],
    ['billing.country', 'in', ['DE', 'Austria']],
    ['payment.currency', 'notIn', ['eur']],
    ['payment.currency', 'equal', 'EUX'],
    ['card.brand', 'equal', 'Visa'],
    ['card.bin', 'in', ['411111', '4111 22']],
    ['card.bin', 'equal', '4111'],
    ['customer.email', 'equal', 'Jane@Example.com'],
    ['customer.emailDomain', 'not:equal', '@example.com'],
    ['customer.phone', 'equal', '0170 1234567'],
  ])('%s %s %j', (fact, operator, value) => {
    expect(ofTest({ fact, operator, value })).toEqual(['unknown-value /value']);
  });
});

describe('filters for what no payment ever has', () => {
  it.each<[string, Json]>([
    ['ipCountry', 'UK'],
    ['issuerCountry', ['DE', 'Austria']],
    ['billingCountry', { not: 'EN' }],
    ['currency', 'EUX'],
    ['amount', '19.99 EUR'],
    ['email', 'jane'],
    ['emailDomain', '@example.com'],
    ['ip', '10.0.0.0/8'],
    ['bin', '4111'],
    ['phone', '0170 1234567'],
    ['address', 'Main Street 1'],
  ])('%s %j', (attribute, value) => {
    const [at, filter] = [`/filter/${attribute}`, { [attribute]: value }];
    expect(ofVelocity({ filter })).toEqual([`bad-params /params${at}`]);
    const part = { fn: 'count', filter };
    expect(ofVelocity({ fn: 'ratio', of: [{ fn: 'count' }, part] })).toEqual([
      `bad-params /params/of/1${at}`,
    ]);
  });

  it.each<[string, Json]>([
    ['ipCountry', 'gb'],
    ['currency', ['EUR', 'usd']],
    ['amount', '1999 eur'],
    ['email', 'Jane+shop@Example.com'],
    ['emailDomain', 'Example.COM'],
    ['ip', ['203.0.113.7', '2001:db8::1']],
    ['bin', '4111 11'],
    ['phone', '+49 170 1234567'],
    ['address', 'Main Street 1, 1010, at'],
    ['site', 'UK'],
    ['method', 'Visa'],
  ])('but %s %j can be', (attribute, value) => {
    expect(ofVelocity({ filter: { [attribute]: value } })).toEqual([]);
  });
});

it('says of every word that a fact takes what it means', () => {
  const meaningsOf = (fact: string, param: string): readonly string[] =>
    Object.keys(FACT_CATALOGUE.get(fact)?.meanings?.[param] ?? {});
  expect(meaningsOf('has', 'of')).toEqual([...ATTRIBUTES]);
  expect(meaningsOf('velocity', 'events')).toEqual([...STREAM_KINDS, SUCCEEDED]);
  expect(meaningsOf('velocity', 'fn')).toEqual([...VELOCITY_FUNCTIONS]);
  expect(meaningsOf('history', 'what')).toEqual([...HISTORY_QUESTIONS]);
  expect(meaningsOf('habit', 'what')).toEqual([...HABIT_QUESTIONS]);
});
