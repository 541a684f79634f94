import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { printExplanation } from '../../src/cli/explanation-text.js';
import type { Host } from '../../src/cli/host.js';
import { createOutput } from '../../src/cli/output.js';
import {
  ExplainDecisionResponseSchema,
  Outcome,
  RuleState,
  ThreeDsDemand,
  type ExplainDecisionResponse,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';

function printed(response: ExplainDecisionResponse, all: boolean, columns?: number): string {
  let text = '';
  const print = (more: string): void => void (text += more);
  const host = { environment: {}, print, columns } as unknown as Host;
  printExplanation(createOutput(host, false), response, all);
  return text;
}

describe('an explanation in words', () => {
  it('says the verdict, then each rule with its conditions as a tree, and nothing twice', () => {
    const response = create(ExplainDecisionResponseSchema, {
      summary: ['The payment is rejected.', 'burst hit, because all of: a, b.'],
      rules: [
        {
          ruleSet: 'velocity',
          rule: 'burst',
          state: RuleState.HIT,
          description: 'Many at once.',
          text: 'burst hit, because all of: a, b.',
          conditions: {
            kind: 'all',
            result: 'true',
            text: 'all of: a, b.',
            children: [
              { kind: 'leaf', result: 'true', text: 'count was 7, at least 3' },
              {
                kind: 'not',
                result: 'false',
                text: 'not: c',
                children: [{ kind: 'leaf', result: 'unknown', text: 'country is missing' }],
              },
              {
                kind: 'condition',
                name: 'proven',
                result: 'error',
                text: 'proven: d',
                children: [{ kind: 'leaf', result: 'skipped', text: 'd' }],
              },
            ],
          },
        },
      ],
    });
    expect(printed(response, false)).toBe(
      [
        'The payment is rejected.',
        '',
        'velocity/burst: hit',
        '  Many at once.',
        '  + all of 3:',
        '    + count was 7, at least 3',
        '    - not:',
        '      ? country is missing',
        '    ! proven:',
        '      . d',
        '',
      ].join('\n'),
    );
  });

  const told = create(ExplainDecisionResponseSchema, {
    decision: {
      id: '0123456789abcdefghjkmnpqrs',
      requestId: 'order-1',
      outcome: Outcome.ACCEPT,
      threeDs: ThreeDsDemand.NONE,
      binding: { site: 'es', amount: { minor: 2000n, currency: 'EUR' } },
      eventTime: timestampFromMs(0),
      decidedAt: timestampFromMs(1000),
    },
    headline: ['accept: no rule asked for more', '3-D Secure cannot run: paid with no card'],
    nearMisses: [
      {
        ruleSet: 'velocity',
        rule: 'card-day',
        asks: Outcome.REJECT,
        thenOutcome: Outcome.REJECT,
        thenThreeDs: ThreeDsDemand.NONE,
        changes: [
          {
            fact: 'velocity',
            paramsJson: '{"fn":"count"}',
            text: 'velocity was 14, needs at least 15: 1 more',
          },
        ],
      },
      {
        ruleSet: 'behaviour',
        rule: 'odd',
        score: 20,
        thenOutcome: Outcome.ACCEPT,
        thenThreeDs: ThreeDsDemand.NONE,
        changes: [
          { fact: 'a', text: 'a was 1' },
          { fact: 'b', text: 'b was 2' },
        ],
      },
    ],
    scores: [{ ruleSet: 'behaviour', score: 20, text: 'score of behaviour: 20; 10 short of 30 for accept' }],
    limits: [
      {
        use: { ruleSet: 'limits', limit: 'day' },
        text: 'limit limits/day: 1.00 of 5.00 USD used before, held',
      },
    ],
    facts: [
      { value: { fact: 'velocity', paramsJson: '{"fn":"count"}', valueJson: '14' }, sources: [0], ageMs: 0n },
      { value: { fact: 'far', valueJson: '0.123456789' }, sources: [1], ageMs: 7_200_000n, readBy: ['x/y'] },
    ],
    sources: [
      { origin: 'journal', text: 'all that was admitted' },
      { origin: 'rates', text: 'exchange rates r-1' },
    ],
    versions: [
      {
        ref: { ruleSet: 'velocity', version: 3 },
        stored: true,
        text: 'velocity v3 by ana on 2026-03-01; no approval',
      },
      {
        ref: { ruleSet: 'lists', version: 1 },
        stored: false,
        text: 'lists v1: not stored any more as it was',
      },
    ],
  });

  it('says what was decided first, then what would have been needed, limits, facts and versions', () => {
    expect(printed(told, false)).toBe(
      [
        'accept: no rule asked for more',
        '  3-D Secure cannot run: paid with no card',
        '',
        'decision       0123456789abcdefghjkmnpqrs',
        'request        es order-1, 20.00 EUR',
        'paid, decided  1970-01-01T00:00:00Z, 1970-01-01T00:00:01Z',
        '',
        'Scores',
        '  behaviour  20; 10 short of 30 for accept',
        '',
        'Nearly hit',
        '  velocity/card-day  velocity was 14, needs at least 15: 1 more (asks for reject; the decision then: reject)',
        '  behaviour/odd      a was 1; and b was 2 (asks for 20 points; the decision then: the same)',
        '',
        'Limits',
        '  limits/day  1.00 of 5.00 USD used before, held',
        '',
        'Facts',
        '  value  age  from     fact',
        '  14     now  journal  velocity (fn count)',
        '',
        'Sources',
        '  journal  all that was admitted',
        '',
        'Versions',
        '  velocity v3    by ana on 2026-03-01; no approval',
        '  no part in it  lists v1',
        '',
      ].join('\n'),
    );
  });

  it('with all, also what had no part in it', () => {
    const text = printed(told, true);
    expect(text).toContain('  0.123457  2 hours  rates    far');
    expect(text).toContain('  rates    exchange rates r-1');
    expect(text).toContain('  lists v1     not stored any more as it was');
  });

  it('fits the terminal', () => {
    for (const width of [60, 80]) {
      const lines = printed(told, true, width).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });
});
