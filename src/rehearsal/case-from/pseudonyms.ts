import { createPhoneReader } from '../../facts/normalise/phone.js';
import { normaliseEmail } from '../../facts/normalise/email.js';
import type { AddressInput, InstrumentInput, PaymentInput } from '../../facts/payment.js';
import { currencyExponent } from '../../money/currencies.js';
import { formatMinor } from '../../money/decimal.js';
import type { RuleSetDocument } from '../../rules/document/document.js';
import type { AccountForm, AddressForm, CardForm, PaymentForm } from '../case-file.js';

const DAY_MS = 86_400_000;

/**
 * The texts that rule sets compare with. A value that stands there is no secret, and has to stay what it is; any other is as
 * good as another.
 */
export function textsIn(documents: readonly RuleSetDocument[]): ReadonlySet<string> {
  const texts = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null)
      for (const inner of Object.values(value)) visit(inner);
  };
  for (const { rules, conditions, limits } of documents)
    visit([rules.map((rule) => rule.conditions), conditions, limits]);
  return texts;
}

/**
 * A payment without what tells a person: names, addresses, numbers, devices and accounts are made up, and there where they
 * were given. What says what kind of payment it is stays: amount, instrument, BIN, countries, goods. `named` are the texts
 * that rules compare with. `eventTime` is epoch ms.
 */
export function pseudonymous(
  payment: PaymentInput,
  eventTime: number,
  named: ReadonlySet<string>,
): PaymentForm {
  const kept = keeper(named);
  const { customer, device } = payment;
  const email = customer.email === '' ? '' : normaliseEmail(customer.email);
  return given({
    site: payment.site,
    language: payment.language,
    merchant: payment.merchant,
    terminal: payment.terminal,
    order: kept(payment.orderId, numbered('order')),
    ...(payment.kind === 'payment' ? {} : { kind: payment.kind }),
    amount: `${formatMinor(payment.minor, currencyExponent(payment.currency) ?? 0)} ${payment.currency}`,
    ...instrumentForm(payment.instrument, kept),
    customer: kept(customer.id, numbered('customer')),
    email: email === '' ? kept(customer.email, numbered('no address', ' ')) : emailFor(email, named),
    phone: phoneFor(payment, named),
    name: kept(customer.name, NAME),
    ...registeredFor(customer.registeredAt, eventTime),
    device: kept(device.id, numbered('device')),
    userAgent: kept(device.userAgent, numbered('browser')),
    acceptLanguage: device.acceptLanguage.split(/[,;]/)[0]?.trim() ?? '',
    ip: kept(payment.ip, numbered(payment.ip.includes(':') ? '2001:db8::' : '192.0.2.', '')),
    ...(payment.billing === undefined ? {} : { billing: addressForm(payment.billing, kept) }),
    ...(payment.shipping === undefined ? {} : { shipping: addressForm(payment.shipping, kept) }),
    items: payment.items.map(({ sku, category, quantity, unitPriceMinor }) => ({
      ...given({ sku, category }),
      quantity,
      price: `${formatMinor(unitPriceMinor, currencyExponent(payment.currency) ?? 0)} ${payment.currency}`,
    })),
    attributes: Object.fromEntries(
      Object.entries(payment.attributes).map(([name, value]) => [name, kept(value, numbered('value'))]),
    ),
  });
}

type Keep = (text: string, madeUp: (n: number) => string) => string;

/** Gives the same pseudonym for the same text, and another one for another: rules may compare two names. */
function keeper(named: ReadonlySet<string>): Keep {
  const known = new Map<string, string>();
  return (text, madeUp) => {
    if (text === '' || named.has(text)) return text;
    for (let n = 1; ; n++) {
      const name = madeUp(n);
      const owner = known.get(name);
      if (owner === undefined) known.set(name, text);
      if (owner === undefined || owner === text) return name;
    }
  };
}

const NAME = (n: number): string => (n > 26 ? `Payer ${n}` : `${String.fromCodePoint(64 + n)}. Payer`);
const numbered =
  (word: string, between = '-') =>
  (n: number): string =>
    `${word}${between}${n}`;

/** Without what is not there: a case holds only what matters. */
function given<T extends object>(form: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(form).filter(
      ([, value]) =>
        value !== '' &&
        value !== undefined &&
        (typeof value !== 'object' || value === null || Object.keys(value as object).length > 0),
    ),
  ) as Partial<T>;
}

function instrumentForm(instrument: InstrumentInput, kept: Keep): PaymentForm {
  const { type, method, token, fingerprint, paymentAccountReference, bin, funding, country } = instrument;
  if (type === 'card') {
    const card: CardForm = given({
      fingerprint: kept(fingerprint, numbered('card')),
      token: kept(token, numbered('token')),
      paymentAccountReference: kept(paymentAccountReference, numbered('account')),
      bin: bin.length >= 8 ? bin.slice(0, 8) : bin.length >= 6 ? bin.slice(0, 6) : '',
      brand: method,
      issuerCountry: instrument.issuerCountry,
      ...(funding === '' ? {} : { funding }),
      wallet: instrument.wallet,
    });
    return { card };
  }
  const account: AccountForm = given({
    method,
    account: kept(fingerprint, numbered('account')),
    country,
    ...(funding === '' ? {} : { funding }),
  });
  if (type === 'local-method') return { localMethod: account };
  if (type === 'voucher') return { voucher: account };
  return type === 'bank-transfer' ? { bankTransfer: account } : { staticCode: account };
}

/** A domain tells a person where it is their own: it stays only where rules name it. */
function emailFor(email: string, named: ReadonlySet<string>): string {
  if (named.has(email)) return email;
  const domain = email.slice(email.lastIndexOf('@') + 1);
  return `payer@${named.has(domain) ? domain : 'somewhere.example'}`;
}

/** As many digits stay as tell the country, and no more than four. */
function phoneFor(
  { customer: { phone }, billing, shipping }: PaymentInput,
  named: ReadonlySet<string>,
): string {
  const { number } = createPhoneReader()(phone, billing?.country || shipping?.country || '');
  if (number === '' || named.has(number)) return number;
  return number.slice(0, 5).padEnd(number.length, '5');
}

function registeredFor(registeredAt: number | undefined, eventTime: number): PaymentForm {
  if (registeredAt === undefined) return {};
  return { registered: `-${Math.max(0, Math.floor((eventTime - registeredAt) / DAY_MS))}d` };
}

function addressForm(address: AddressInput, kept: Keep): AddressForm {
  return given({
    name: kept(address.name, NAME),
    line1: kept(address.line1, numbered('Street', ' ')),
    line2: kept(address.line2, numbered('Door', ' ')),
    city: kept(address.city, numbered('Town', ' ')),
    region: kept(address.region, numbered('Region', ' ')),
    postalCode: kept(address.postalCode, numbered('1234', '')),
    country: address.country,
  });
}
