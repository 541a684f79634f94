import fc from 'fast-check';
import { verdictOf } from '../../../src/rules/compile/verdict.js';
import type { RuleEventType, RuleSetDocument } from '../../../src/rules/document/document.js';
import { RULE_STATES, type ThreeDsDemand } from '../../../src/rules/outcome.js';
import type { Program } from '../../../src/rules/program.js';
import type { Judged } from '../../../src/rules/publish/shadow-difference.js';

/** A rule: its name is its reason. */
export type Wanted = readonly [name: string, type: RuleEventType, threeDs: ThreeDsDemand, score: number];

/** What matters here of a program: its rules, and what their states come to. */
export interface Small {
  readonly rules: Program['rules'];
  judge(states: readonly number[]): Judged;
}

/** A program of one rule set, `cards`. States that are not given are no hits. */
export function program(wanted: readonly Wanted[]): Small {
  const rules = wanted.map(([name, type, threeDs, score]) => ({
    name,
    conditions: { all: [] },
    event: { type, params: { reason: name, threeDs, score } },
  }));
  const document = { rules } as unknown as RuleSetDocument;
  const verdict = verdictOf([{ ruleSet: 'cards', version: 1, hash: '', document }]);
  return {
    rules: rules.map((rule, index) => ({ index, ruleSet: 'cards', rule })),
    judge(states) {
      const vector = Uint8Array.from(rules, (_, place) => states[place] ?? 0);
      return { states: vector, verdict: verdict(vector, 'possible') };
    },
  };
}

/** What rules a small program has; few names, so that two share some. */
export const wanted: fc.Arbitrary<Wanted[]> = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    fc.constantFrom<RuleEventType[]>('accept', 'review', 'reject', 'allow', 'block', 'score'),
    fc.constantFrom<ThreeDsDemand[]>('none', 'request', 'challenge', 'mandate'),
    fc.constantFrom(0, 0, 10),
  ),
  { selector: ([name]) => name, maxLength: 5 },
);
/** States of a small program’s rules. */
export const states = fc.array(fc.nat(RULE_STATES.length - 1), { maxLength: 5 });
