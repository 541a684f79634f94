import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import type { Condition, Rule, RuleSetDocument } from '../../src/rules/document/document.js';
import type { Sentence } from '../../src/rules/sentences/condition-words.js';
import { describeRuleSet, type Described } from '../../src/rules/sentences/rule-words.js';

const set = (
  conditions: Condition,
  event: Rule['event'],
  more: Partial<RuleSetDocument> = {},
): RuleSetDocument => ({
  id: 'a',
  description: 'd',
  owner: 'o',
  rules: [{ name: 'r', conditions, event }],
  ...more,
});
const review: Rule['event'] = { type: 'review', params: { reason: 'x' } };

function only(document: RuleSetDocument): Described {
  const [member] = describeRuleSet(document, FACT_CATALOGUE)?.members ?? [];
  if (member === undefined) throw new Error('nothing is described');
  return member;
}

const words = (condition: Condition): string => only(set({ all: [condition] }, review)).when.text;
const flat = ({ text, parts }: Sentence): readonly string[] => [text, ...parts.flatMap(flat)];

describe('a test in words', () => {
  const velocity = (params: object): Condition =>
    ({ fact: 'velocity', params, operator: 'greaterThanInclusive', value: 50_000 }) as Condition;

  it.each<[Condition, string]>([
    [
      velocity({ fn: 'count', by: 'card', window: '10m' }),
      'the number of payments with the same card in the last 10 minutes, before this one is at least 50,000',
    ],
    [
      velocity({
        fn: 'sum',
        of: 'amount',
        by: ['customer', 'device'],
        window: { calendar: 'month' },
        includeCurrent: true,
      }),
      'the sum of the amounts of payments with the same customer and device in the present calendar month (clock of site), this one included is at least 50,000 minor units of the base currency',
    ],
    [
      velocity({
        fn: 'distinct',
        of: 'card',
        by: 'ip',
        window: '1h',
        events: ['declined'],
        filter: { funding: 'prepaid' },
      }),
      'the number of different values of card among events declined where funding prepaid with the same ip in the last hour, before this one is at least 50,000',
    ],
    [
      velocity({
        fn: 'ratio',
        by: 'ip',
        window: '1h',
        of: [{ fn: 'count', events: 'declined', clock: 'payment', window: '10m' }, { fn: 'count' }],
      }),
      'the number of events declined (by when the payment was made) in the last 10 minutes over the number of payments, with the same ip in the last hour, before this one is at least 50,000',
    ],
    [{ fact: 'has', params: { of: 'email' }, operator: 'equal', value: false }, 'the payment lacks: email'],
    [
      { not: { fact: 'has', params: { of: 'email' }, operator: 'equal', value: false } },
      'the payment has: email',
    ],
    [
      { fact: 'list', params: { list: 'bad', of: 'ipCountry' }, operator: 'notEqual', value: true },
      'its ipCountry is not on the list bad',
    ],
    [
      { fact: 'customer.accountAgeDays', operator: 'lessThan', value: 1 },
      'customer.accountAgeDays is less than 1 day',
    ],
    [
      { fact: 'ip.country', operator: 'not:in', value: ['DE', 'AT', 'CH'] },
      'ip.country is none of DE, AT or CH',
    ],
    [
      { not: { fact: 'payment.amountBase', operator: 'lessThan', value: 100 } },
      'payment.amountBase is at least 100 minor units of the base currency',
    ],
    [
      { fact: 'payment.currency', operator: 'equal', value: { fact: 'site.currency' } },
      'payment.currency is site.currency',
    ],
    [
      { fact: 'payment.skus', operator: 'someFact:in', value: ['a', 'b'] },
      'some entry of payment.skus is one of a or b',
    ],
    [{ fact: 'payment.skus', operator: 'not:someFact:equal', value: 'a' }, 'no entry of payment.skus is a'],
    [
      { fact: 'payment.skus', operator: 'not:everyFact:in', value: ['a'] },
      'not every entry of payment.skus is one of a',
    ],
    [
      { fact: 'payment.skus', operator: 'someFact:not:equal', value: 'a' },
      'payment.skus someFact:not:equal a',
    ],
    [
      { fact: 'payment.attributes', path: '$.campaign', operator: 'equal', value: 'x' },
      'payment.attributes.campaign is x',
    ],
  ])('%j', (condition, expected) => expect(words(condition)).toBe(expected));
});

describe('a rule in words', () => {
  const guest: Condition = { fact: 'customer.guest', operator: 'equal', value: true };

  it('says what it is made of, through names and groups', () => {
    const conditions = { any: [{ condition: 'new' }, { not: { all: [guest, { condition: 'new' }] } }] };
    const named = { new: { all: [guest, { fact: 'time.hour', operator: 'lessThan', value: 5 }] } };
    const { when, facts } = only(set(conditions, review, { conditions: named }));
    expect(flat(when)).toEqual([
      'at least one of this is so:',
      'new: all of this is so:',
      'customer.guest is true',
      'time.hour is less than 5',
      'none of this is so:',
      'all of this is so:',
      'customer.guest is true',
      'new: all of this is so:',
      'customer.guest is true',
      'time.hour is less than 5',
    ]);
    expect(facts.map(({ fact }) => fact)).toEqual(['customer.guest', 'time.hour']);
  });

  it('says what a hit does, and what a missing input does by the policy', () => {
    const score: Rule['event'] = { type: 'score', params: { reason: 'x', score: 40 } };
    const thresholds = [{ score: 60, outcome: 'review' as const, reason: 'y' }];
    const scored = only(set({ all: [guest] }, score, { thresholds }));
    expect(scored.does).toEqual([
      'Adds 40 points to the score of the set; alone it reaches no threshold.',
      'Reason: x.',
    ]);
    expect(scored.otherwise[0]).toBe(
      'Where an input is missing and the rest does not settle it: accept; its points count where that makes the answer stricter, marked degraded.',
    );
    const reject: Rule['event'] = { type: 'reject', params: { reason: 'x', threeDs: 'challenge' } };
    const strict = only(
      set({ all: [guest] }, reject, { policy: { onUnknown: 'reject', onError: 'accept' } }),
    );
    expect(strict.does).toContain('Demands 3-D Secure: challenge.');
    expect(strict.otherwise).toEqual([
      'Where an input is missing and the rest does not settle it: reject, marked degraded.',
      'Where a test fails: accept, marked degraded.',
    ]);
    const lax = only(
      set({ all: [guest] }, review, { policy: { onUnknown: 'reject', withoutThreeDs: 'accept' } }),
    );
    expect(lax.otherwise[0]).toContain(': review, marked degraded.');
    expect(lax.does).toContain('Where 3-D Secure cannot run, that review becomes accept.');
  });
});

describe('what ships', () => {
  const names = readdirSync('rules').filter((name) => name.endsWith('.rules.json'));
  it.each(names)('%s is told to the last rule, in words and not in JSON', (name) => {
    const document = JSON.parse(readFileSync(`rules/${name}`, 'utf8')) as RuleSetDocument;
    const { members = [], says = [] } = describeRuleSet(document, FACT_CATALOGUE) ?? {};
    expect(members.map((member) => member.name)).toEqual(
      [...document.rules, ...(document.limits ?? [])].map((member) => member.name),
    );
    for (const member of members) {
      const lines = [...flat(member.when), ...member.does, ...member.otherwise, ...says];
      expect(lines.join('\n')).not.toMatch(/[{}[\]]|undefined|greaterThan|lessThan/);
      for (const { description } of member.facts) expect(description).not.toBe('');
    }
  });
});
