import { describe, expect, it } from 'vitest';
import {
  afterLimits,
  dueLimits,
  exceeded,
  heldLimit,
  unheldLimit,
  type LimitTerms,
} from '../../../src/decisions/limits/holds.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES } from '../../../src/facts/attributes.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import type { CumulativeLimit } from '../../../src/rules/document/document.js';
import { ERROR, HIT, NO_HIT, SKIPPED, UNKNOWN, type Outcome } from '../../../src/rules/outcome.js';
import type { ProgramLimit } from '../../../src/rules/program.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;

function limit(more: Partial<CumulativeLimit> = {}): CumulativeLimit {
  return {
    name: 'per-owner',
    when: { all: [] },
    by: ['owner'],
    period: 'day',
    cap: { minor: 100_000, currency: 'EUR' },
    reason: 'limit.owner',
    ...more,
  };
}

function program(...limits: CumulativeLimit[]): ProgramLimit[] {
  return limits.map((each, index) => ({ index, ruleSet: 'limits', limit: each, applies: () => HIT }));
}

function payment(more: { owner?: number; baseMinor?: number } = {}): StreamEvent {
  const attributes = ATTRIBUTES.map(() => 0);
  attributes[ATTRIBUTE_INDEX.owner] = more.owner ?? 7;
  return {
    log: 1,
    seq: 1,
    kind: 'payment',
    at: 5 * DAY + 1,
    knownAt: 5 * DAY + 1,
    paymentAt: 5 * DAY,
    minor: 100,
    baseMinor: more.baseMinor ?? 110,
    attributes,
  };
}

const terms: LimitTerms = {
  toBaseMinor: (minor, currency) => (currency === 'EUR' ? minor * 2 : undefined),
  zones: { site: 'Europe/Madrid', merchant: 'America/Lima' },
  riskGrade: 'B',
};

describe('dueLimits', () => {
  it('names one counter per rule set, limit, key and period, with the cap in base currency and graded', () => {
    const [due] = dueLimits(program(limit({ gradeFactors: { B: 0.5 } })), [HIT], payment(), terms);
    // 1970-01-06T00:00:00.001Z is the evening before in Lima.
    expect(due).toMatchObject({
      periodStart: 4 * DAY + 5 * HOUR,
      hold: {
        counter: 'limits/per-owner/7/1970-01-05',
        amount: 110,
        cap: 100_000,
        periodEnd: 5 * DAY + 5 * HOUR,
      },
    });
  });

  it.each([
    ['site', '1970-01-06'],
    ['Pacific/Honolulu', '1970-01-05'],
    ['merchant', '1970-01-05'],
  ])('goes by the clock that is named: %s', (zone, date) => {
    const [due] = dueLimits(program(limit({ zone })), [HIT], payment(), terms);
    expect(due?.hold?.counter).toBe(`limits/per-owner/7/${date}`);
  });

  it('counts what one owner takes on a date in one counter, whichever zone each shop is in', () => {
    const at = Date.parse('2026-03-02T06:00:00Z');
    const holdIn = (zone: string, ms = at, period: 'day' | 'month' = 'day') => {
      const zones = { site: 'UTC', merchant: zone };
      const one = { ...payment(), at: ms };
      const there = { ...terms, zones };
      return dueLimits(program(limit({ period })), [HIT], one, there)[0]?.hold;
    };
    const [lima, tokyo] = [holdIn('America/Lima'), holdIn('Asia/Tokyo')];
    expect([lima?.counter, tokyo?.counter]).toEqual([
      'limits/per-owner/7/2026-03-02',
      'limits/per-owner/7/2026-03-02',
    ]);
    // Each is kept until its own end of that date; stores keep the counter until the later one.
    expect(lima?.periodEnd).toBe(Date.parse('2026-03-03T05:00:00Z'));
    expect(tokyo?.periodEnd).toBe(Date.parse('2026-03-02T15:00:00Z'));
    // In Tokyo the next date begins while it still is the one before in Lima.
    expect(holdIn('Asia/Tokyo', Date.parse('2026-03-02T15:00:00Z'))?.counter).toContain('/2026-03-03');
    expect(holdIn('America/Lima', Date.parse('2026-03-02T15:00:00Z'))?.counter).toBe(lima?.counter);
    // A limit that becomes one of a month has other counters than it had by day.
    expect(holdIn('America/Lima', Date.parse('2026-03-01T12:00:00Z'), 'month')?.counter).toBe(
      'limits/per-owner/7/2026-03',
    );
  });

  it.each([
    [0.57, 10_000, 5_700],
    [1.1, 70_000, 77_000],
    [0.29, 100, 29],
    [1 / 3, 100, 33],
    [1e-7, 20_000_000, 2],
    [0, 100, 0],
    // Beyond the digits of a double too: never a minor unit above the product.
    [1.1, 3_000_000_000_000_004, 3_300_000_000_000_004],
    [0.9999999999999999, 9_007_199_254_740_990, 9_007_199_254_740_989],
    [1_000, 9_007_199_254_740_990, Number.MAX_SAFE_INTEGER],
  ])('grades by %d without losing a minor unit to binary fractions', (factor, capMinor, expected) => {
    const graded = limit({ cap: { minor: capMinor / 2, currency: 'EUR' }, gradeFactors: { B: factor } });
    expect(dueLimits(program(graded), [HIT], payment(), terms)[0]?.hold?.cap).toBe(expected);
  });

  it.each(['', 'Z', 'constructor'])(
    'leaves the cap as it is for the grade %j, that has no factor',
    (riskGrade) => {
      const graded = limit({ gradeFactors: { B: 0.5 } });
      const [due] = dueLimits(program(graded), [HIT], payment(), { ...terms, riskGrade });
      expect(due?.hold?.cap).toBe(200_000);
    },
  );

  it('leaves out limits that do not count the payment', () => {
    expect(dueLimits(program(limit(), limit({ name: 'b' })), [NO_HIT, SKIPPED], payment(), terms)).toEqual(
      [],
    );
  });

  it.each([
    ['an input was missing', [UNKNOWN], payment(), limit(), 'input-missing', ''],
    ['its condition failed', [ERROR], payment(), limit(), 'condition-failed', ''],
    ['the payment has no such key', [HIT], payment({ owner: 0 }), limit(), 'no-key', 'owner'],
    ['the amount has no rate', [HIT], payment({ baseMinor: Number.NaN }), limit(), 'no-rate', ''],
    [
      'the cap has no rate',
      [HIT],
      payment(),
      limit({ cap: { minor: 1, currency: 'XXX' } }),
      'no-rate',
      'XXX',
    ],
  ])('is due without a hold when %s, so that nothing escapes it', (_, states, event, one, why, lacks) => {
    const [due] = dueLimits(program(one), states, event, terms);
    expect(due).toMatchObject({ hold: undefined, unheld: { why, lacks } });
  });
});

describe('afterLimits', () => {
  const verdict = (outcome: Outcome) => ({ outcome, reasons: ['rule'], degraded: false });
  const use = (usedMinor: number, reserved: boolean, one = limit()) => {
    const due = dueLimits(program(one), [HIT], payment(), terms);
    const first = due[0];
    if (first?.hold === undefined) throw new Error('the limit can be held');
    return heldLimit(first, usedMinor, reserved);
  };
  const limitOf = () => limit();

  it.each(['accept', 'review', 'allow'] as const)('overrides %s when the cap would be passed', (outcome) => {
    expect(afterLimits(verdict(outcome), [use(199_900, false)], 110, limitOf)).toEqual({
      outcome: 'reject',
      reasons: ['limit.owner'],
      degraded: false,
    });
  });

  it('leaves reject and block as they are', () => {
    expect(afterLimits(verdict('block'), [use(199_900, false)], 110, limitOf).outcome).toBe('block');
  });

  it('believes a store that refused, whatever its figures say', () => {
    // The counter had room again by the time it was read.
    expect(afterLimits(verdict('accept'), [use(0, false)], 110, limitOf)).toMatchObject({
      outcome: 'reject',
      reasons: ['limit.owner'],
    });
    const asks = limit({ outcome: 'review' });
    expect(afterLimits(verdict('accept'), [use(0, false, asks)], 110, () => asks)).toEqual(verdict('accept'));
  });

  it('says nothing when room was reserved', () => {
    expect(afterLimits(verdict('accept'), [use(0, true)], 110, limitOf)).toEqual(verdict('accept'));
  });

  it('does not blame a limit that had room but was released because another had none', () => {
    const roomy = use(10, false);
    expect(exceeded(roomy, 110)).toBe(false);
    expect(exceeded(use(199_891, false), 110)).toBe(true);
    expect(exceeded(use(199_890, false), 110)).toBe(false);
  });

  it('refuses and marks degraded what could not be held at all', () => {
    const due = dueLimits(program(limit()), [UNKNOWN], payment(), terms)[0];
    if (due === undefined || due.hold !== undefined) throw new Error('the limit cannot be held');
    expect(afterLimits(verdict('accept'), [unheldLimit(due)], Number.NaN, limitOf)).toMatchObject({
      outcome: 'reject',
      degraded: true,
    });
  });

  it('takes the strictest of several', () => {
    const limits: Record<string, CumulativeLimit> = {
      a: limit({ name: 'a', outcome: 'review' }),
      b: limit({ name: 'b', outcome: 'block', reason: 'limit.b' }),
    };
    const uses = [use(200_000, false, limits['a']), use(200_000, false, limits['b'])];
    expect(afterLimits(verdict('accept'), uses, 110, (_, name) => limits[name])).toMatchObject({
      outcome: 'block',
      reasons: ['limit.b'],
    });
  });

  it.each([
    ['accept', ['limit.owner', 'rule']],
    ['review', ['limit.owner', 'rule']],
    ['allow', ['limit.owner']],
  ] as const)(
    'that asks for a review keeps the reasons of %s, but an overridden allow’s',
    (outcome, reasons) => {
      const asks = limit({ outcome: 'review' });
      expect(afterLimits(verdict(outcome), [use(200_000, true, asks)], 110, () => asks)).toMatchObject({
        outcome: 'review',
        reasons,
      });
    },
  );
});
