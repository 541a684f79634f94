import type { DecisionRecord } from '../../src/decisions/record.js';
import type { ScreenResponse } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { toScreenResponse } from '../../src/server/grpc/convert/decision.js';

/** What a decision under the shipped rules looks like: two rules hit, seven sets took part, one limit was held to. */
const RECORD: DecisionRecord = {
  schema: 2,
  id: '0123456789abcdefghjkmnpqrs',
  requestId: '',
  site: 'shop-3',
  log: 1,
  seq: 1_234_567,
  outcome: 'review',
  threeDs: 'challenge',
  exemption: 'none',
  reasons: ['velocity.card', 'geo.mismatch'],
  hits: [
    {
      ruleSet: 'velocity',
      rule: 'card-hourly',
      state: 'hit',
      outcome: 'review',
      reason: 'velocity.card',
      score: 40,
    },
    {
      ruleSet: 'geography',
      rule: 'ip-issuer',
      state: 'hit',
      outcome: 'review',
      reason: 'geo.mismatch',
      score: 10,
    },
  ],
  flags: [],
  binding: { minor: 12_999, currency: 'EUR', instrument: '5f2a90d1c3e8471b' },
  eventTime: 1_767_225_600_123,
  decidedAt: 1_767_225_600_200,
  lapsesAt: 1_767_227_400_200,
  ruleSets: ['abuse', 'bin-attack', 'geography', 'habits', 'limits', 'lists', 'velocity'].map(
    (ruleSet, index) => ({
      ruleSet,
      version: 1,
      hash: index.toString(16).repeat(64),
    }),
  ),
  limits: [],
  base: { minor: 14_071, currency: 'USD' },
  rateId: '2026-06-sample',
};

/** The answer of the echo server. */
export function echoResponse(requestId: string): ScreenResponse {
  return toScreenResponse({ record: { ...RECORD, requestId }, repeated: false });
}
