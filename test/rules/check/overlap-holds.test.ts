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
import { slotKey } from '../../../src/rules/document/resolve.js';
import { AUTHENTICATIONS, OUTCOMES, THREE_DS_DEMANDS } from '../../../src/rules/outcome.js';
import type { FactValue } from '../../../src/rules/program.js';
import { runs } from '../../support/runs.js';
import { versionOf } from '../arbitraries.js';
import { threeValued } from '../oracle.js';
import { CATALOGUE } from '../small-catalogue.js';
import { conditionOf } from './drawn.js';
import { rule, set } from './overlap-rules.js';

/* What is said has to be true: held against the oracle and the verdict. */

const VALUES: Readonly<Record<string, readonly FactValue[]>> = {
  amount: [undefined, 0, 1, 1.5, 2, 3, 4],
  pieces: [undefined, 0, 1, 2, 3],
  kind: [undefined, 'card', 'voucher', 'transfer'],
  guest: [undefined, true, false],
  skus: [undefined, [], ['a'], ['a', 'b']],
};
const WINDOWS = ['30s', '1m', '1h'];
const NAMES = Object.keys(VALUES);

const anyCount: fc.Arbitrary<Condition> = fc.record({
  fact: fc.constant('velocity'),
  params: fc.record({ by: fc.constant('card'), window: fc.constantFrom(...WINDOWS) }),
  operator: fc.constantFrom('lessThan', 'greaterThanInclusive', 'equal', 'not:lessThan'),
  value: fc.constantFrom(1, 2, 3),
});
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
      'swap:lessThan',
    ),
    value: fc.constantFrom(1, 2, 3),
  }),
  anyCount,
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
const anyEvent = fc.record({
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
/** Rules about everything, or about little, so that they meet. */
const anyRules = fc.oneof(
  ...[anyTest, fc.oneof({ weight: 3, arbitrary: anyCount }, { weight: 1, arbitrary: anyTest })].map((tests) =>
    fc.array(fc.tuple(conditionOf(tests, { maxDepth: 2, minLength: 1, maxLength: 3 }), anyEvent), {
      minLength: 2,
      maxLength: 5,
    }),
  ),
);
const anySet = fc.tuple(anyRules, anyPolicy).map(([drawn, policy]) =>
  set(
    drawn.map(([condition, event], at) =>
      rule(`r${at}`, condition, {
        ...JSON.parse(JSON.stringify(event)),
        ...(event.type === 'score' ? { score: event.score ?? 5 } : {}),
      } as never),
    ),
    { policy, thresholds: [{ score: 5, outcome: 'reject', reason: 't', threeDs: 'challenge' }] },
  ),
);
/** Where nothing is known of windows. */
const WITHOUT_WINDOWS = new Map(
  [...CATALOGUE].map(([name, definition]) => [name, { ...definition, growth: () => undefined }]),
);
/** How often a card paid: never less over a longer window, and missing over all of them where there is no card. */
const counts = fc
  .option(fc.array(fc.nat(2), { minLength: 3, maxLength: 3 }), { nil: undefined })
  .map((more) => {
    let count = 0;
    return Object.fromEntries(
      WINDOWS.map((window, at) => [
        slotKey('velocity', { by: 'card', window }),
        more === undefined ? undefined : (count += more[at] ?? 0),
      ]),
    );
  });
const facts = fc
  .tuple(
    fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom(...(VALUES[name] ?? []))]))),
    counts,
  )
  .map(([values, counted]): Readonly<Record<string, FactValue>> => ({ ...values, ...counted }));

describe('what is said of a set is true', () => {
  test('a subsumed rule can go: outcome, 3-D Secure, exemption and scores stay, and the reasons where nothing is missing and none is said to be added', () => {
    const told = { nothing: 0, reason: 0, windows: 0 };
    fc.assert(
      fc.property(anySet, fc.array(facts, { minLength: 30, maxLength: 30 }), (document, many) => {
        const { findings, document: good } = checkRuleSet(document, { catalogue: CATALOGUE });
        if (good === undefined) return;
        const blind = checkRuleSet(document, { catalogue: WITHOUT_WINDOWS }).findings;
        const whole = compileProgram([versionOf(document)]);
        for (const { rule: name, message } of findings.filter(({ code }) => code === 'subsumed')) {
          const addsReason = message.endsWith('it only adds a reason');
          told[addsReason ? 'reason' : 'nothing'] += 1;
          if (!blind.some((one) => one.rule === name && one.code === 'subsumed')) told.windows += 1;
          const left = compileProgram([
            versionOf({ ...document, rules: document.rules.filter((one) => one.name !== name) }),
          ]);
          for (const values of many)
            for (const authentication of AUTHENTICATIONS) {
              const [before, after] = [whole, left].map((program) =>
                program.verdict(
                  program.evaluate(program.slots.map(({ key }) => values[key])),
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
              if (!before.degraded && !addsReason)
                expect(after.reasons.toSorted()).toEqual(before.reasons.toSorted());
            }
        }
      }),
      runs(700),
    );
    expect(told.nothing).toBeGreaterThan(10);
    expect(told.reason).toBeGreaterThan(10);
    expect(told.windows).toBeGreaterThan(10);
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
            const states = program.evaluate(program.slots.map(({ key }) => values[key]));
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
