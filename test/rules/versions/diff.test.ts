import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffRuleSets } from '../../../src/rules/versions/diff.js';
import type { Condition, Rule, RuleSetDocument } from '../../../src/rules/document/document.js';
import { canonicalJson } from '../../../src/rules/document/canonical.js';
import { anyRuleSet } from '../arbitraries.js';

const velocity = (value: number, operator = 'greaterThanInclusive'): Condition => ({
  fact: 'velocity',
  params: { by: 'card' },
  operator,
  value,
});

function rule(name: string, conditions: Condition, more: Partial<Rule> = {}): Rule {
  return { name, conditions, event: { type: 'review', params: { reason: 'x' } }, ...more };
}

function set(rules: readonly Rule[], more: Partial<RuleSetDocument> = {}): RuleSetDocument {
  return { id: 'a', description: 'd', owner: 'o', rules, ...more };
}

function texts(from: RuleSetDocument, to: RuleSetDocument): readonly string[] {
  return diffRuleSets(from, to).map(
    ({ change, rule: name, path, text }) => `${change} [${name}] ${path} ${text}`,
  );
}

test('equal documents have no changes, others always have some', () => {
  fc.assert(
    fc.property(anyRuleSet('unknown'), anyRuleSet('unknown'), (a, b) => {
      expect(diffRuleSets(a, structuredClone(a))).toEqual([]);
      if (canonicalJson(a) !== canonicalJson(b)) expect(diffRuleSets(a, b).length).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});

test('a path leads to what came in the newer document, and to what went in the older one', () => {
  const at = (document: unknown, path: string): unknown =>
    path
      .split('/')
      .slice(1)
      .reduce((value, step) => (value as Record<string, unknown> | undefined)?.[step], document);
  fc.assert(
    fc.property(anyRuleSet('unknown'), anyRuleSet('unknown'), (a, b) => {
      for (const { change, path, from, to } of diffRuleSets(a, b)) {
        const [document, value] = change === 'removed' ? [a, from] : [b, to];
        expect([path, at(document, path)]).toEqual([path, value]);
      }
    }),
    { numRuns: 1000 },
  );
  const kind: Condition = { fact: 'kind', operator: 'equal', value: 'card' };
  const old = set([rule('r', { all: [velocity(5), { any: [velocity(8), kind] }] }, { enabled: true })]);
  const moved = set([rule('new', { all: [kind] }), rule('r', { all: [{ any: [kind] }, velocity(5)] })]);
  expect(texts(old, moved)).toEqual([
    'added [new] /rules/0 rule added',
    'removed [r] /rules/0/conditions/all/1/any/0 condition removed: velocity (by card), at least 8',
    'removed [r] /rules/0/enabled enabled removed: true',
  ]);
});

describe('changes are told in terms of rules', () => {
  test('a threshold', () => {
    const from = set([rule('r', { all: [velocity(5)] })]);
    const to = set([rule('r', { all: [velocity(8)] })]);
    expect(diffRuleSets(from, to)).toEqual([
      {
        change: 'changed',
        rule: 'r',
        path: '/rules/0/conditions/all/0/value',
        from: 5,
        to: 8,
        text: 'velocity (by card), at least: 5 -> 8',
      },
    ]);
  });

  test('a rule that came, one that went, one that only moved', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => rule(name, { all: [velocity(5)] })) as [Rule, Rule, Rule];
    expect(texts(set([a, b]), set([b, c]))).toEqual([
      'removed [a] /rules/0 rule removed',
      'added [c] /rules/1 rule added',
    ]);
    expect(texts(set([a, b]), set([b, a]))).toEqual([]);
  });

  test('a condition that came and one that went, among others that stay', () => {
    const kind: Condition = { fact: 'kind', operator: 'equal', value: 'card' };
    const guest: Condition = { fact: 'guest', operator: 'equal', value: true };
    const from = set([rule('r', { all: [kind, velocity(5)] })]);
    const to = set([rule('r', { all: [velocity(5), guest] })]);
    expect(texts(from, to)).toEqual([
      'removed [r] /rules/0/conditions/all/0 condition removed: kind, is "card"',
      'added [r] /rules/0/conditions/all/1 condition added: guest, is true',
    ]);
  });

  test('one of two tests of the same fact: the other one stays', () => {
    const from = set([rule('r', { any: [velocity(5), velocity(8)] })]);
    expect(texts(from, set([rule('r', { any: [velocity(8)] })]))).toEqual([
      'removed [r] /rules/0/conditions/any/0 condition removed: velocity (by card), at least 5',
    ]);
  });

  test('an operator, a list, an event, a policy', () => {
    const list = (value: string[]): Condition => ({ fact: 'country', operator: 'in', value });
    const from = set([rule('r', { any: [velocity(5), list(['FR', 'DE'])] })]);
    const to = set(
      [
        rule(
          'r',
          { any: [velocity(5, 'greaterThan'), list(['DE', 'US'])] },
          { event: { type: 'reject', params: { reason: 'x', score: 5 } }, enabled: false },
        ),
      ],
      { policy: { onError: 'reject' }, thresholds: [{ score: 5, outcome: 'review', reason: 'x' }] },
    );
    expect(texts(from, to)).toEqual([
      'added [] /policy/onError policy onError added: "reject"',
      'added [] /thresholds/0 threshold added',
      'changed [r] /rules/0/conditions/any/0/operator velocity (by card): at least -> more than',
      'changed [r] /rules/0/conditions/any/1/value country, one of: added ["US"], removed ["FR"]',
      'changed [r] /rules/0/event/type event type: "review" -> "reject"',
      'added [r] /rules/0/event/params/score event params score added: 5',
      'added [r] /rules/0/enabled enabled added: false',
    ]);
  });

  test('a named condition and a limit', () => {
    const limit = (minor: number) => ({
      name: 'day',
      when: { all: [velocity(1)] },
      by: ['card'],
      period: 'day' as const,
      cap: { minor, currency: 'EUR' },
      reason: 'x',
    });
    const from = set([], { conditions: { abroad: { all: [velocity(1)] } }, limits: [limit(500)] });
    const to = set([], { conditions: { abroad: { any: [velocity(1)] } }, limits: [limit(900)] });
    expect(texts(from, to)).toEqual([
      'changed [abroad] /conditions/abroad condition: all of 1 -> any of 1',
      'changed [day] /limits/0/cap/minor cap minor: 500 -> 900',
    ]);
  });
});
