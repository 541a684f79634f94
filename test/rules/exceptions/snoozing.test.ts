import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import { strongerDemand } from '../../../src/rules/outcome.js';
import type { Program } from '../../../src/rules/program.js';
import type { Rule, RuleSetDocument } from '../../../src/rules/document/document.js';
import type { Snooze } from '../../../src/rules/exceptions/snooze.js';
import { snoozedText, snoozedVerdict, verdictAsSnoozed } from '../../../src/rules/exceptions/snoozing.js';
import { wanted, states as someStates, type Wanted } from '../publish/small-program.js';

function ruleOf([name, type, threeDs, score]: Wanted, conditions: Rule['conditions'], enabled = true): Rule {
  return { name, enabled, conditions, event: { type, params: { reason: name, threeDs, score } } };
}

const ANY: Rule['conditions'] = { all: [{ fact: 'a', operator: 'equal', value: 1 }] };

function program(rules: readonly Rule[], more: Partial<RuleSetDocument> = {}): Program {
  const document: RuleSetDocument = { id: 'cards', description: 'd', owner: 'o', rules, ...more };
  return compileProgram([{ ruleSet: 'cards', version: 1, hash: '', document }]);
}

function snooze(rule: string, id = 's-1'): Snooze {
  const about = { ruleSet: 'cards', rule, scope: 'all' } as const;
  return { id, ...about, from: 0, until: 1_800_000_000_000, reason: 'a sale', actor: 'ann', at: 0 };
}

const none = (): boolean => false;
const vector = ({ rules }: Program, given: readonly number[]): Uint8Array =>
  Uint8Array.from(rules, (_, place) => given[place] ?? 0);

describe('a snoozed rule', () => {
  it('is heard as if it were not there, but that a mandate stays', () => {
    fc.assert(
      fc.property(wanted, someStates, fc.constantFrom('a', 'b', 'c', ''), (rules, given, name) => {
        const thresholds = [
          { score: 10, outcome: 'review', reason: 'ten' },
          { score: 20, outcome: 'reject', reason: 'twenty', threeDs: 'mandate' },
        ] as const;
        const all = program(
          rules.map((rule) => ruleOf(rule, ANY)),
          { thresholds },
        );
        const states = vector(all, given);
        const full = all.verdict(states, 'possible');
        const left = states.map((state, place) =>
          name === '' || all.rules[place]?.rule.name === name ? 4 : state,
        );
        const expected = all.verdict(left, 'possible');
        const found = snoozedVerdict(all, states, 'possible', [snooze(name)], none);
        const { verdict, snoozed } = found ?? { verdict: full, snoozed: [] };
        expect(verdict.outcome).toBe(expected.outcome);
        expect(verdict.hits).toEqual(expected.hits);
        const mandated = full.threeDs === 'mandate' ? 'mandate' : 'none';
        expect(verdict.threeDs).toBe(strongerDemand(expected.threeDs, mandated));
        if (verdict.threeDs === 'mandate') expect(verdict.exemption).toBe('none');
        // All that was heard is still heard, or told.
        expect([...verdict.hits, ...snoozed].map(({ rule }) => rule).toSorted()).toEqual(
          full.hits.map(({ rule }) => rule).toSorted(),
        );
        // A record replays by what it says, whatever has become of the snooze.
        expect(verdictAsSnoozed(all, states, 'possible', snoozed)).toEqual({ verdict, snoozed });
      }),
    );
  });

  it('tells what it would have asked for, until when, by whom and why', () => {
    const all = program([ruleOf(['stop', 'reject', 'none', 0], ANY)]);
    const found = snoozedVerdict(all, Uint8Array.of(1), 'possible', [snooze('stop')], none);
    expect(found?.verdict).toMatchObject({ outcome: 'accept', reasons: [], hits: [] });
    expect(found?.snoozed).toEqual([
      {
        ruleSet: 'cards',
        rule: 'stop',
        state: 'hit',
        outcome: 'reject',
        snooze: 's-1',
        until: 1_800_000_000_000,
        actor: 'ann',
        reason: 'a sale',
      },
    ]);
    expect(snoozedText(found!.snoozed[0]!)).toBe(
      'cards/stop would have asked for reject; snoozed until 2027-01-15T08:00:00Z by ann because: a sale',
    );
  });

  it('says nothing where it would not have been heard', () => {
    const all = program([ruleOf(['stop', 'reject', 'none', 0], ANY)]);
    for (const state of [0, 4])
      expect(snoozedVerdict(all, Uint8Array.of(state), 'possible', [snooze('stop')], none)).toBeUndefined();
    expect(snoozedVerdict(all, Uint8Array.of(1), 'possible', [snooze('other')], none)).toBeUndefined();
  });

  it('is told once, by the first snooze that covers it', () => {
    const all = program([ruleOf(['stop', 'reject', 'none', 0], ANY)]);
    const two = [snooze('stop', 'first'), snooze('', 'second')];
    const found = snoozedVerdict(all, Uint8Array.of(1), 'possible', two, none);
    expect(found?.snoozed.map((one) => one.snooze)).toEqual(['first']);
  });

  it('keeps the reason of its mandate', () => {
    const all = program([ruleOf(['by-law', 'reject', 'mandate', 0], ANY)]);
    const found = snoozedVerdict(all, Uint8Array.of(1), 'possible', [snooze('by-law')], none);
    expect(found?.verdict).toMatchObject({ outcome: 'accept', threeDs: 'mandate', reasons: ['by-law'] });
  });

  it('is heard all the same where it reads an embargo list, also through a named condition', () => {
    const list = { fact: 'list', params: { list: 'sanctions' }, operator: 'equal', value: true };
    const rules = [
      ruleOf(['direct', 'block', 'none', 0], { any: [list] }),
      ruleOf(['named', 'block', 'none', 0], { all: [{ not: { condition: 'on-list' } }] }),
      ruleOf(['compared', 'reject', 'none', 0], { all: [{ ...list, fact: 'a', params: {}, value: list }] }),
      ruleOf(['free', 'reject', 'none', 0], ANY),
    ];
    const all = program(rules, { conditions: { 'on-list': { all: [list] } } });
    const isEmbargo = (id: string): boolean => id === 'sanctions';
    const found = snoozedVerdict(all, Uint8Array.of(1, 1, 1, 1), 'possible', [snooze('')], isEmbargo);
    expect(found?.snoozed.map(({ rule }) => rule)).toEqual(['free']);
    expect(found?.verdict.hits.map(({ rule }) => rule)).toEqual(['direct', 'named', 'compared']);
  });
});
