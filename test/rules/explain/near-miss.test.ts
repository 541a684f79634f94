import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FactCatalogue } from '../../../src/rules/catalogue.js';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type { Condition, RuleSetDocument } from '../../../src/rules/document/document.js';
import { parsePath } from '../../../src/rules/document/path.js';
import { slotKey } from '../../../src/rules/document/resolve.js';
import { conditionReader } from '../../../src/rules/explain/condition-reader.js';
import { changeFinder, type FactChange, type LeastChange } from '../../../src/rules/explain/near-miss.js';
import { withValueAt } from '../../../src/rules/explain/with-value-at.js';
import { HIT } from '../../../src/rules/outcome.js';
import type { FactValue } from '../../../src/rules/program.js';
import { runs } from '../../support/runs.js';
import { anyFacts, anyRuleSet, facts, ruleSet, vectorOf, versionOf, type Facts } from '../arbitraries.js';
import { CATALOGUE } from '../small-catalogue.js';

const NO_CATALOGUE: FactCatalogue = new Map();

/** The facts with the changes made one after the other. */
function changed(given: Facts, changes: readonly FactChange[]): Facts {
  const after = new Map(given);
  for (const { fact, params, path, needed } of changes) {
    const key = slotKey(fact, params);
    const steps = path === '' ? [] : (parsePath(path) ?? []);
    after.set(key, withValueAt(after.get(key), steps, needed) as FactValue);
  }
  return after;
}

function hits(document: RuleSetDocument, given: Facts): readonly boolean[] {
  const program = compileProgram([versionOf(document)]);
  return [...program.evaluate(vectorOf(program, given))].map((state) => state === HIT);
}

/** What the rules of a document lacked, by place. */
function lacking(document: RuleSetDocument, given: Facts, catalogue = NO_CATALOGUE) {
  const find = changeFinder(document.policy?.missing ?? 'unknown', (key) => given.get(key), catalogue);
  const nodeOf = conditionReader();
  return document.rules.map(({ conditions }) => find(nodeOf(document, conditions)));
}

const NUMBERS = ['a', 'b', 'c'];
const GRID = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6];
const numberTest: fc.Arbitrary<Condition> = fc
  .tuple(
    fc.constantFrom(...NUMBERS),
    fc.constantFrom('equal', 'lessThan', 'lessThanInclusive', 'greaterThan', 'not:greaterThanInclusive'),
    fc.constantFrom(-2, 0, 1, 4),
  )
  .map(([fact, operator, value]) => ({ fact, operator, value }));
const { numberRule } = fc.letrec<{ numberRule: Condition }>((tie) => ({
  numberRule: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    numberTest,
    fc.array(tie('numberRule'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('numberRule'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('numberRule').map((not) => ({ not })),
  ),
}));
const numberSet = numberRule.map((inner) => ruleSet([{ all: [inner] }]));
const numberFacts = facts(fc.constantFrom<FactValue[]>(...GRID));
/** A number that counts nothing, and so may be any. */
const REALS: FactCatalogue = new Map(
  NUMBERS.map((name) => [name, { name, type: 'number', source: 'request', description: name }]),
);

describe('the least change that would have made a rule hit', () => {
  test.each(['unknown', 'as-undefined'] as const)('makes it hit, where missing is %s', (missing) => {
    let found = 0;
    fc.assert(
      fc.property(anyRuleSet(missing), anyFacts, (document, given) => {
        const before = hits(document, given);
        for (const [place, least] of lacking(document, given).entries()) {
          if (least === undefined) continue;
          found += 1;
          expect(before[place]).toBe(false);
          expect(least.changes.length).toBeGreaterThan(0);
          expect(hits(document, changed(given, least.changes))[place]).toBe(true);
        }
      }),
      runs(700),
    );
    expect(found).toBeGreaterThan(300);
  });

  test('of numbers is the least: a smaller one does not do', () => {
    fc.assert(
      fc.property(
        numberSet,
        numberFacts,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (document, given, part) => {
          const [least] = lacking(document, given, REALS);
          for (const one of least?.changes ?? []) {
            expect(one.kind).toBe('number');
            const [from, to] = [Number(one.actual), Number(one.needed)];
            const others = (least?.changes ?? []).filter((other) => other !== one);
            const smaller = from + part * (to - from);
            if (smaller === to) continue;
            expect(hits(document, changed(given, [...others, { ...one, needed: smaller }]))).toEqual([false]);
          }
        },
      ),
      runs(700),
    );
  });

  test('is found wherever one or two numbers would do, and none of them is nearer', () => {
    const around = GRID.flatMap((value) => [value, value + 0.5]);
    fc.assert(
      fc.property(numberSet, numberFacts, (document, given) => {
        if (hits(document, given)[0] === true) return;
        const [least] = lacking(document, given, REALS);
        const program = compileProgram([versionOf(document)]);
        const hit = (after: Facts): boolean => program.evaluate(vectorOf(program, after))[0] === HIT;
        const single = NUMBERS.flatMap((fact) =>
          around
            .filter((value) => hit(new Map(given).set(fact, value)))
            .map((value) => [fact, value] as const),
        );
        if (single.length === 0) {
          expect(least?.changes.length ?? 2).toBe(2);
          return;
        }
        if (least?.near === true && least.changes.length === 2) return;
        expect(least?.changes).toHaveLength(1);
        const [one] = least?.changes ?? [];
        const same = single
          .filter(([fact]) => fact === one?.fact)
          .map(([, value]) => Math.abs(value - Number(one?.actual)));
        expect(one?.gap).toBeLessThanOrEqual(Math.min(...same) + 1e-9);
      }),
      runs(500),
    );
  });
});

/** What one rule over the small catalogue lacked. */
function lack(
  condition: Condition,
  values: Readonly<Record<string, FactValue>>,
  named: Record<string, Condition> = {},
): LeastChange | undefined {
  const document = ruleSet([condition], named);
  const factOf = (key: string): FactValue => values[key.replace(/\{.*/s, '')];
  return changeFinder('unknown', factOf, CATALOGUE)(conditionReader()(document, condition));
}
const texts = (least: LeastChange | undefined): readonly string[] =>
  least?.changes.map(({ text }) => text) ?? [];
const test1 = (fact: string, operator: string, value: unknown): Condition =>
  ({ fact, operator, value }) as Condition;

describe('a near miss in words', () => {
  const params = { fn: 'count', by: 'card', window: '1h' };
  const burst: Condition = { fact: 'velocity', params, operator: 'greaterThanInclusive', value: 5 };

  test('a count that is one short', () => {
    const least = lack({ all: [burst, test1('guest', 'equal', true)] }, { velocity: 4, guest: true });
    expect(least).toMatchObject({
      near: true,
      held: 1,
      changes: [{ kind: 'number', needed: 5, gap: 1, share: 0.2 }],
    });
    expect(texts(least)).toEqual([
      'velocity count of payments by card in 1h was 4, needs at least 5: 1 more',
    ]);
  });

  test('an amount is near within a quarter of the threshold, a count by one', () => {
    const over = (value: number) => ({ all: [test1('amount', 'greaterThan', value)] });
    expect(lack(over(1000), { amount: 800 })?.near).toBe(true);
    expect(lack(over(1000), { amount: 700 })?.near).toBe(false);
    const pieces = { all: [test1('pieces', 'greaterThanInclusive', 2)] };
    expect(lack(pieces, { pieces: 1 })?.near).toBe(true);
    expect(lack(pieces, { pieces: 0 })?.near).toBe(false);
    const one = { all: [test1('pieces', 'greaterThanInclusive', 1)] };
    expect(lack(one, { pieces: 0 })?.near).toBe(false);
  });

  test('whole things are told in whole numbers, others by as little as there is', () => {
    expect(lack({ all: [test1('pieces', 'greaterThan', 4)] }, { pieces: 4 })?.changes[0]?.needed).toBe(5);
    expect(texts(lack({ all: [test1('amount', 'greaterThan', 4)] }, { amount: 4 }))).toEqual([
      'amount was 4, needs more than 4: just more',
    ]);
  });

  test('a list of texts, a truth, and what was not known', () => {
    const rule = { all: [test1('country', 'in', ['BR', 'MX']), test1('pieces', 'greaterThan', 9)] };
    const other = lack(rule, { country: 'DE', pieces: 10 });
    expect(other).toMatchObject({ near: true, changes: [{ kind: 'value', actual: 'DE', needed: 'BR' }] });
    expect(texts(other)).toEqual(['country was DE, needs one of [BR, MX]']);
    const unknown = lack(rule, { pieces: 10 });
    expect(unknown).toMatchObject({ near: true, changes: [{ kind: 'missing', actual: undefined }] });
    expect(texts(unknown)).toEqual(['country was not known, needs one of [BR, MX]']);
    expect(lack(rule, { country: 'DE', pieces: 1 })?.near).toBe(false);
  });

  test('another value is a near miss where what was right says something', () => {
    const listed = test1('guest', 'equal', true);
    expect(lack({ all: [listed] }, { guest: false })).toMatchObject({ near: false, held: 0 });
    const there = test1('list', 'equal', true);
    expect(lack({ all: [there, listed] }, { list: true, guest: false })).toMatchObject({
      near: false,
      held: 1,
    });
    const kind = test1('kind', 'equal', 'card');
    expect(lack({ all: [kind, listed] }, { kind: 'card', guest: false })?.near).toBe(false);
    const large = test1('amount', 'greaterThan', 5);
    expect(lack({ all: [large, listed] }, { amount: 6, guest: false })).toMatchObject({
      near: true,
      held: 1,
    });
  });

  test('of any the nearest, of all what fails, through names and negation', () => {
    const rule: Condition = {
      all: [
        { any: [test1('amount', 'greaterThanInclusive', 1000), test1('pieces', 'greaterThanInclusive', 10)] },
        { not: { condition: 'small' } },
      ],
    };
    const least = lack(
      rule,
      { amount: 100, pieces: 9 },
      { small: { all: [test1('amount', 'lessThan', 120)] } },
    );
    expect(texts(least)).toEqual([
      'pieces was 9, needs at least 10: 1 more',
      'amount was 100, must not be less than 120: 20 more',
    ]);
  });

  test('two tests of one fact are one change, to what both allow', () => {
    const rule = { all: [test1('pieces', 'greaterThan', 4), test1('pieces', 'notEqual', 5)] };
    expect(lack(rule, { pieces: 3 })?.changes).toMatchObject([
      { needed: 6, gap: 3, text: 'pieces was 3, needs more than 4 and needs anything but 5: 3 more' },
    ]);
  });

  test('an entry more or less of a list', () => {
    const rule = { all: [test1('skus', 'contains', 'gift'), test1('skus', 'doesNotContain', 'book')] };
    expect(lack(rule, { skus: ['cup'] })?.changes).toMatchObject([{ needed: ['cup', 'gift'] }]);
    expect(lack(rule, { skus: ['cup', 'book'] })?.changed.get('skus')).toEqual(['cup', 'gift']);
  });

  test.each<[string, unknown, readonly string[], readonly string[], string]>([
    [
      'someFact:in',
      ['gift', 'game'],
      ['cup'],
      ['cup', 'gift'],
      'skus was [cup], needs some entry to be one of [gift, game]',
    ],
    [
      'not:someFact:in',
      ['gift'],
      ['cup', 'gift'],
      ['cup'],
      'skus was [cup, gift], needs no entry to be one of [gift]',
    ],
    [
      'everyFact:equal',
      'gift',
      ['cup', 'gift'],
      ['gift'],
      'skus was [cup, gift], needs every entry to be gift',
    ],
    ['not:contains', 'gift', ['cup', 'gift'], ['cup'], 'skus was [cup, gift], needs no entry gift'],
  ])('an entry that %s %j asks for', (operator, value, skus, needed, text) => {
    expect(lack({ all: [test1('skus', operator, value)] }, { skus })?.changes).toMatchObject([
      { needed, text },
    ]);
  });

  test('compared with another fact: as that was', () => {
    const rule: Condition = { all: [{ fact: 'amount', operator: 'greaterThan', value: { fact: 'pieces' } }] };
    expect(lack(rule, { amount: 4, pieces: 4 })?.changes).toMatchObject([
      { fact: 'amount', gap: expect.any(Number) },
    ]);
    expect(lack(rule, { amount: 4 })).toBeUndefined();
  });

  test('what hits, what can never hit and what would take three changes lack nothing that could be told', () => {
    expect(lack({ all: [burst] }, { velocity: 5 })).toBeUndefined();
    expect(lack({ all: [burst, test1('velocity', 'lessThan', 3)] }, { velocity: 4 })).toMatchObject({
      changes: [{ fact: 'velocity' }, { fact: 'velocity' }],
    });
    const three = ['country', 'kind', 'guest'].map((fact) =>
      test1(fact, 'equal', fact === 'guest' ? true : 'card'),
    );
    expect(lack({ all: three }, { country: 'DE', kind: 'voucher', guest: false })).toBeUndefined();
  });

  test('a condition with very many ways is given up, not searched for ever', () => {
    const any = (from: number): Condition => ({
      any: Array.from({ length: 60 }, (_, at) => test1('amount', 'equal', from + at)),
    });
    const all = Array.from({ length: 60 }, (_, at) => any(at * 1000));
    expect(lack({ all }, { amount: 1 })).toBeUndefined();
  });
});
