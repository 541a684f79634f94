import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { printExplanation } from '../../src/cli/explanation-text.js';
import type { Host } from '../../src/cli/host.js';
import { createOutput } from '../../src/cli/output.js';
import { ExplainDecisionResponseSchema, RuleState } from '../../src/gen/tollgate/v1/decision_service_pb.js';

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
    let text = '';
    const host = { environment: {}, print: (more: string) => void (text += more) } as unknown as Host;
    printExplanation(createOutput(host, false), response, false);
    expect(text).toBe(
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
});
