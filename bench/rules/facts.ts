import { seeded } from '../support/random.js';

/** The facts of the benchmark: 31, as a payment's screening would know them. */
export interface BenchFacts {
  readonly kind: string | undefined;
  readonly amount: number | undefined;
  readonly currency: string | undefined;
  readonly items: number | undefined;
  readonly siteCountry: string | undefined;
  readonly grade: string | undefined;
  readonly instrument: string | undefined;
  readonly brand: string | undefined;
  readonly issuerCountry: string | undefined;
  readonly funding: string | undefined;
  readonly bin: string | undefined;
  readonly wallet: string | undefined;
  readonly guest: boolean | undefined;
  readonly emailDomain: string | undefined;
  readonly phoneCountry: string | undefined;
  readonly accountAge: number | undefined;
  readonly ipCountry: string | undefined;
  readonly billingCountry: string | undefined;
  readonly shippingCountry: string | undefined;
  readonly hour: number | undefined;
  readonly ipMismatch: boolean | undefined;
  readonly shipMismatch: boolean | undefined;
  readonly watched: boolean | undefined;
  readonly blocked: boolean | undefined;
  readonly card1h: number | undefined;
  readonly card24h: number | undefined;
  readonly email24h: number | undefined;
  readonly ip1h: number | undefined;
  readonly declines1h: number | undefined;
  readonly cardsPerEmail: number | undefined;
  readonly amountRatio: number | undefined;
}

/** Two-letter codes that stand for countries: `AA`, `AB`, … */
export const COUNTRIES: readonly string[] = Array.from(
  { length: 240 },
  (_, at) => String.fromCharCode(65 + Math.floor(at / 16)) + String.fromCharCode(65 + (at % 16)),
);
/** Made-up BINs. */
export const BINS: readonly string[] = Array.from({ length: 600 }, (_, at) => String(400_000 + at * 37));
/** Made-up e-mail domains. */
export const DOMAINS: readonly string[] = Array.from({ length: 500 }, (_, at) => `mail-${at}.example`);

/** Seeded payments, all of one object shape; `missing` is the share of facts that are not known. */
export function benchPayments(count: number, missing: number): readonly BenchFacts[] {
  const random = seeded(7);
  const known = <T>(value: T): T | undefined => (random() < missing ? undefined : value);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const small = (most: number): number => Math.floor(random() ** 4 * most);
  return Array.from({ length: count }, () => {
    const home = pick(COUNTRIES);
    const near = (): string => (random() < 0.85 ? home : pick(COUNTRIES));
    return {
      kind: random() < 0.95 ? 'payment' : 'card-check',
      amount: Math.floor(random() ** 3 * 100_000),
      currency: pick(['EUR', 'USD', 'GBP', 'BRL', 'RUB']),
      items: known(1 + small(20)),
      siteCountry: pick(COUNTRIES),
      grade: known(pick(['A', 'B', 'B', 'C', 'D', 'E'])),
      instrument: random() < 0.85 ? 'card' : 'local-method',
      brand: known(pick(['visa', 'mastercard', 'amex', 'jcb'])),
      issuerCountry: known(near()),
      funding: known(pick(['credit', 'credit', 'debit', 'prepaid'])),
      bin: known(pick(BINS)),
      wallet: known(pick(['none', 'none', 'apple', 'google'])),
      guest: random() < 0.3,
      emailDomain: known(pick(DOMAINS)),
      phoneCountry: known(near()),
      accountAge: known(small(2_000)),
      ipCountry: known(near()),
      billingCountry: known(near()),
      shippingCountry: known(near()),
      hour: Math.floor(random() * 24),
      ipMismatch: known(random() < 0.1),
      shipMismatch: known(random() < 0.1),
      watched: random() < 0.02,
      blocked: random() < 0.01,
      card1h: known(small(8)),
      card24h: known(small(20)),
      email24h: known(small(20)),
      ip1h: known(small(30)),
      declines1h: known(small(6)),
      cardsPerEmail: known(small(6)),
      amountRatio: known(random() ** 2 * 8),
    };
  });
}
