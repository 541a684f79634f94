import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRuleSet } from '../../../src/rules/check/check.js';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import { anyRuleSet, versionOf } from '../arbitraries.js';
import { CATALOGUE } from '../small-catalogue.js';

const EVENT = { type: 'review', params: { reason: 'a.reason' } };

function check(document: unknown): readonly string[] {
  return checkRuleSet(document, { catalogue: CATALOGUE }).findings.map(({ code }) => code);
}

function withConditions(conditions: unknown, named: unknown = {}): unknown {
  const rules = [{ name: 'r', conditions, event: EVENT }];
  return { id: 'a', description: 'd', owner: 'o', rules, conditions: named };
}

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = { fact: 'amount', operator: 'equal', value: 1 };
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
}

describe('a hostile document is refused, never a crash', () => {
  test('nested a hundred thousand deep', () => {
    expect(check(withConditions(nested(100_000, (inner) => ({ not: inner }))))).toEqual(['not-json']);
    expect(check(JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`))).toEqual(['not-json']);
  });

  test('nested 17 conditions deep; 16 are fine', () => {
    expect(check(withConditions(nested(16, (inner) => ({ all: [inner] }))))).toEqual(['too-deep']);
    expect(check(withConditions(nested(15, (inner) => ({ all: [inner] }))))).toEqual([]);
  });

  test('nested through named conditions', () => {
    const named = { deep: nested(10, (inner) => ({ all: [inner] })) };
    expect(
      check(
        withConditions(
          nested(10, () => ({ all: [{ condition: 'deep' }] })),
          named,
        ),
      ),
    ).toEqual([]);
    const root = { all: [nested(8, (inner) => ({ not: { not: inner } }))] };
    const doubled = { deep: root };
    expect(check(withConditions({ not: { condition: 'deep' } }, doubled))).toContain('too-deep');
  });

  test('small, but endless when written out', () => {
    const named = Object.fromEntries(
      Array.from({ length: 14 }, (_, at) => {
        const next =
          at === 13 ? { fact: 'amount', operator: 'equal', value: 1 } : { condition: `c${at + 1}` };
        return [`c${at}`, { all: Array.from({ length: 50 }, () => next) }];
      }),
    );
    expect(check(withConditions({ condition: 'c0' }, named))).toContain('too-large');
  });

  test('circular in memory, wide, huge, or no JSON at all', () => {
    const circle: Record<string, unknown> = {};
    circle['rules'] = circle;
    expect(check(circle)).toEqual(['not-json']);
    expect(
      check(withConditions({ all: [{ fact: 'country', operator: 'equal', value: 'x'.repeat(1 << 21) }] })),
    ).toEqual(['too-large']);
    expect(check({ rules: Array.from({ length: 1 << 20 }) })).toEqual(['too-large']);
    for (const value of [1n, Symbol('x'), () => 0, new Map(), new Date(0), NaN, Infinity, undefined]) {
      expect(check(withConditions({ all: [{ fact: 'amount', operator: 'equal', value }] }))).toEqual([
        'not-json',
      ]);
    }
    expect(check(withConditions({ all: [{ fact: 'country', operator: 'equal', value: '\ud800' }] }))).toEqual(
      ['not-json'],
    );
  });

  test('with names of Object.prototype everywhere', () => {
    const polluted = JSON.parse(
      '{"id":"a","description":"d","owner":"o","rules":[],"__proto__":{"polluted":true},"policy":{"missing":"unknown"}}',
    ) as unknown;
    expect(check(polluted)).toEqual(['not-json']);
    const odd = { all: [{ fact: 'constructor', operator: 'toString', value: { fact: '__proto__' } }] };
    expect(check(withConditions(odd))).toEqual(['unknown-fact', 'unknown-fact', 'unknown-operator']);
    expect(check(withConditions({ all: [{ condition: 'toString' }] }))).toEqual(['unknown-condition']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('with thousands of mistakes: the first ones are told', () => {
    const conditions = { all: Array.from({ length: 5_000 }, () => ({ fact: 'x', operator: 'y', value: 1 })) };
    const codes = check(withConditions(conditions));
    expect(codes.length).toBe(201);
    expect(codes.at(-1)).toBe('too-many-findings');
  });

  test('with hundreds of warnings: they hide no error', () => {
    const test = (operator: string, value: number) => ({ fact: 'amount', operator, value });
    const unused = Array.from({ length: 300 }, (_, at) => [`c${at}`, { all: [test('equal', at)] }]);
    const never = { all: [test('greaterThan', 5), test('lessThan', 3)] };
    const codes = check(withConditions(never, Object.fromEntries(unused)));
    expect(codes.slice(199)).toEqual(['unused-condition', 'too-many-findings', 'unreachable']);
  });

  test('made to be hard to analyse, within a bounded number of steps', () => {
    const branch = (at: number) => ({
      any: Array.from({ length: 40 }, (_, value) => ({
        fact: 'extra',
        path: `$.p${value}`,
        operator: 'equal',
        value: at,
      })),
    });
    const conditions = { all: Array.from({ length: 200 }, (_, at) => branch(at)) };
    expect(check(withConditions(conditions))).toEqual([]);
  });

  test('of nothing but misspelt names among a thousand: minutes of guessing what was meant are not spent', () => {
    const name = (letter: string, at: number): string => `${letter.repeat(56)}${at}`;
    const fine = { all: [{ fact: 'amount', operator: 'equal', value: 1 }] };
    const named = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [name('a', at), fine]));
    const conditions = { all: Array.from({ length: 3_000 }, (_, at) => ({ condition: name('b', at) })) };
    const codes = check(withConditions(conditions, named));
    expect(codes.filter((code) => code === 'unknown-condition').length).toBe(200);
  });

  test('asking for more different facts than every decision can compute', () => {
    const asking = (many: number) => ({
      all: Array.from({ length: many }, (_, at) => ({
        fact: 'velocity',
        params: { by: 'card', window: `${at + 1}s` },
        operator: 'greaterThan',
        value: 1,
      })),
    });
    expect(check(withConditions(asking(2_000)))).toEqual([]);
    expect(check(withConditions(asking(2_001)))).toEqual(['too-large']);
    const [one, two] = [asking(2_000), { all: asking(2_001).all.slice(1) }];
    expect(check(withConditions({ any: [one, { condition: 'two' }] }, { two }))).toEqual(['too-large']);
  });

  test('whatever it is', () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
        (value) => {
          expect(check(value).length).toBeGreaterThan(0);
          check(withConditions(value, value));
          check({
            id: 'a',
            description: 'd',
            owner: 'o',
            rules: value,
            limits: value,
            thresholds: value,
            policy: value,
          });
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('good but for one part, which is something else', () => {
    const read = { fact: 'velocity', params: { by: 'card', window: '1h' }, path: '$' };
    const good = {
      ...(withConditions(
        { any: [{ condition: 'c' }, { ...read, operator: 'equal', value: read }] },
        {},
      ) as object),
      policy: { missing: 'unknown' },
      thresholds: [{ score: 5, outcome: 'review', reason: 'x' }],
      conditions: { c: { not: { fact: 'extra', path: '$.x', operator: 'in', value: [1], priority: 2 } } },
      limits: [
        {
          name: 'l',
          when: { all: [] },
          by: ['card'],
          period: 'day',
          zone: 'UTC',
          cap: { minor: 1, currency: 'EUR' },
          gradeFactors: { A: 1 },
          reason: 'x',
        },
      ],
    };
    const others = [null, true, 0, -1.5, '', 'x', [], {}, [null], { fact: null }, { all: 1 }];
    let tried = 0;
    const visit = (at: Record<string, unknown>): void => {
      for (const [key, part] of Object.entries(at)) {
        if (typeof part === 'object' && part !== null) visit(part as Record<string, unknown>);
        for (const other of others) {
          at[key] = other;
          check(good);
          tried++;
        }
        at[key] = part;
      }
    };
    visit(good);
    expect(check(good)).toEqual(['empty-group', 'always-true', 'unreachable-threshold']);
    expect(tried).toBeGreaterThan(500);
  });

  test('what passes compiles, and what cannot compile does not pass', () => {
    let passed = 0;
    fc.assert(
      fc.property(anyRuleSet('unknown'), (drawn) => {
        // The drawn facts are a, b, c: give them any type.
        const anything = new Map(
          ['a', 'b', 'c', 'constructor'].map((name) => [
            name,
            {
              name,
              type: 'object' as const,
              source: 'request' as const,
              description: '',
              params: { type: 'object' },
            },
          ]),
        );
        const text = JSON.stringify(drawn)
          .replaceAll('"priority":0', '"priority":1')
          .replaceAll('"fact":', '"path":"$.z","fact":');
        const { document } = checkRuleSet(JSON.parse(text), { catalogue: anything });
        if (document === undefined) return;
        passed++;
        compileProgram([versionOf(document)]);
      }),
      { numRuns: 1000 },
    );
    expect(passed).toBeGreaterThan(20);
  });
});
