import { expect, test } from 'vitest';
import { ratesFor } from '../../src/rehearsal/case-from/rates-for.js';
import type { StoredDecision } from '../../src/rehearsal/case-from/stored-decision.js';
import type { CumulativeLimit, RuleSetDocument } from '../../src/rules/document/document.js';

const limit: CumulativeLimit = {
  name: 'day',
  when: { all: [] },
  by: ['card'],
  period: 'day',
  cap: { minor: 50_000, currency: 'EUR' },
  gradeFactors: { D: 0.57 },
  reason: 'x',
};
const documents = [{ id: 'a', description: 'd', owner: 'o', rules: [], limits: [limit] } as RuleSetDocument];

function rates(currency: string, baseMinor: number, capMinor: number, riskGrade?: 'D', file: object = {}) {
  const stored = {
    payment: { minor: 10_000, currency },
    baseMinor,
    limits: [{ ruleSet: 'a', limit: 'day', state: 'held', capMinor, usedMinor: 0 }],
    merchant: riskGrade === undefined ? undefined : { id: 'm', riskGrade },
  } as unknown as StoredDecision;
  return ratesFor(stored, documents, { cases: [], ...file }, 'USD');
}

test('no rate is written where what is known does', () => {
  expect(rates('USD', 10_000, 55_000)).toEqual({});
  expect(rates('EUR', 11_000, 55_000)).toEqual({});
  expect(rates('EUR', 11_700, 58_500, undefined, { rates: { EUR: '1.17' } })).toEqual({});
});

test('the cap of a limit tells the rate of its currency, beside that of the payment', () => {
  expect(rates('USD', 10_000, 58_510)).toEqual({ EUR: '1.1702' });
  expect(rates('GBP', 13_488, 58_510)).toEqual({ EUR: '1.1702', GBP: '1.3488' });
  expect(rates('EUR', 11_702, 58_510)).toEqual({ EUR: '1.1702' });
});

test('a cap that follows the risk grade does too', () => {
  expect(rates('USD', 10_000, Math.floor(58_510 * 0.57), 'D')).toEqual({ EUR: '1.17018' });
});
