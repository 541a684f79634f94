import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type { Condition, FactParams } from '../../../src/rules/document/document.js';
import { explainRule } from '../../../src/rules/explain/explain.js';
import type { ConditionExplanation } from '../../../src/rules/explain/explanation.js';
import { RULE_STATES } from '../../../src/rules/outcome.js';
import type { FactValue } from '../../../src/rules/program.js';
import { slotKey } from '../../../src/rules/document/resolve.js';
import { anyFacts, anyRuleSet, ruleSet, vectorOf, versionOf, type Facts } from '../arbitraries.js';
import { reference, type ReferenceNode } from '../reference.js';

const STATE_OF = {
  true: 'hit',
  false: 'no-hit',
  unknown: 'unknown',
  error: 'error',
  skipped: 'skipped',
} as const;

function valueIn(facts: Facts) {
  return (fact: string, params: FactParams | undefined): FactValue => facts.get(slotKey(fact, params));
}

/** The results of all conditions; those that json-rules-engine does not evaluate have none. Named ones are merged into their reference there. */
function ours({ kind, result, children, actual, expected }: ConditionExplanation): unknown {
  if (kind === 'condition' && result !== 'skipped') return ours(children[0] as ConditionExplanation);
  if (result === 'skipped') return 'skipped';
  if (kind === 'test') return { result, actual, expected };
  return { result, children: children.map(ours) };
}

function theirs(node: ReferenceNode, root = false, hit = false): unknown {
  const children = node.any ?? node.all ?? (node.not === undefined ? undefined : [node.not]);
  // The root's result is the rule's.
  const result = root && node.result === undefined ? hit : node.result;
  if (result === undefined) return 'skipped';
  if (children === undefined) {
    return { result: String(result), actual: node.factResult, expected: node.valueResult };
  }
  return { result: String(result), children: children.map((child) => theirs(child)) };
}

/** With one value that is missing or hard to compare out of the way. */
function explainOne(
  condition: Condition,
  values: Record<string, FactValue>,
  missing?: 'as-undefined',
): ConditionExplanation {
  const set = ruleSet([condition], {}, missing ?? 'unknown');
  return explainRule(condition, set, (fact) => values[fact]);
}

describe('explainRule', () => {
  test('gives every condition the result that json-rules-engine gives it', async () => {
    await fc.assert(
      fc.asyncProperty(anyRuleSet('as-undefined'), anyFacts, async (document, facts) => {
        const expected = await reference(document, facts);
        document.rules.forEach((rule, at) => {
          const theirResult = expected[at];
          const explained = explainRule(rule.conditions, document, valueIn(facts));
          if (theirResult === undefined) expect(explained.result).toBe('error');
          else expect(ours(explained)).toEqual(theirs(theirResult.conditions, true, theirResult.hit));
        });
      }),
      { numRuns: 3000 },
    );
  });

  test('ends as the compiled rule does', () => {
    fc.assert(
      fc.property(anyRuleSet('unknown'), anyFacts, (document, facts) => {
        const program = compileProgram([versionOf(document)]);
        const states = [...program.evaluate(vectorOf(program, facts))].map((state) => RULE_STATES[state]);
        const explained = document.rules.map(
          (rule) => STATE_OF[explainRule(rule.conditions, document, valueIn(facts)).result],
        );
        expect(explained).toEqual(states);
      }),
      { numRuns: 3000 },
    );
  });

  test('says for people what was needed, what was there and what is lacking', () => {
    const params = { fn: 'count', events: 'payment', by: 'card', window: '1h' };
    const condition: Condition = {
      all: [{ fact: 'velocity', params, operator: 'greaterThanInclusive', value: 5 }],
    };
    const [short] = explainOne(condition, { velocity: 3 }).children;
    expect(short?.text).toBe('velocity count of payment by card in 1h: 3, needs at least 5: false, 2 short');
    expect(explainOne(condition, { velocity: 7 }).children[0]?.text).toBe(
      'velocity count of payment by card in 1h: 7, needs at least 5: true',
    );
    expect(explainOne(condition, {}).children[0]?.text).toBe(
      'velocity count of payment by card in 1h: missing, needs at least 5: unknown',
    );
  });

  test('names the parts of a ratio', () => {
    const of = [
      { fn: 'count', events: 'declined', clock: 'payment' },
      { fn: 'distinct', of: 'card' },
    ];
    const params = { fn: 'ratio', of, by: ['bin', 'site'], window: '30m' };
    const condition: Condition = { all: [{ fact: 'velocity', params, operator: 'lessThan', value: 1 }] };
    expect(explainOne(condition, { velocity: 0.5 }).children[0]?.text).toBe(
      'velocity ratio of (count of declined, clock payment) to (distinct of card) by bin+site in 30m: 0.5, needs less than 1: true',
    );
  });

  test('a group tells which condition settled it', () => {
    const condition: Condition = {
      all: [
        { fact: 'a', operator: 'equal', value: 'x' },
        { fact: 'b', operator: 'in', value: ['FR', 'DE'] },
      ],
    };
    expect(explainOne(condition, { a: 'x', b: 'US' }).text).toBe(
      'not all of 2: b: US, needs one of [FR, DE]: false',
    );
    expect(explainOne(condition, { a: 'x' }).text).toContain('cannot tell: b: missing');
  });

  test('what another branch had settled is marked as not needed', () => {
    const condition: Condition = {
      any: [
        { fact: 'a', operator: 'equal', value: 1, priority: 9 },
        { fact: 'b', operator: 'equal', value: 1 },
      ],
    };
    const { result, children } = explainOne(condition, { a: 1 });
    expect([result, ...children.map((child) => child.result)]).toEqual(['true', 'true', 'skipped']);
  });

  test('tells why a condition failed', () => {
    const condition: Condition = { all: [{ fact: 'a', operator: 'in', value: { fact: 'b' } }] };
    const { result, children } = explainOne(condition, { a: 1, b: 2 });
    expect(result).toBe('error');
    expect(children[0]?.text).toBe('a: 1, needs one of b (2): error (in needs a list)');
  });
});
