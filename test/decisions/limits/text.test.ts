import { expect, it } from 'vitest';
import { limitText } from '../../../src/decisions/limits/text.js';
import type { LimitUse } from '../../../src/decisions/record.js';

const COUNTED = { ruleSet: 'limits', limit: 'owner-day', periodStart: 0, refunds: 'keep' } as const;
const BASE = { minor: 9_000, currency: 'USD' };

function asked(state: 'held' | 'refused', usedMinor: number): LimitUse {
  return { ...COUNTED, state, counter: 'c', capMinor: 100_000, usedMinor };
}

it.each([
  ['held', 12_050, '120.50 of 1000.00 USD used before, held'],
  ['held', 95_000, '950.00 of 1000.00 USD used before, held beyond the cap'],
  ['refused', 95_000, '950.00 of 1000.00 USD used before, no room'],
  ['refused', 12_050, '120.50 of 1000.00 USD used before, not held, since another limit refused'],
] as const)('a limit that was asked for room is %s with %i used', (state, used, text) => {
  expect(limitText(asked(state, used), BASE)).toBe(text);
});

it('writes amounts with the decimals of their currency', () => {
  expect(limitText(asked('held', 500), { minor: 1, currency: 'JPY' })).toBe(
    '500 of 100000 JPY used before, held',
  );
});

it.each([
  ['input-missing', '', 'could not be held: an input of its condition is missing'],
  ['condition-failed', '', 'could not be held: its condition failed'],
  ['no-key', 'owner', 'could not be held: the payment has no owner'],
  ['no-rate', 'BTN', 'could not be held: no exchange rate for BTN'],
  ['no-rate', '', "could not be held: no exchange rate for the payment's currency"],
] as const)('a limit that could not be asked for room says why: %s %s', (why, lacks, text) => {
  expect(limitText({ ...COUNTED, state: 'unheld', why, lacks }, null)).toBe(text);
});
