import type { DecisionRecord } from '../../../src/decisions/record.js';

/** A decision record of realistic size. */
export function sampleRecord(change: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    schema: 2,
    id: '0123456789abcdefghjkmnpqrs',
    requestId: 'r-1',
    site: 'shop-es',
    log: 1,
    seq: 42,
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
        state: 'unknown',
        outcome: 'accept',
        reason: 'geo.mismatch',
        score: 10,
      },
    ],
    flags: ['degraded'],
    binding: { minor: 12_999, currency: 'EUR', instrument: 'c0ffee00c0ffee00' },
    eventTime: 1_767_225_600_123,
    decidedAt: 1_767_225_600_200,
    lapsesAt: 1_767_227_400_200,
    ruleSets: [
      { ruleSet: 'velocity', version: 3, hash: 'a'.repeat(64) },
      { ruleSet: 'geography', version: 1, hash: 'b'.repeat(64) },
      { ruleSet: 'lists', version: 7, hash: 'c'.repeat(64) },
    ],
    limits: [
      {
        ruleSet: 'limits',
        limit: 'account-day',
        counter: 'limits/account-day/1/2026-01-01',
        periodStart: 1_767_225_600_000,
        capMinor: 50_000,
        usedMinor: 12_000,
        reserved: true,
      },
    ],
    base: { minor: 14_071, currency: 'USD' },
    rateId: '2026-06',
    ...change,
  };
}
