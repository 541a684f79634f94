import type { Condition } from '../../src/rules/document/document.js';
import { BINS, COUNTRIES, DOMAINS, type BenchFacts } from './facts.js';

/** One rule twice: as a document, and as somebody would write it by hand for these very facts. */
export interface TwinRule {
  readonly conditions: Condition;
  readonly byHand: (f: BenchFacts) => boolean;
}

const RISKY = COUNTRIES.slice(0, 60);
const EMBARGO = COUNTRIES.slice(180, 230);
const FAR = COUNTRIES.slice(40, 200);
const BAD_BINS = BINS.slice(0, 300);
const PREPAID_BINS = BINS.slice(200, 400);
const DISPOSABLE = DOMAINS.slice(0, 250);
const FREE_MAIL = DOMAINS.slice(200, 300);

const risky = new Set<string | undefined>(RISKY);
const embargo = new Set<string | undefined>(EMBARGO);
const far = new Set<string | undefined>(FAR);
const badBins = new Set<string | undefined>(BAD_BINS);
const prepaidBins = new Set<string | undefined>(PREPAID_BINS);
const disposable = new Set<string | undefined>(DISPOSABLE);
const freeMail = new Set<string | undefined>(FREE_MAIL);

const is = (fact: keyof BenchFacts, value: string | number | boolean): Condition => ({
  fact,
  operator: 'equal',
  value,
});
const not = (fact: keyof BenchFacts, value: string | number | boolean): Condition => ({
  fact,
  operator: 'notEqual',
  value,
});
const over = (fact: keyof BenchFacts, value: number): Condition => ({ fact, operator: 'greaterThan', value });
const from = (fact: keyof BenchFacts, value: number): Condition => ({
  fact,
  operator: 'greaterThanInclusive',
  value,
});
const under = (fact: keyof BenchFacts, value: number): Condition => ({ fact, operator: 'lessThan', value });
const among = (fact: keyof BenchFacts, value: readonly string[]): Condition => ({
  fact,
  operator: 'in',
  value,
});
const other = (fact: keyof BenchFacts, than: keyof BenchFacts): Condition => ({
  fact,
  operator: 'notEqual',
  value: { fact: than },
});
const all = (...conditions: Condition[]): Condition => ({ all: conditions });
const any = (...conditions: Condition[]): Condition => ({ any: conditions });

/** Fifty rules of three to six tests; a third of them look into lists of 50 to 300 entries. */
export const TWINS: readonly TwinRule[] = [
  {
    conditions: all(is('kind', 'payment'), from('card1h', 4), over('amount', 5000)),
    byHand: (f) => f.kind === 'payment' && f.card1h! >= 4 && f.amount! > 5000,
  },
  {
    conditions: all(is('kind', 'payment'), from('card24h', 10), is('instrument', 'card')),
    byHand: (f) => f.kind === 'payment' && f.card24h! >= 10 && f.instrument === 'card',
  },
  {
    conditions: all(from('email24h', 9), over('amount', 2000), is('guest', true)),
    byHand: (f) => f.email24h! >= 9 && f.amount! > 2000 && f.guest === true,
  },
  {
    conditions: all(from('ip1h', 12), is('instrument', 'card'), under('accountAge', 30)),
    byHand: (f) => f.ip1h! >= 12 && f.instrument === 'card' && f.accountAge! < 30,
  },
  {
    conditions: all(from('declines1h', 3), is('instrument', 'card'), is('kind', 'payment')),
    byHand: (f) => f.declines1h! >= 3 && f.instrument === 'card' && f.kind === 'payment',
  },
  {
    conditions: all(from('cardsPerEmail', 3), under('accountAge', 200), is('instrument', 'card')),
    byHand: (f) => f.cardsPerEmail! >= 3 && f.accountAge! < 200 && f.instrument === 'card',
  },
  {
    conditions: all(among('ipCountry', RISKY), is('ipMismatch', true), over('amount', 3000)),
    byHand: (f) => risky.has(f.ipCountry) && f.ipMismatch === true && f.amount! > 3000,
  },
  {
    conditions: all(among('issuerCountry', RISKY), over('amount', 30000), is('guest', true)),
    byHand: (f) => risky.has(f.issuerCountry) && f.amount! > 30000 && f.guest === true,
  },
  {
    conditions: all(among('shippingCountry', EMBARGO), not('kind', 'card-check'), is('shipMismatch', true)),
    byHand: (f) => embargo.has(f.shippingCountry) && f.kind !== 'card-check' && f.shipMismatch === true,
  },
  {
    conditions: all(among('bin', BAD_BINS), over('card1h', 1), is('funding', 'prepaid')),
    byHand: (f) => badBins.has(f.bin) && f.card1h! > 1 && f.funding === 'prepaid',
  },
  {
    conditions: all(among('emailDomain', DISPOSABLE), is('guest', true), over('amount', 20000)),
    byHand: (f) => disposable.has(f.emailDomain) && f.guest === true && f.amount! > 20000,
  },
  {
    conditions: all(among('bin', PREPAID_BINS), over('amount', 40000), under('accountAge', 60)),
    byHand: (f) => prepaidBins.has(f.bin) && f.amount! > 40000 && f.accountAge! < 60,
  },
  {
    conditions: all(is('blocked', true), is('kind', 'payment'), is('instrument', 'card')),
    byHand: (f) => f.blocked === true && f.kind === 'payment' && f.instrument === 'card',
  },
  {
    conditions: all(is('watched', true), over('amount', 1000), any(over('card24h', 2), over('email24h', 2))),
    byHand: (f) => f.watched === true && f.amount! > 1000 && (f.card24h! > 2 || f.email24h! > 2),
  },
  {
    conditions: all(under('hour', 5), over('amount', 50000), is('guest', true)),
    byHand: (f) => f.hour! < 5 && f.amount! > 50000 && f.guest === true,
  },
  {
    conditions: all(
      over('amountRatio', 4.5),
      over('amount', 20000),
      is('instrument', 'card'),
      under('accountAge', 1000),
    ),
    byHand: (f) =>
      f.amountRatio! > 4.5 && f.amount! > 20000 && f.instrument === 'card' && f.accountAge! < 1000,
  },
  {
    conditions: all(
      other('ipCountry', 'issuerCountry'),
      other('billingCountry', 'issuerCountry'),
      over('amount', 30000),
    ),
    byHand: (f) =>
      f.ipCountry !== f.issuerCountry && f.billingCountry !== f.issuerCountry && f.amount! > 30000,
  },
  {
    conditions: all(
      other('shippingCountry', 'billingCountry'),
      other('shippingCountry', 'ipCountry'),
      over('items', 6),
    ),
    byHand: (f) =>
      f.shippingCountry !== f.billingCountry && f.shippingCountry !== f.ipCountry && f.items! > 6,
  },
  {
    conditions: all(
      among('emailDomain', FREE_MAIL),
      among('ipCountry', FAR),
      over('amount', 40000),
      is('guest', true),
    ),
    byHand: (f) =>
      freeMail.has(f.emailDomain) && far.has(f.ipCountry) && f.amount! > 40000 && f.guest === true,
  },
  {
    conditions: all(
      any(from('card1h', 5), from('ip1h', 20), from('declines1h', 4)),
      is('kind', 'payment'),
      over('amount', 1000),
    ),
    byHand: (f) =>
      (f.card1h! >= 5 || f.ip1h! >= 20 || f.declines1h! >= 4) && f.kind === 'payment' && f.amount! > 1000,
  },
  {
    conditions: all(
      is('brand', 'amex'),
      among('issuerCountry', RISKY),
      over('amount', 20000),
      not('wallet', 'apple'),
    ),
    byHand: (f) =>
      f.brand === 'amex' && risky.has(f.issuerCountry) && f.amount! > 20000 && f.wallet !== 'apple',
  },
  {
    conditions: all(is('funding', 'prepaid'), is('guest', true), over('amount', 15000), over('items', 3)),
    byHand: (f) => f.funding === 'prepaid' && f.guest === true && f.amount! > 15000 && f.items! > 3,
  },
  {
    conditions: all(
      among('currency', ['BRL', 'RUB']),
      other('ipCountry', 'siteCountry'),
      is('guest', true),
      over('amount', 40000),
    ),
    byHand: (f) =>
      (f.currency === 'BRL' || f.currency === 'RUB') &&
      f.ipCountry !== f.siteCountry &&
      f.guest === true &&
      f.amount! > 40000,
  },
  {
    conditions: all(among('grade', ['D', 'E']), over('amount', 50000), is('instrument', 'card')),
    byHand: (f) => (f.grade === 'D' || f.grade === 'E') && f.amount! > 50000 && f.instrument === 'card',
  },
  {
    conditions: all(
      among('grade', ['E']),
      from('card24h', 4),
      any(is('ipMismatch', true), is('shipMismatch', true)),
    ),
    byHand: (f) => f.grade === 'E' && f.card24h! >= 4 && (f.ipMismatch === true || f.shipMismatch === true),
  },
  {
    conditions: all(
      { not: is('wallet', 'apple') },
      { not: is('wallet', 'google') },
      among('ipCountry', EMBARGO),
      over('amount', 30000),
    ),
    byHand: (f) =>
      f.wallet !== 'apple' && f.wallet !== 'google' && embargo.has(f.ipCountry) && f.amount! > 30000,
  },
  {
    conditions: all(other('phoneCountry', 'ipCountry'), over('email24h', 5), over('amount', 5000)),
    byHand: (f) => f.phoneCountry !== f.ipCountry && f.email24h! > 5 && f.amount! > 5000,
  },
  {
    conditions: all(
      under('accountAge', 1),
      over('amount', 60000),
      is('instrument', 'card'),
      not('funding', 'debit'),
    ),
    byHand: (f) => f.accountAge! < 1 && f.amount! > 60000 && f.instrument === 'card' && f.funding !== 'debit',
  },
  {
    conditions: all(
      over('items', 12),
      among('shippingCountry', RISKY),
      other('shippingCountry', 'issuerCountry'),
    ),
    byHand: (f) => f.items! > 12 && risky.has(f.shippingCountry) && f.shippingCountry !== f.issuerCountry,
  },
  {
    conditions: all(among('bin', BAD_BINS), among('emailDomain', DISPOSABLE), over('amount', 5000)),
    byHand: (f) => badBins.has(f.bin) && disposable.has(f.emailDomain) && f.amount! > 5000,
  },
  {
    conditions: all(is('kind', 'card-check'), from('card1h', 2), from('ip1h', 5)),
    byHand: (f) => f.kind === 'card-check' && f.card1h! >= 2 && f.ip1h! >= 5,
  },
  {
    conditions: all(is('kind', 'card-check'), among('bin', PREPAID_BINS), is('guest', true)),
    byHand: (f) => f.kind === 'card-check' && prepaidBins.has(f.bin) && f.guest === true,
  },
  {
    conditions: all(from('declines1h', 2), from('cardsPerEmail', 2), over('amount', 500)),
    byHand: (f) => f.declines1h! >= 2 && f.cardsPerEmail! >= 2 && f.amount! > 500,
  },
  {
    conditions: all(over('amountRatio', 6), any(under('hour', 6), from('hour', 23)), over('amount', 10000)),
    byHand: (f) => f.amountRatio! > 6 && (f.hour! < 6 || f.hour! >= 23) && f.amount! > 10000,
  },
  {
    conditions: all(
      among('billingCountry', FAR),
      among('ipCountry', RISKY),
      other('billingCountry', 'ipCountry'),
      over('amount', 15000),
    ),
    byHand: (f) =>
      far.has(f.billingCountry) &&
      risky.has(f.ipCountry) &&
      f.billingCountry !== f.ipCountry &&
      f.amount! > 15000,
  },
  {
    conditions: all(is('brand', 'jcb'), not('currency', 'USD'), over('amount', 60000), is('guest', true)),
    byHand: (f) => f.brand === 'jcb' && f.currency !== 'USD' && f.amount! > 60000 && f.guest === true,
  },
  {
    conditions: all(is('instrument', 'local-method'), over('amount', 70000), under('accountAge', 30)),
    byHand: (f) => f.instrument === 'local-method' && f.amount! > 70000 && f.accountAge! < 30,
  },
  {
    conditions: all(is('instrument', 'local-method'), from('email24h', 6), among('phoneCountry', EMBARGO)),
    byHand: (f) => f.instrument === 'local-method' && f.email24h! >= 6 && embargo.has(f.phoneCountry),
  },
  {
    conditions: all(
      any(all(from('card1h', 3), is('funding', 'prepaid')), all(from('card24h', 8), is('funding', 'credit'))),
      over('amount', 8000),
    ),
    byHand: (f) =>
      ((f.card1h! >= 3 && f.funding === 'prepaid') || (f.card24h! >= 8 && f.funding === 'credit')) &&
      f.amount! > 8000,
  },
  {
    conditions: all(
      is('watched', true),
      any(is('ipMismatch', true), is('shipMismatch', true), over('declines1h', 1)),
    ),
    byHand: (f) =>
      f.watched === true && (f.ipMismatch === true || f.shipMismatch === true || f.declines1h! > 1),
  },
  {
    conditions: all(
      { not: any(is('currency', 'EUR'), is('currency', 'USD')) },
      among('issuerCountry', EMBARGO),
      over('amount', 10000),
    ),
    byHand: (f) =>
      !(f.currency === 'EUR' || f.currency === 'USD') && embargo.has(f.issuerCountry) && f.amount! > 10000,
  },
  {
    conditions: all(from('ip1h', 8), from('cardsPerEmail', 2), is('guest', true)),
    byHand: (f) => f.ip1h! >= 8 && f.cardsPerEmail! >= 2 && f.guest === true,
  },
  {
    conditions: all(among('emailDomain', DISPOSABLE), from('email24h', 4), over('amount', 3000)),
    byHand: (f) => disposable.has(f.emailDomain) && f.email24h! >= 4 && f.amount! > 3000,
  },
  {
    conditions: all(over('amount', 90000), is('guest', true), not('brand', 'visa')),
    byHand: (f) => f.amount! > 90000 && f.guest === true && f.brand !== 'visa',
  },
  {
    conditions: all(
      under('amount', 200),
      is('instrument', 'card'),
      from('card1h', 2),
      among('bin', BAD_BINS),
    ),
    byHand: (f) => f.amount! < 200 && f.instrument === 'card' && f.card1h! >= 2 && badBins.has(f.bin),
  },
  {
    conditions: all(
      is('ipMismatch', true),
      is('shipMismatch', true),
      over('amount', 10000),
      is('kind', 'payment'),
    ),
    byHand: (f) =>
      f.ipMismatch === true && f.shipMismatch === true && f.amount! > 10000 && f.kind === 'payment',
  },
  {
    conditions: all(
      other('ipCountry', 'siteCountry'),
      other('issuerCountry', 'siteCountry'),
      is('guest', true),
      over('amount', 60000),
      among('funding', ['prepaid', 'credit']),
    ),
    byHand: (f) =>
      f.ipCountry !== f.siteCountry &&
      f.issuerCountry !== f.siteCountry &&
      f.guest === true &&
      f.amount! > 60000 &&
      (f.funding === 'prepaid' || f.funding === 'credit'),
  },
  {
    conditions: all(
      among('shippingCountry', FAR),
      over('items', 8),
      over('amountRatio', 3),
      is('instrument', 'card'),
    ),
    byHand: (f) =>
      far.has(f.shippingCountry) && f.items! > 8 && f.amountRatio! > 3 && f.instrument === 'card',
  },
  {
    conditions: all(
      under('accountAge', 3),
      from('card24h', 3),
      over('amount', 10000),
      any(is('funding', 'prepaid'), other('ipCountry', 'issuerCountry')),
    ),
    byHand: (f) =>
      f.accountAge! < 3 &&
      f.card24h! >= 3 &&
      f.amount! > 10000 &&
      (f.funding === 'prepaid' || f.ipCountry !== f.issuerCountry),
  },
  {
    conditions: all(
      among('grade', ['C', 'D', 'E']),
      from('email24h', 8),
      not('wallet', 'apple'),
      over('amount', 20000),
    ),
    byHand: (f) =>
      (f.grade === 'C' || f.grade === 'D' || f.grade === 'E') &&
      f.email24h! >= 8 &&
      f.wallet !== 'apple' &&
      f.amount! > 20000,
  },
];
