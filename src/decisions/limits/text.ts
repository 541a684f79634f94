import { currencyExponent } from '../../money/currencies.js';
import { formatMinor } from '../../money/decimal.js';
import { exceeded } from './holds.js';
import type { DecisionRecord, LimitUse, UnheldLimit } from '../record.js';

/** What became of a limit, for people: `120.00 of 500.00 USD used before, held`. `base` as in the record. */
export function limitText(use: LimitUse, base: DecisionRecord['base']): string {
  if (use.state === 'unheld') return `could not be held: ${WHY[use.why](use)}`;
  const { minor, currency } = base ?? { minor: 0, currency: '' };
  const money = (amount: number): string => formatMinor(amount, currencyExponent(currency) ?? 0);
  const used = `${money(use.usedMinor)} of ${money(use.capMinor)} ${currency} used before`;
  const over = exceeded(use, minor);
  if (use.state === 'held') return `${used}, held${over ? ' beyond the cap' : ''}`;
  return `${used}, ${over ? 'no room' : 'not held, since another limit refused'}`;
}

const WHY: Readonly<Record<UnheldLimit['why'], (use: UnheldLimit) => string>> = {
  'input-missing': () => 'an input of its condition is missing',
  'condition-failed': () => 'its condition failed',
  'no-key': ({ lacks }) => `the payment has no ${lacks}`,
  'no-rate': ({ lacks }) => `no exchange rate for ${lacks === '' ? "the payment's currency" : lacks}`,
};
