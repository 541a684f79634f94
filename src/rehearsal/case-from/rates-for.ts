import { currencyExponent } from '../../money/currencies.js';
import { toBaseMinor } from '../../money/rates.js';
import type { RuleSetDocument } from '../../rules/document/document.js';
import type { CaseFile } from '../case-file.js';
import { ratesOf, worldOf } from '../fixtures.js';
import type { StoredDecision } from './stored-decision.js';

/** An amount that was so much in the base currency, both in minor units. */
interface Converted {
  readonly minor: number;
  readonly baseMinor: number;
}

/**
 * The shortest rates that give the amount and the caps of limits as they were in base currency, by currency; none where what
 * the file says does, or where none can.
 */
export function ratesFor(
  stored: StoredDecision,
  documents: readonly RuleSetDocument[],
  file: CaseFile,
  base: string,
): Readonly<Record<string, string>> {
  const known = (rates: Readonly<Record<string, string>>) =>
    ratesOf(worldOf({ name: '', stream: [], baseCurrency: base, rates }, file));
  const found: Record<string, string> = {};
  for (const [currency, amounts] of converted(stored, documents)) {
    if (currency === base) continue;
    const fits = (rates: Readonly<Record<string, string>>): boolean =>
      amounts.every(({ minor, baseMinor }) => toBaseMinor(minor, currency, known(rates)) === baseMinor);
    if (fits({})) continue;
    const rate = candidates(currency, amounts, base).find((one) => fits({ [currency]: one }));
    if (rate !== undefined) found[currency] = rate;
  }
  return found;
}

/** What is known of each currency. A cap of nothing says nothing. */
function converted(
  { payment, baseMinor, limits, merchant }: StoredDecision,
  documents: readonly RuleSetDocument[],
): ReadonlyMap<string, readonly Converted[]> {
  const amounts = new Map<string, readonly Converted[]>();
  const note = (currency: string, one: Converted): void => {
    if (one.minor > 0 && one.baseMinor > 0) amounts.set(currency, [...(amounts.get(currency) ?? []), one]);
  };
  if (baseMinor !== undefined) note(payment.currency, { minor: payment.minor, baseMinor });
  for (const { ruleSet, limit, state, capMinor } of limits) {
    const of = documents.find(({ id }) => id === ruleSet)?.limits?.find(({ name }) => name === limit);
    if (of === undefined || state === 'unheld') continue;
    const factor = of.gradeFactors?.[merchant?.riskGrade ?? ''] ?? 1;
    note(of.cap.currency, { minor: of.cap.minor, baseMinor: Math.ceil(capMinor / factor - 1e-6) });
  }
  return amounts;
}

/** The largest amount tells the rate most exactly. */
function candidates(currency: string, amounts: readonly Converted[], base: string): readonly string[] {
  const [largest] = amounts.toSorted((a, b) => b.minor - a.minor);
  if (largest === undefined) return [];
  const unit = largest.minor * 10 ** ((currencyExponent(base) ?? 0) - (currencyExponent(currency) ?? 0));
  const rates = [4, 5, 6, 7, 8, 9, 10, 11, 12].map((decimals) =>
    (largest.baseMinor / unit).toFixed(decimals),
  );
  return rates.filter((rate) => Number(rate) > 0);
}
