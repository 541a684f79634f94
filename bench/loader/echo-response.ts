import type { ScreenResponse } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { toScreenResponse } from '../../src/server/grpc/convert/decision.js';
import { sampleRecord } from '../../test/server/support/records.js';

/** What a decision under the shipped rules looks like: two rules hit, seven sets took part, no limit was due. */
const RECORD = sampleRecord({
  site: 'shop-3',
  seq: 1_234_567,
  hits: sampleRecord().hits.map((hit) => ({ ...hit, state: 'hit', outcome: 'review' })),
  flags: [],
  ruleSets: ['abuse', 'bin-attack', 'geography', 'habits', 'limits', 'lists', 'velocity'].map(
    (ruleSet, index) => ({ ruleSet, version: 1, hash: index.toString(16).repeat(64) }),
  ),
  limits: [],
  rateId: '2026-06-sample',
});

/** The answer of the echo server. */
export function echoResponse(requestId: string): ScreenResponse {
  return toScreenResponse({ record: { ...RECORD, requestId }, repeated: false });
}
