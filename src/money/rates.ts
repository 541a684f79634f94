import { currencyExponent, isCurrency } from './currencies.js';
import { parseFraction } from './decimal.js';
import { fractionOf, multiply, type Fraction } from './fraction.js';

/** Exchange rates of one moment, ready for use. Immutable. */
export interface Rates {
  /** Names the table in decision records. */
  readonly id: string;
  /** ISO 4217 code of the base currency. */
  readonly base: string;
  /** ISO 8601 date or time the rates hold for. */
  readonly asOf: string;
  /** Base minor units per minor unit of a currency; holds the base currency too. */
  readonly factors: ReadonlyMap<string, Fraction>;
}

/** How reading a rate file ended. */
export type ParsedRates = { readonly ok: Rates } | { readonly problems: readonly string[] };

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const RATE = /^\d{1,12}(\.\d{1,12})?$/;
const FIELDS = new Set(['id', 'base', 'asOf', 'rates', 'note']);

/**
 * Reads a rate file, already parsed from JSON: `{id, base, asOf, rates: {EUR: "1.0825"}, note?}`, where a rate is a
 * decimal string: units of the base currency for one unit of the currency. All problems are named, not just the first.
 */
export function parseRates(file: unknown): ParsedRates {
  if (!isObject(file)) return { problems: ['a rate file is a JSON object'] };
  const problems: string[] = [];
  for (const name of Object.keys(file)) if (!FIELDS.has(name)) problems.push(`unknown field ${name}`);
  const { id, base, asOf, rates } = file as Record<'id' | 'base' | 'asOf' | 'rates', unknown>;
  if (typeof id !== 'string' || !ID.test(id)) problems.push('id: 1 to 64 of [A-Za-z0-9._-]');
  if (typeof asOf !== 'string' || !/^\d{4}-\d\d-\d\d/.test(asOf) || Number.isNaN(Date.parse(asOf)))
    problems.push('asOf: an ISO 8601 date or time');
  const baseExponent = typeof base === 'string' ? currencyExponent(base) : undefined;
  if (baseExponent === undefined) problems.push('base: an ISO 4217 currency code in capitals');
  const factors = new Map<string, Fraction>();
  if (!isObject(rates)) problems.push('rates: an object of currency code to decimal string');
  else
    for (const [currency, rate] of Object.entries(rates)) {
      const problem = rateProblem(currency, rate, base);
      if (problem !== undefined) problems.push(`rates.${currency}: ${problem}`);
      else if (baseExponent !== undefined)
        factors.set(currency, factorOf(currency, String(rate), baseExponent));
    }
  if (problems.length > 0) return { problems };
  factors.set(String(base), factorOf(String(base), '1', baseExponent ?? 0));
  return { ok: { id: String(id), base: String(base), asOf: String(asOf), factors } };
}

/**
 * An amount in minor units of the base currency, rounded half to even from the exact product. Undefined when there is
 * no rate or the result is no safe integer.
 */
export function toBaseMinor(minor: number, currency: string, rates: Rates): number | undefined {
  const factor = rates.factors.get(currency);
  if (factor === undefined) return undefined;
  const base = multiply(minor < 0 ? -minor : minor, factor, 'half-even');
  return base === undefined || minor >= 0 ? base : 0 - base;
}

function rateProblem(currency: string, rate: unknown, base: unknown): string | undefined {
  if (!isCurrency(currency)) return 'not an ISO 4217 currency code';
  if (typeof rate !== 'string' || !RATE.test(rate))
    return 'a decimal string with at most 12 digits before and after the point, for example "1.0825"';
  const fraction = parseFraction(rate);
  if (fraction === undefined) return 'must be above zero';
  if (currency === base && fraction.numerator !== 10n ** BigInt(fraction.scale))
    return 'the base currency is 1';
  return undefined;
}

function factorOf(currency: string, rate: string, baseExponent: number): Fraction {
  const { numerator, scale } = parseFraction(rate) ?? { numerator: 1n, scale: 0 };
  const decimals = BigInt(scale + (currencyExponent(currency) ?? 0));
  return fractionOf(numerator * 10n ** BigInt(baseExponent), 10n ** decimals);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
