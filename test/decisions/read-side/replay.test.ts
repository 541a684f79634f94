import { describe, expect, it } from 'vitest';
import { headlineOf } from '../../../src/decisions/read-side/decision-summary.js';
import { limitsOf } from '../../../src/decisions/read-side/limit-room.js';
import type { DecisionRecord } from '../../../src/decisions/record.js';
import { replay, type KeptDecision } from '../../../src/decisions/read-side/replay.js';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type { CumulativeLimit, Rule, RuleSetDocument } from '../../../src/rules/document/document.js';
import { layoutOf } from '../../../src/rules/versions/layout.js';
import type { Program } from '../../../src/rules/program.js';
import { sampleRecord } from '../../server/support/records.js';

function above(name: string, fact: string, value: number): Rule {
  return {
    name,
    conditions: { all: [{ fact, operator: 'greaterThan', value }] },
    event: { type: 'review', params: { reason: `why.${name}` } },
  };
}
function limit(name: string, fact: string): CumulativeLimit {
  return {
    name,
    when: { all: [{ fact, operator: 'greaterThan', value: 0 }] },
    by: ['card'],
    period: 'day',
    cap: { minor: 100, currency: 'USD' },
    reason: `limit.${name}`,
  };
}
function programOf(rules: readonly Rule[], limits: readonly CumulativeLimit[]): Program {
  const document: RuleSetDocument = { id: 'set', description: 'd', owner: 'o', rules, limits };
  return compileProgram([{ ruleSet: 'set', version: 1, hash: 'h', document }]);
}

const RULES = [above('low', 'a', 1), above('high', 'b', 1_000)];
const LIMITS = [limit('by-a', 'a'), limit('by-b', 'b')];
const PROGRAM = programOf(RULES, LIMITS);
const FACTS: Readonly<Record<string, number>> = { a: 5, b: 0 };

/** A decision that the program made of the facts; `low` hit, `by-a` counted it and had room. */
function kept(change: Partial<DecisionRecord> = {}): KeptDecision {
  const values = PROGRAM.slots.map(({ fact }) => FACTS[fact]);
  const { hits } = PROGRAM.verdict(PROGRAM.evaluate(values), 'possible');
  const held = { ruleSet: 'set', limit: 'by-a', periodStart: 0, refunds: 'keep', state: 'held' } as const;
  const record = sampleRecord({
    outcome: 'review',
    reasons: ['why.low'],
    hits,
    threeDs: 'none',
    flags: ['unknown-site'],
    base: { minor: 60, currency: 'USD' },
    limits: [{ ...held, counter: 'c', capMinor: 100, usedMinor: 40 }],
    ...change,
  });
  const layout = layoutOf(PROGRAM);
  const trace = {
    schema: 1,
    layout: layout.id,
    facts: values,
    missing: [],
    states: '10',
    limitStates: '10',
    seen: [],
    evaluationUs: 1,
  } as const;
  return { record, trace, layout, values };
}

describe('a replay', () => {
  it('comes out as it was decided', () => {
    const decision = kept();
    expect(replay(decision, PROGRAM)).toEqual({ replayed: decision.record, differences: [] });
  });

  it('names what of the record is not what the rules make of the facts', () => {
    const { replayed, differences } = replay(kept({ outcome: 'accept', reasons: [] }), PROGRAM);
    expect(replayed).toMatchObject({ outcome: 'review', reasons: ['why.low'] });
    expect(differences).toEqual([
      'outcome was "accept" and is "review"',
      'reasons was [] and is ["why.low"]',
    ]);
  });

  it('holds the limits to what they had: with less room it would have been refused', () => {
    const { limits } = kept().record;
    const full = limits.map((use) => ({ ...use, usedMinor: 41 }));
    expect(replay(kept({ limits: full }), PROGRAM).replayed).toMatchObject({
      outcome: 'reject',
      reasons: ['limit.by-a'],
    });
  });

  it('names rules and limits whose state was another', () => {
    const decision = kept();
    const trace = { ...decision.trace, states: '11', limitStates: '00' };
    expect(replay({ ...decision, trace }, PROGRAM).differences).toEqual([
      'rule set/high was hit and is no-hit',
      'limit set/by-a was no-hit and is hit',
    ]);
  });

  it('goes by names, not by places: another order of facts, rules and limits is no difference', () => {
    const turned = programOf(RULES.toReversed(), LIMITS.toReversed());
    expect(turned.slots.map(({ fact }) => fact)).toEqual(['b', 'a']);
    expect(replay(kept(), turned).differences).toEqual([]);
  });

  it('names rules and limits that were not there, or are no more', () => {
    const other = programOf(
      [above('low', 'a', 1), above('new', 'a', 1)],
      [limit('by-a', 'a'), limit('new', 'b')],
    );
    expect(replay(kept(), other).differences.filter((text) => !text.startsWith('hits'))).toEqual([
      'reasons was ["why.low"] and is ["why.low","why.new"]',
      'rule set/high was no-hit and is absent',
      'rule set/new was absent and is hit',
      'limit set/by-b was no-hit and is absent',
      'limit set/new was absent and is no-hit',
    ]);
  });
});

it('a summary says what became of the limits and how the decision is marked', () => {
  const { record } = kept();
  const unheld = { ruleSet: 'set', limit: 'by-b', periodStart: 0, refunds: 'keep', state: 'unheld' } as const;
  const limits = [...record.limits, { ...unheld, why: 'no-key', lacks: 'owner' } as const];
  const limitOf = PROGRAM.limitOf;
  expect(headlineOf(record, PROGRAM.versions)).toEqual(['review: why.low', 'marked unknown-site']);
  expect(limitsOf({ ...record, limits }, limitOf).map(({ text }) => text)).toEqual([
    'limit set/by-a: 0.40 of 1.00 USD used before, held; 0.00 USD left after this payment',
    'limit set/by-b: could not be held: the payment has no owner',
  ]);
});
