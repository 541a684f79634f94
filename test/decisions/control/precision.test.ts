import { describe, expect, it } from 'vitest';
import type { ControlLot } from '../../../src/decisions/control/control-lot.js';
import { endingOf, PrecisionTally } from '../../../src/decisions/control/precision.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES, type StreamKind } from '../../../src/facts/attributes.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import { createRandom } from '../../../src/simulate/random.js';
import { sampleRecord } from '../../server/support/records.js';

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const hash = (attribute: string, value: string): number =>
  Array.from(`${attribute} ${value}`).reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003,
    7,
  );

function event(kind: StreamKind, payment: number, label = '', knownAt = NOW - 10 * DAY): StreamEvent {
  const attributes = ATTRIBUTES.map(() => 0);
  attributes[ATTRIBUTE_INDEX.payment] = payment;
  if (label !== '') attributes[ATTRIBUTE_INDEX.label] = hash('label', label);
  const at = NOW - 20 * DAY;
  return { log: 1, seq: 1, kind, at, knownAt, paymentAt: at, baseMinor: 1, minor: 1, attributes };
}

describe('how a payment that was let go has ended', () => {
  const payment = event('payment', 7);
  const of = (events: readonly StreamEvent[], maturityDays = 60): string =>
    endingOf(payment, events, { now: NOW, maturityMs: maturityDays * DAY, hash });

  it('is open until it is old enough', () => {
    expect(of([payment, event('captured', 7)])).toBe('open');
    expect(of([payment, event('captured', 7)], 20)).toBe('good');
  });

  it.each(['chargeback', 'fraud-warning', 'refund-claimed'] as const)('is bad after a %s', (kind) => {
    expect(of([payment, event(kind, 7)], 20)).toBe('bad');
    expect(of([payment, event(kind, 8)], 20)).toBe('good');
  });

  it.each(['declined', 'abandoned', 'cancelled'] as const)('is none where it was %s', (kind) => {
    expect(of([payment, event(kind, 7)])).toBe('open');
    expect(of([payment, event(kind, 7)], 20)).toBe('unmade');
    expect(of([payment, event(kind, 8)], 20)).toBe('good');
    expect(of([event(kind, 7), event('chargeback', 7)], 20)).toBe('bad');
    expect(of([event(kind, 7), event('label', 7, 'good')], 20)).toBe('good');
    // Another attempt made it.
    expect(of([event(kind, 7), event('captured', 7)], 20)).toBe('good');
  });

  it('is none where it was authorised and cancelled since, or given up before', () => {
    const at = (kind: StreamKind, day: number) => ({ ...event(kind, 7), at: NOW - day * DAY });
    expect(of([at('authorised', 19), at('cancelled', 18)], 20)).toBe('unmade');
    expect(of([at('authorised', 18), at('cancelled', 18)], 20)).toBe('unmade');
    expect(of([at('cancelled', 19), at('authorised', 18)], 20)).toBe('good');
    expect(of([at('declined', 19), at('authorised', 18)], 20)).toBe('good');
  });

  it('is none where the payer did not pass 3-D Secure', () => {
    const result = (status: string): StreamEvent => {
      const one = event('three-ds-result', 7);
      const attributes = one.attributes.slice();
      attributes[ATTRIBUTE_INDEX.threeDs] = hash('threeDs', status);
      return { ...one, attributes };
    };
    for (const status of ['failed', 'rejected', 'abandoned']) expect(of([result(status)], 20)).toBe('unmade');
    expect(of([result('authenticated')], 20)).toBe('good');
    expect(of([result('failed'), event('authorised', 7)], 20)).toBe('good');
  });

  it('is what its last label says', () => {
    const good = event('label', 7, 'good', NOW - 5 * DAY);
    expect(of([event('label', 7, 'fraud')])).toBe('bad');
    expect(of([good, event('label', 7, 'fraud'), event('chargeback', 7)])).toBe('good');
    expect(of([event('label', 7, 'fraud', NOW - 4 * DAY), good])).toBe('bad');
  });
});

describe('the precision of a rule', () => {
  const lot = (more: Partial<ControlLot> = {}): ControlLot => ({
    ruleSet: 'strict',
    rule: 'stop',
    share: 0.05,
    draw: 0.01,
    drawn: true,
    letGo: true,
    letGoTo: 'three-ds',
    ...more,
  });
  const tallyOf = (): PrecisionTally => new PrecisionTally({ ruleSet: 'strict', rule: 'stop' });

  it('counts what the rule stopped, what could be let go, and what was', () => {
    const tally = tallyOf();
    const undrawn = { drawn: false, letGo: false };
    for (const [outcome, control] of [
      ['reject', undefined],
      ['accept', undefined],
      ['reject', lot(undrawn)],
      ['reject', lot({ letGo: false, cap: 'full' })],
      ['reject', lot()],
      ['review', lot()],
      ['review', lot({ rule: 'other' })],
    ] as const) {
      const ended = tally.add(sampleRecord({ outcome, control }));
      if (ended !== undefined) tally.end(ended, 'open');
    }
    expect(tally.result(0.05)).toMatchObject({
      hits: 7,
      stopped: 5,
      eligible: 4,
      drawn: 3,
      capFull: 1,
      letGo: 1,
      open: 1,
      precision: undefined,
      low: 0,
      high: 1,
    });
  });

  it('is of payments that were made: of the others nothing is learnt', () => {
    const tally = tallyOf();
    for (const ending of ['bad', 'unmade', 'unmade', 'good', 'unmade'] as const) {
      const ended = tally.add(sampleRecord({ outcome: 'review', control: lot() }));
      if (ended !== undefined) tally.end(ended, ending);
    }
    expect(tally.result(0.05)).toMatchObject({ letGo: 5, bad: 1, good: 1, unmade: 3, precision: 0.5 });
  });

  it.each([
    ['the share stays', [0.05], 0.15],
    ['it is lowered step by step', [0.1, 0.08, 0.06, 0.05], 0.15],
    ['it is raised at last', [0.01, 0.01, 0.1], 0.25],
  ])(
    'is known within its interval, nineteen times in twenty, also where payers try again and %s',
    (_, shares, near) => {
      const random = createRandom(11, 'precision');
      const truth = 0.7;
      const worlds = 150;
      let held = 0;
      let within = 0;
      for (let world = 0; world < worlds; world++) {
        const tally = tallyOf();
        for (let payer = 0; payer < 2000; payer++) {
          const draw = random.next();
          const bad = random.chance(truth);
          // Good payers and bad ones try equally often, each payer's payments end alike.
          for (let tries = random.between(1, 4) * shares.length; tries > 0; tries--) {
            const share = shares[tries % shares.length] ?? 0;
            const drawn = draw < share;
            const control = lot({ share, draw, drawn, letGo: drawn });
            const ended = tally.add(sampleRecord({ outcome: drawn ? 'review' : 'reject', control }));
            if (ended !== undefined) tally.end(ended, bad ? 'bad' : 'good');
          }
        }
        const { precision = -1, low, high } = tally.result(0.05);
        if (low <= truth && truth <= high) held += 1;
        if (Math.abs(precision - truth) < near) within += 1;
      }
      expect(held / worlds).toBeGreaterThan(0.91);
      expect(within / worlds).toBeGreaterThan(0.98);
    },
  );
});
