import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterLapse,
  afterReport,
  changesOf,
  isOpen,
  newHoldState,
  type HoldState,
} from '../../../src/decisions/limits/hold-state.js';
import type { HoldReport } from '../../../src/decisions/ports.js';

type Step = HoldReport | 'lapse';

const START = newHoldState([{ counter: 'day', amount: 300, cap: 500, periodEnd: 1 }]);
const authorised = (at: number): HoldReport => ({ kind: 'made', at });
const declined: HoldReport = { kind: 'failed' };
const cancelled = (at: number): HoldReport => ({ kind: 'cancelled', at });
const refunded = (id: string, amount: number): HoldReport => ({
  kind: 'refunded',
  id,
  amount,
  counters: ['day'],
});

function after(steps: readonly Step[], from: HoldState = START): HoldState {
  return steps.reduce<HoldState>(
    (state, step) => (step === 'lapse' ? afterLapse(state) : afterReport(state, step)),
    from,
  );
}

/** What counts of 300. */
function counted(steps: readonly Step[]): number {
  return changesOf(START, after(steps)).reduce((sum, { by }) => sum + by, 300);
}

/** The table of docs/rules.md: what is reported, in the order it arrives, and what counts of 300 afterwards. */
const TABLE: readonly (readonly [string, readonly Step[], number])[] = [
  ['nothing yet', [], 300],
  ['lapsed', ['lapse'], 0],
  ['authorised', [authorised(1)], 300],
  ['authorised, lapsed', [authorised(1), 'lapse'], 300],
  ['declined', [declined], 0],
  ['declined, declined', [declined, declined], 0],
  ['declined, then a second attempt authorised', [declined, authorised(2)], 300],
  ['authorised, then a late decline of the first attempt', [authorised(2), declined], 300],
  ['the same, told twice', [declined, authorised(2), declined, authorised(2)], 300],
  ['cancelled', [cancelled(1)], 0],
  ['authorised, cancelled', [authorised(1), cancelled(2)], 0],
  ['cancelled, then the authorisation before it', [cancelled(2), authorised(1)], 0],
  ['authorised and cancelled at the same instant', [cancelled(1), authorised(1)], 0],
  ['authorised, cancelled, another attempt authorised', [authorised(1), cancelled(2), authorised(3)], 300],
  ['the same, shuffled', [authorised(3), authorised(1), cancelled(2)], 300],
  ['the same, and a decline', [authorised(3), cancelled(2), declined, authorised(1)], 300],
  ['authorised, cancelled, declined', [authorised(1), cancelled(2), declined], 0],
  ['authorised, refunded in part', [authorised(1), refunded('r', 100)], 200],
  ['refunded in part, then authorised', [refunded('r', 100), authorised(1)], 200],
  ['one refund told twice', [authorised(1), refunded('r', 100), refunded('r', 100)], 200],
  ['two refunds', [authorised(1), refunded('r', 100), refunded('s', 100)], 100],
  ['more refunded than paid', [authorised(1), refunded('r', 200), refunded('s', 200)], 0],
  ['refunded, cancelled', [authorised(1), refunded('r', 100), cancelled(2)], 0],
  ['lapsed, authorised', ['lapse', authorised(1)], 300],
  ['lapsed, declined', ['lapse', declined], 0],
  ['lapsed, cancelled', ['lapse', cancelled(1)], 0],
  ['lapsed, authorised, declined', ['lapse', authorised(1), declined], 300],
  ['lapsed, authorised, cancelled', ['lapse', authorised(1), cancelled(2)], 0],
  ['lapsed, cancelled, then the authorisation before it', ['lapse', cancelled(2), authorised(1)], 0],
  ['lapsed, refunded, authorised', ['lapse', refunded('r', 100), authorised(1)], 200],
];

describe('what counts of a hold', () => {
  it.each(TABLE)('%s', (_, steps, expected) => {
    expect(counted(steps)).toBe(expected);
  });

  it('is the same in whatever order, and however often, the same things are reported', () => {
    const step = fc.constantFrom<Step>(
      ...[1, 3].map(authorised),
      declined,
      cancelled(2),
      refunded('r', 100),
      refunded('s', 250),
      'lapse',
    );
    const orders = fc
      .array(step, { maxLength: 7 })
      .chain((steps) =>
        fc.tuple(
          fc.constant(steps),
          fc.shuffledSubarray([...steps, ...steps], { minLength: steps.length * 2 }),
        ),
      );
    fc.assert(
      fc.property(orders, ([steps, again]) => {
        expect(counted(again)).toBe(counted(steps));
      }),
      { numRuns: 2_000 },
    );
  });

  it('waits no more once it was made or has lapsed', () => {
    expect(isOpen(START)).toBe(true);
    expect(isOpen(after([declined]))).toBe(true);
    expect(isOpen(after([authorised(1)]))).toBe(false);
    expect(isOpen(after(['lapse']))).toBe(false);
    expect(isOpen(after(['lapse', authorised(1)]))).toBe(false);
  });
});
