import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffRuleSets } from '../../../src/rules/versions/diff.js';
import type { Condition, Json, Rule, RuleSetDocument } from '../../../src/rules/document/document.js';
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

test('whatever one thing is another, there is a change, and it is where that stands', () => {
  /** The places of all that is no object or array. */
  const leaves = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
    typeof value !== 'object' || value === null
      ? [path]
      : Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
  fc.assert(
    fc.property(anyRuleSet('unknown'), fc.nat(), (document, at) => {
      const places = leaves(document);
      const place = places[at % places.length] ?? [];
      const changed = structuredClone(document);
      const last = place.at(-1) ?? '';
      const inside = place
        .slice(0, -1)
        .reduce<unknown>((value, step) => Reflect.get(value as object, step), changed);
      Reflect.set(inside as object, last, 'another');
      const changes = diffRuleSets(document, changed as RuleSetDocument);
      if (canonicalJson(document) === canonicalJson(changed)) expect(changes).toEqual([]);
      else expect(changes.map(({ change }) => change)).not.toEqual([]);
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
    'added [new] /rules/0 rule added: review (x), when all of 1 (kind, is "card")',
    'removed [r] /rules/0/enabled enabled removed: true',
    'removed [r] /rules/0/conditions/all/1/any/0 condition removed: velocity (by card), at least 8',
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
      'removed [a] /rules/0 rule removed: review (x), when all of 1 (velocity (by card), at least 5)',
      'added [c] /rules/1 rule added: review (x), when all of 1 (velocity (by card), at least 5)',
    ]);
    expect(texts(set([a, b]), set([c, a, b]))).toHaveLength(1);
    expect(texts(set([a, b]), set([b, a]))).toEqual([
      'changed [] /rules rules: other order, and so the order of reasons',
    ]);
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
      'added [] /thresholds/0 threshold added: from 5 on review (x)',
      'added [r] /rules/0/enabled switched off',
      'changed [r] /rules/0/conditions/any/0/operator velocity (by card): at least -> more than',
      'changed [r] /rules/0/conditions/any/1/value country, one of: added ["US"], removed ["FR"]',
      'changed [r] /rules/0/event/type event type: "review" -> "reject"',
      'added [r] /rules/0/event/params/score event params score added: 5',
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
      'changed [abroad] /conditions/abroad condition: all of 1 -> any of 1 (asked by nobody)',
      'changed [day] /limits/0/cap/minor cap minor: 500 -> 900',
    ]);
  });

  test('a parameter, one that came, and one that went', () => {
    const burst = (value: number, params: Record<string, Json>): Condition => ({
      fact: 'velocity',
      params: { fn: 'count', by: 'card', ...params },
      operator: 'greaterThan',
      value,
    });
    const other: Condition = { ...burst(9, { window: '1d' }), params: { fn: 'sum', by: 'ip', window: '1d' } };
    const from = set([rule('r', { all: [burst(5, { window: '10m' }), other] })]);
    const to = set([rule('r', { all: [burst(8, { window: '1h' })] })]);
    expect(texts(from, to)).toEqual([
      'removed [r] /rules/0/conditions/all/1 condition removed: velocity sum of payments by ip in 1d, more than 9',
      'changed [r] /rules/0/conditions/all/0/params/window velocity count of payments by card in 1h, window: "10m" -> "1h"',
      'changed [r] /rules/0/conditions/all/0/value velocity count of payments by card in 1h, more than: 5 -> 8',
    ]);
    const plain = set([rule('r', { all: [burst(5, { window: '1h' })] })]);
    const current = set([rule('r', { all: [burst(5, { window: '1h', includeCurrent: true })] })]);
    expect(texts(plain, current)).toEqual([
      'added [r] /rules/0/conditions/all/0/params/includeCurrent velocity count of payments by card in 1h (includeCurrent true), includeCurrent added: true',
    ]);
    expect(texts(current, plain)).toEqual([
      'removed [r] /rules/0/conditions/all/0/params/includeCurrent velocity count of payments by card in 1h, includeCurrent removed: true',
    ]);
  });

  test('a group that is another one, with what changed inside', () => {
    const from = set([rule('r', { all: [velocity(5), velocity(8, 'lessThan')] })]);
    const to = set([rule('r', { any: [velocity(6), velocity(8, 'lessThan')] })]);
    expect(texts(from, to)).toEqual([
      'changed [r] /rules/0/conditions condition: all of 2 -> any of 2',
      'changed [r] /rules/0/conditions/any/0/value velocity (by card), at least: 5 -> 6',
    ]);
  });

  test('a group that came says what is in it', () => {
    const guest: Condition = { fact: 'guest', operator: 'equal', value: true };
    const from = set([rule('r', { all: [velocity(5)] })]);
    const to = set([rule('r', { all: [velocity(5), { not: { any: [guest, { condition: 'abroad' }] } }] })]);
    expect(texts(from, to)).toEqual([
      'added [r] /rules/0/conditions/all/1 condition added: not (any of 2 (guest, is true; abroad))',
    ]);
  });

  test('a rule that is switched off, and on again', () => {
    const on = set([rule('r', { all: [velocity(5)] })]);
    const off = set([rule('r', { all: [velocity(5)] }, { enabled: false })]);
    const said = set([rule('r', { all: [velocity(5)] }, { enabled: true })]);
    expect(texts(on, off)).toEqual(['added [r] /rules/0/enabled switched off']);
    expect(texts(off, on)).toEqual(['removed [r] /rules/0/enabled switched on']);
    expect(texts(off, said)).toEqual(['changed [r] /rules/0/enabled switched on']);
  });

  test('a very large condition within a moment', () => {
    const many = (from: number): Condition => ({
      any: Array.from({ length: 3_000 }, (_, at) => ({
        fact: 'velocity',
        params: { by: 'card', window: `${from + at}s` },
        operator: 'greaterThan',
        value: at,
      })),
    });
    const changes = diffRuleSets(set([rule('r', many(1))]), set([rule('r', many(20_000))]));
    expect(changes.filter(({ path }) => path.endsWith('/window'))).toHaveLength(3_000);
  });
});
