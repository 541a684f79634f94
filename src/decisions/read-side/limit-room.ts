import { currencyExponent } from '../../money/currencies.js';
import { formatMinor } from '../../money/decimal.js';
import type { CumulativeLimit } from '../../rules/document/document.js';
import { exceeded } from '../limits/holds.js';
import { limitText } from '../limits/text.js';
import type { LimitExplanation } from '../explanation.js';
import type { DecisionRecord } from '../record.js';

/** What became of each limit that counted a payment, and what room it left. */
export function limitsOf(
  { limits, base }: DecisionRecord,
  limitOf: (ruleSet: string, name: string) => CumulativeLimit | undefined,
): LimitExplanation[] {
  return limits.map((use) => {
    const { ruleSet, limit: name } = use;
    const limit = limitOf(ruleSet, name);
    const roomLeft =
      use.state === 'unheld' || base === null ? undefined : use.capMinor - use.usedMinor - base.minor;
    const over = exceeded(use, base?.minor ?? Number.NaN);
    return {
      use,
      description: limit?.description ?? '',
      roomLeft,
      asks: over ? (limit?.outcome ?? 'reject') : undefined,
      text: `limit ${ruleSet}/${name}: ${limitText(use, base)}${roomText(roomLeft, base)}`,
    };
  });
}

function roomText(roomLeft: number | undefined, base: DecisionRecord['base']): string {
  if (roomLeft === undefined || base === null) return '';
  const { currency } = base;
  const amount = `${formatMinor(Math.abs(roomLeft), currencyExponent(currency) ?? 0)} ${currency}`;
  return roomLeft < 0 ? `; ${amount} too much` : `; ${amount} left after this payment`;
}
