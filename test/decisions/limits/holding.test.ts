import { expect, it } from 'vitest';
import { holdingOf, storedHolding } from '../../../src/decisions/limits/holding.js';
import type { LimitUse } from '../../../src/decisions/record.js';
import { sampleRecord } from '../../server/support/records.js';

const COUNTED = { ruleSet: 'limits', periodStart: 0, refunds: 'keep' } as const;
const HELD: LimitUse = { ...COUNTED, limit: 'a', state: 'held', counter: 'c', capMinor: 9, usedMinor: 1 };
const REFUSED: LimitUse = { ...HELD, limit: 'b', state: 'refused' };
const UNHELD: LimitUse = { ...COUNTED, limit: 'c', state: 'unheld', why: 'no-rate', lacks: '' };

it.each([
  ['what is held', [UNHELD, HELD], { baseMinor: 14_071, uses: [HELD] }],
  ['nothing where all refused', [REFUSED], undefined],
  ['nothing where none could be asked', [UNHELD], undefined],
  ['nothing where none counted it', [], undefined],
])('a decision holds %s, read back from the store too', (_, limits, holding) => {
  const record = sampleRecord({ limits });
  expect(holdingOf(record)).toEqual(holding);
  expect(storedHolding(JSON.stringify(record))).toEqual(holding);
});

it('what a caller writes into a record is not taken for a hold', () => {
  const record = sampleRecord({
    limits: [REFUSED],
    requestId: '"state":"held"',
    reasons: ['"state":"held"'],
  });
  expect(storedHolding(JSON.stringify(record))).toBeUndefined();
});
