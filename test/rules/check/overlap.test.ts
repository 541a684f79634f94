import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRuleSet } from '../../../src/rules/check/check.js';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type {
  Condition,
  Rule,
  RuleSetDocument,
  RuleSetPolicy,
} from '../../../src/rules/document/document.js';
import { AUTHENTICATIONS, OUTCOMES, THREE_DS_DEMANDS } from '../../../src/rules/outcome.js';
import type { FactValue } from '../../../src/rules/program.js';
import { runs } from '../../support/runs.js';
import { threeValued } from '../oracle.js';
import { versionOf } from '../arbitraries.js';
import { CATALOGUE } from '../small-catalogue.js';

const amount = (operator: string, value: unknown): Condition =>
  ({ fact: 'amount', operator, value }) as Condition;
const over = (value: number): Condition => amount('greaterThanInclusive', value);
const kind = (...value: string[]): Condition => ({ fact: 'kind', operator: 'in', value });
const guest: Condition = { fact: 'guest', operator: 'equal', value: true };

function rule(
  name: string,
  conditions: Condition,
  event: Partial<Rule['event']['params']> & { type?: string } = {},
): Rule {
  const { type = 'review', ...params } = event;
  return { name, conditions, event: { type, params: { reason: 'x', ...params } } } as Rule;
}

function set(rules: readonly Rule[], more: Partial<RuleSetDocument> = {}): RuleSetDocument {
  return { id: 'a', description: 'd', owner: 'o', rules, ...more };
}

function found(document: RuleSetDocument): readonly string[] {
  return checkRuleSet(document, { catalogue: CATALOGUE }).findings.map(
    ({ code, rule: name, path }) => `${code} ${name} ${path}`,
  );
}

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
    [
      'a reason of its own for the same outcome',
      [wide, rule('high', inAll(over(200)), { type: 'reject', reason: 'y' })],
      {},
    ],
    ['the other is switched off', [{ ...wide, enabled: false }, rule('high', inAll(over(200)))], {}],
    [
      'an allow may be overruled',
      [rule('wide', inAll(over(5)), { type: 'allow' }), rule('high', inAll(over(9)))],
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
    [
      'where a review without 3-D Secure is said',
      [wide, rule('high', inAll(over(200)))],
      { policy: { withoutThreeDs: 'accept' } },
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

/* What is said has to be true: held against the oracle and the verdict. */

const VALUES: Readonly<Record<string, readonly FactValue[]>> = {
  amount: [undefined, 0, 1, 1.5, 2, 3, 4],
  pieces: [undefined, 0, 1, 2, 3],
  kind: [undefined, 'card', 'voucher', 'transfer'],
  guest: [undefined, true, false],
  skus: [undefined, [], ['a'], ['a', 'b']],
};
const NAMES = Object.keys(VALUES);

const anyTest: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    fact: fc.constantFrom('amount', 'pieces'),
    operator: fc.constantFrom(
      'lessThan',
      'lessThanInclusive',
      'greaterThan',
      'greaterThanInclusive',
      'equal',
      'notEqual',
      'not:lessThan',
    ),
    value: fc.constantFrom(1, 2, 3),
  }),
  fc.record({
    fact: fc.constant('kind'),
    operator: fc.constantFrom('in', 'notIn', 'not:in'),
    value: fc.subarray(['card', 'voucher', 'transfer'], { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    fact: fc.constant('guest'),
    operator: fc.constantFrom('equal', 'notEqual'),
    value: fc.boolean(),
  }),
  fc.record({
    fact: fc.constant('skus'),
    operator: fc.constantFrom('contains', 'someFact:equal', 'doesNotContain'),
    value: fc.constantFrom('a', 'b'),
  }),
);
const anyCondition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition; group: Condition }>((tie) => ({
  node: fc.oneof({ maxDepth: 2, depthSize: 'small' }, { weight: 3, arbitrary: anyTest }, tie('group')),
  group: fc.oneof(
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('node').map((not) => ({ not })),
  ),
})).group;
const anyRule = fc.record({
  condition: anyCondition,
  type: fc.constantFrom(...OUTCOMES, 'score'),
  threeDs: fc.constantFrom(...THREE_DS_DEMANDS, undefined, undefined, undefined),
  exemption: fc.constantFrom('tra' as const, undefined, undefined, undefined, undefined),
  score: fc.constantFrom(undefined, undefined, 5, -5),
  reason: fc.constantFrom('x', 'y'),
});
const anyPolicy: fc.Arbitrary<RuleSetPolicy> = fc.record({
  missing: fc.constantFrom('unknown', 'as-undefined'),
  onUnknown: fc.constantFrom('accept', 'review', 'reject'),
  onError: fc.constantFrom('accept', 'review', 'reject'),
  withoutThreeDs: fc.constantFrom('accept', 'review', 'reject'),
});
const anySet = fc.tuple(fc.array(anyRule, { minLength: 2, maxLength: 5 }), anyPolicy).map(([drawn, policy]) =>
  set(
    drawn.map(({ condition, ...event }, at) =>
      rule(`r${at}`, condition, {
        ...JSON.parse(JSON.stringify(event)),
        ...(event.type === 'score' ? { score: event.score ?? 5 } : {}),
      } as never),
    ),
    { policy, thresholds: [{ score: 5, outcome: 'reject', reason: 't', threeDs: 'challenge' }] },
  ),
);
const facts = fc.record(
  Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom(...(VALUES[name] ?? []))])),
);

describe('what is said of a set is true', () => {
  test('a subsumed rule can go: outcome, 3-D Secure, exemption and scores stay, and the reasons where nothing is missing', () => {
    let told = 0;
    fc.assert(
      fc.property(anySet, fc.array(facts, { minLength: 30, maxLength: 30 }), (document, many) => {
        const { findings, document: good } = checkRuleSet(document, { catalogue: CATALOGUE });
        if (good === undefined) return;
        const whole = compileProgram([versionOf(document)]);
        for (const { rule: name } of findings.filter(({ code }) => code === 'subsumed')) {
          told += 1;
          const left = compileProgram([
            versionOf({ ...document, rules: document.rules.filter((one) => one.name !== name) }),
          ]);
          for (const values of many)
            for (const authentication of AUTHENTICATIONS) {
              const [before, after] = [whole, left].map((program) =>
                program.verdict(
                  program.evaluate(program.slots.map(({ fact }) => values[fact])),
                  authentication,
                ),
              );
              if (before === undefined || after === undefined) throw new Error('two programs');
              const said = ({ outcome, threeDs, exemption, scores }: typeof before): object => ({
                outcome,
                threeDs,
                exemption,
                scores,
              });
              expect(said(after)).toEqual(said(before));
              if (!before.degraded) expect(after.reasons.toSorted()).toEqual(before.reasons.toSorted());
            }
        }
      }),
      runs(700),
    );
    expect(told).toBeGreaterThan(10);
  });

  test('an allow that is shadowed is never what a payment gets', () => {
    let told = 0;
    fc.assert(
      fc.property(anySet, fc.array(facts, { minLength: 10, maxLength: 10 }), (drawn, many) => {
        const document = {
          ...drawn,
          rules: drawn.rules.map(
            (one, at) =>
              ({
                ...one,
                event: { type: at % 2 === 0 ? 'block' : 'allow', params: { reason: 'x' } },
              }) as Rule,
          ),
        };
        const { findings } = checkRuleSet(document, { catalogue: CATALOGUE });
        const program = compileProgram([versionOf(document)]);
        for (const { rule: name } of findings.filter(({ code }) => code === 'shadowed-allow')) {
          told += 1;
          for (const values of many) {
            const states = program.evaluate(program.slots.map(({ fact }) => values[fact]));
            const { outcome, hits } = program.verdict(states, 'possible');
            if (hits.some((hit) => hit.rule === name && hit.state === 'hit')) expect(outcome).toBe('block');
          }
        }
      }),
      runs(300),
    );
    expect(told).toBeGreaterThan(5);
  });

  test('a redundant member of a group can go, and rules of one condition end alike, by the oracle', () => {
    let told = 0;
    fc.assert(
      fc.property(anySet, fc.array(facts, { minLength: 20, maxLength: 20 }), (drawn, many) => {
        const document = { ...drawn, policy: { ...drawn.policy, missing: 'unknown' as const } };
        const { findings } = checkRuleSet(document, { catalogue: CATALOGUE });
        for (const { code, path, message } of findings) {
          const [, at = ''] = /^\/rules\/(\d+)\//.exec(path) ?? [];
          const own = document.rules[Number(at)]?.conditions;
          if (own === undefined || (code !== 'redundant-test' && code !== 'same-condition')) continue;
          told += 1;
          const other =
            code === 'redundant-test'
              ? without(document, path).rules[Number(at)]
              : document.rules.find(({ name }) => message.endsWith(` ${name}`));
          for (const values of many) {
            const given = new Map(Object.entries(values));
            expect(threeValued(other?.conditions as Condition, document, given)).toBe(
              threeValued(own, document, given),
            );
          }
        }
      }),
      runs(300),
    );
    expect(told).toBeGreaterThan(25);
  });
});

/** The document without what a JSON Pointer into a list leads to. */
function without(document: RuleSetDocument, path: string): RuleSetDocument {
  const copy = structuredClone(document);
  const steps = path.split('/').slice(1);
  const list = steps
    .slice(0, -1)
    .reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], copy);
  (list as unknown[]).splice(Number(steps.at(-1)), 1);
  return copy;
}
