import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type { Condition, RuleSetDocument } from '../../../src/rules/document/document.js';
import { ERROR, HIT, NO_HIT, SKIPPED, UNKNOWN } from '../../../src/rules/outcome.js';
import { anyFacts, anyRuleSet, ruleSet, vectorOf, versionOf, type Facts } from '../arbitraries.js';
import { threeValued } from '../oracle.js';
import { reference } from '../reference.js';

function statesOf(document: RuleSetDocument, facts: Facts): readonly number[] {
  const program = compileProgram([versionOf(document)]);
  return [...program.evaluate(vectorOf(program, facts))];
}

/** The state of one rule with these conditions; fact `a` has the given value. */
function stateOf(condition: Condition, a: unknown, missing: 'unknown' | 'as-undefined' = 'unknown'): number {
  return statesOf(ruleSet([condition], {}, missing), new Map([['a', a as never]]))[0] as number;
}

describe('missing: as-undefined', () => {
  test('the same rules hit as in json-rules-engine, and the same ones fail', async () => {
    await fc.assert(
      fc.asyncProperty(anyRuleSet('as-undefined'), anyFacts, async (document, facts) => {
        const expected = (await reference(document, facts)).map((result) =>
          result === undefined ? ERROR : result.hit ? HIT : NO_HIT,
        );
        expect(statesOf(document, facts)).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('missing: unknown', () => {
  test('rules end as three-valued logic says', () => {
    fc.assert(
      fc.property(anyRuleSet('unknown'), anyFacts, (document, facts) => {
        const expected = document.rules.map(({ conditions }) => {
          try {
            const truth = threeValued(conditions, document, facts);
            return truth === undefined ? UNKNOWN : truth ? HIT : NO_HIT;
          } catch {
            return ERROR;
          }
        });
        expect(statesOf(document, facts)).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  test('a test on a missing fact is unknown, its negation too', () => {
    const condition: Condition = { fact: 'a', operator: 'equal', value: 1 };
    expect(stateOf({ all: [condition] }, undefined)).toBe(UNKNOWN);
    expect(stateOf({ not: condition }, undefined)).toBe(UNKNOWN);
    expect(stateOf({ not: condition }, undefined, 'as-undefined')).toBe(HIT);
  });

  test('null is a value, not missing', () => {
    expect(stateOf({ all: [{ fact: 'a', operator: 'equal', value: null }] }, null)).toBe(HIT);
  });

  test('a missing value is settled by what does not need it', () => {
    const open: Condition = { fact: 'b', operator: 'equal', value: 1 };
    const no: Condition = { fact: 'a', operator: 'equal', value: 1 };
    expect(stateOf({ all: [open, no] }, 2)).toBe(NO_HIT);
    expect(stateOf({ any: [open, no] }, 1)).toBe(HIT);
    expect(stateOf({ any: [open, no] }, 2)).toBe(UNKNOWN);
  });
});

describe('generated functions', () => {
  test('give the states that closures give, in chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyRuleSet('unknown'), anyRuleSet('as-undefined')), { minLength: 1, maxLength: 3 }),
        anyFacts,
        fc.integer({ min: 1, max: 20 }),
        (documents, facts, chunkSize) => {
          const versions = documents.map(versionOf);
          const generated = compileProgram(versions, { codegen: true, chunkSize });
          const plain = compileProgram(versions, { codegen: false });
          const values = vectorOf(plain, facts);
          expect(generated.slots).toEqual(plain.slots);
          expect([...generated.evaluate(values)]).toEqual([...plain.evaluate(values)]);
        },
      ),
      { numRuns: 4000 },
    );
  });

  test('take text from a document as text only', () => {
    const hostile = ['");process.exit(1);("', '`${x}`', '\u2028\u2029\n\\', '*/', '</script>', "'"];
    for (const text of hostile) {
      expect(stateOf({ all: [{ fact: 'a', operator: 'equal', value: text }] }, text)).toBe(HIT);
      expect(stateOf({ all: [{ fact: 'a', operator: 'in', value: [text, 'x'] }] }, text)).toBe(HIT);
      expect(stateOf({ all: [{ fact: 'a', operator: 'contains', value: text }] }, [text])).toBe(HIT);
      const program = compileProgram([
        versionOf(
          ruleSet([{ all: [{ fact: text, params: { [text]: text }, operator: 'equal', value: 1 }] }]),
        ),
      ]);
      expect([...program.evaluate([1])]).toEqual([HIT]);
    }
  });

  test('find values in long lists as indexOf does: NaN never', () => {
    const list = Array.from({ length: 300 }, (_, at) => at);
    expect(stateOf({ all: [{ fact: 'a', operator: 'in', value: list }] }, 299)).toBe(HIT);
    expect(stateOf({ all: [{ fact: 'a', operator: 'in', value: list }] }, '299')).toBe(NO_HIT);
    expect(stateOf({ all: [{ fact: 'a', operator: 'notIn', value: list }] }, NaN)).toBe(HIT);
    expect(stateOf({ all: [{ fact: 'a', operator: 'in', value: list }] }, -0)).toBe(HIT);
  });
});

test('NaN is found in no list, not even in one that holds it', () => {
  const facts: Facts = new Map<string, never>([
    ['a', [NaN] as never],
    ['b', NaN as never],
  ]);
  const condition: Condition = { all: [{ fact: 'a', operator: 'doesNotContain', value: { fact: 'b' } }] };
  for (const codegen of [true, false]) {
    const program = compileProgram([versionOf(ruleSet([condition]))], { codegen });
    expect([...program.evaluate(vectorOf(program, facts))]).toEqual([HIT]);
  }
  expect(stateOf({ any: [{ not: { fact: 'a', operator: 'greaterThan', value: 1 } }] }, NaN)).toBe(HIT);
});

describe('a program', () => {
  test('goes on when a rule fails: only that one ends as error', () => {
    const failing: Condition = { all: [{ fact: 'a', operator: 'in', value: { fact: 'b' } }] };
    const fine: Condition = { all: [{ fact: 'a', operator: 'equal', value: 1 }] };
    const facts: Facts = new Map<string, never>([
      ['a', 1 as never],
      ['b', 7 as never],
    ]);
    expect(statesOf(ruleSet([fine, failing, fine]), facts)).toEqual([HIT, ERROR, HIT]);
  });

  test('survives values that throw when read as numbers, in the middle of a chunk', () => {
    const compare: Condition = { all: [{ fact: 'a', operator: 'greaterThan', value: 1 }] };
    const other: Condition = { all: [{ fact: 'b', operator: 'equal', value: 1 }] };
    const facts: Facts = new Map<string, never>([
      ['a', Object.create(null) as never],
      ['b', 1 as never],
    ]);
    expect(statesOf(ruleSet([other, compare, other]), facts)).toEqual([HIT, ERROR, HIT]);
  });

  test('fails by a member of the same priority even where another has settled it, as json-rules-engine does', () => {
    const settled: Condition = { fact: 'a', operator: 'equal', value: 1 };
    const failing: Condition = { fact: 'b', path: '$.x', operator: 'greaterThan', value: 1 };
    const facts: Facts = new Map<string, never>([
      ['a', 2 as never],
      ['b', { x: Object.create(null) as object } as never],
    ]);
    const document = ruleSet([{ all: [settled, failing] }, { all: [{ ...settled, priority: 2 }, failing] }]);
    expect(statesOf(document, facts)).toEqual([ERROR, NO_HIT]);
  });

  test('skips disabled rules and asks for nothing on their behalf', () => {
    const document = ruleSet([{ all: [{ fact: 'a', operator: 'equal', value: 1 }] }]);
    const rules = document.rules.map((rule) => ({ ...rule, enabled: false }));
    const program = compileProgram([versionOf({ ...document, rules })]);
    expect(program.slots).toEqual([]);
    expect([...program.evaluate([])]).toEqual([SKIPPED]);
  });

  test('asks for each fact once per parameters, whatever the order of their names', () => {
    const params = { by: 'card', window: '1h' };
    const tests: Condition[] = [
      { fact: 'v', params, operator: 'greaterThan', value: 1 },
      { fact: 'v', params: { window: '1h', by: 'card' }, operator: 'lessThan', value: 9 },
      { fact: 'v', params: {}, operator: 'equal', value: 1 },
      { fact: 'v', operator: 'equal', value: { fact: 'w', path: '$.x' } },
    ];
    const document = ruleSet([{ any: tests }]);
    const program = compileProgram([versionOf(document), versionOf({ ...document, id: 'other' })]);
    expect(program.slots.map(({ slot, key }) => [slot, key])).toEqual([
      [0, 'v{"by":"card","window":"1h"}'],
      [1, 'v'],
      [2, 'w'],
    ]);
  });

  test('tells by the same logic which limits apply; disabled ones are left out', () => {
    const limit = (name: string, value: number, enabled = true) => ({
      name,
      enabled,
      when: { all: [{ fact: 'a', operator: 'equal', value }] },
      by: ['card'],
      period: 'day' as const,
      cap: { minor: 100, currency: 'EUR' },
      reason: 'limit.card',
    });
    const limits = [limit('one', 1), limit('off', 1, false), limit('two', 2)];
    const { limits: linked, slots } = compileProgram([versionOf({ ...ruleSet([]), limits })]);
    expect(linked.map(({ index, limit: { name } }) => [index, name])).toEqual([
      [0, 'one'],
      [1, 'two'],
    ]);
    expect(slots.map(({ fact }) => fact)).toEqual(['a']);
    expect(linked.map((entry) => entry.applies([1]))).toEqual([HIT, NO_HIT]);
    expect(linked.map((entry) => entry.applies([undefined]))).toEqual([UNKNOWN, UNKNOWN]);
  });

  test('gives a thousand overlapping evaluations the states they have one by one', async () => {
    const cases = fc.sample(
      fc.tuple(anyRuleSet('unknown'), fc.array(anyFacts, { minLength: 40, maxLength: 40 })),
      25,
    );
    for (const [document, many] of cases) {
      const program = compileProgram([versionOf(document)]);
      const alone = many.map((facts) => [
        ...compileProgram([versionOf(document)]).evaluate(vectorOf(program, facts)),
      ]);
      const together = await Promise.all(
        many.map(async (facts, at) => {
          // Leaves and comes back at different moments, so that evaluations of one program interleave.
          for (let turn = at % 5; turn > 0; turn--) await Promise.resolve();
          const states = program.evaluate(vectorOf(program, facts));
          await Promise.resolve();
          return [...states];
        }),
      );
      expect(together).toEqual(alone);
    }
  });
});
