import { currencyExponent } from '../money/currencies.js';
import { parseMinor } from '../money/decimal.js';
import {
  NO_INSTRUMENT,
  type AddressInput,
  type InstrumentInput,
  type ItemInput,
  type PaymentInput,
} from '../facts/payment.js';
import type { AccountForm, AddressForm, CardForm, PaymentForm } from './case-file.js';
import { momentOf } from './moments.js';

/** Something in a case that cannot be what it says, for the author. */
export class CaseProblem extends Error {
  override readonly name = 'CaseProblem';
}

/** An amount in minor units. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** Reads `25.00 EUR`. Throws CaseProblem. */
export function moneyOf(text: string): Money {
  const [decimal = '', currency = ''] = text.split(' ');
  const exponent = currencyExponent(currency);
  if (exponent === undefined) throw new CaseProblem(`"${text}": ${currency} is no ISO 4217 currency`);
  const parsed = parseMinor(decimal, exponent);
  if (!('ok' in parsed)) throw new CaseProblem(`"${text}": ${currency} has ${exponent} decimals`);
  return { minor: parsed.ok, currency };
}

/** Reads a moment, `now` where none is said. Throws CaseProblem. */
export function moment(text: string | undefined, now: number, place: string): number {
  const at = text === undefined ? now : momentOf(text, now);
  if (Number.isNaN(at)) throw new CaseProblem(`${place}: there is no ${text ?? ''}`);
  return at;
}

/** Lays one form over others; a later instrument takes the place of an earlier one, `null` takes away. */
export function mergeForms(...forms: readonly (PaymentForm | undefined)[]): PaymentForm {
  let merged: PaymentForm = {};
  for (const form of forms) {
    if (form === undefined) continue;
    const replaces = INSTRUMENTS.some((name) => form[name] !== undefined);
    const { card, localMethod, voucher, bankTransfer, staticCode, ...rest } = merged;
    const kept = { card, localMethod, voucher, bankTransfer, staticCode };
    merged = { ...rest, ...(replaces ? {} : defined(kept)), ...form };
    if (form.card && card) merged = { ...merged, card: { ...card, ...form.card } };
    if (form.billing && rest.billing) merged = { ...merged, billing: { ...rest.billing, ...form.billing } };
    if (form.shipping && rest.shipping)
      merged = { ...merged, shipping: { ...rest.shipping, ...form.shipping } };
  }
  return merged;
}

const INSTRUMENTS = ['card', 'localMethod', 'voucher', 'bankTransfer', 'staticCode'] as const;

function defined(fields: Readonly<Record<string, unknown>>): PaymentForm {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Puts 1, 2, 3 … where texts hold `{n}`. */
export function numbered<T>(value: T, n: number): T {
  if (typeof value === 'string') return value.replaceAll('{n}', String(n)) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => numbered(item, n)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, numbered(item as unknown, n)]),
  ) as T;
}

/** The payment that a form describes. `now` is what its relative times go from, epoch ms. Throws CaseProblem. */
export function paymentOf(form: PaymentForm, now: number): PaymentInput {
  const { minor, currency } = moneyOf(form.amount ?? '20.00 USD');
  return {
    site: form.site ?? 'shop',
    language: form.language ?? '',
    merchant: form.merchant ?? '',
    terminal: form.terminal ?? '',
    orderId: form.order ?? '',
    kind: form.kind ?? 'payment',
    minor,
    currency,
    instrument: instrumentOf(form),
    customer: {
      id: form.customer ?? '',
      email: form.email ?? '',
      phone: form.phone ?? '',
      name: form.name ?? '',
      registeredAt:
        typeof form.registered === 'string' ? moment(form.registered, now, 'registered') : undefined,
    },
    device: {
      id: form.device ?? '',
      userAgent: form.userAgent ?? '',
      acceptLanguage: form.acceptLanguage ?? '',
      utcOffsetMinutes: undefined,
    },
    ip: form.ip ?? '',
    billing: addressOf(form.billing),
    shipping: addressOf(form.shipping),
    items: (form.items ?? []).map(({ sku, category, quantity, price }): ItemInput => ({
      sku: sku ?? '',
      name: '',
      category: category ?? '',
      quantity: quantity ?? 1,
      unitPriceMinor: price === undefined ? 0 : moneyOf(price).minor,
    })),
    eventTime: undefined,
    attributes: form.attributes ?? {},
  };
}

function instrumentOf(form: PaymentForm): InstrumentInput {
  const given = INSTRUMENTS.filter((name) => form[name] !== undefined && form[name] !== null);
  if (given.length > 1) throw new CaseProblem(`a payment has one instrument, not ${given.join(' and ')}`);
  if (form.localMethod) return accountOf('local-method', form.localMethod);
  if (form.voucher) return accountOf('voucher', form.voucher);
  if (form.bankTransfer) return accountOf('bank-transfer', form.bankTransfer);
  if (form.staticCode) return accountOf('static-code', form.staticCode);
  return cardOf(form.card ?? {});
}

function cardOf({ brand, ...card }: CardForm): InstrumentInput {
  return { ...NO_INSTRUMENT, ...card, method: brand ?? '' };
}

function accountOf(type: InstrumentInput['type'], { account, ...form }: AccountForm): InstrumentInput {
  return { ...NO_INSTRUMENT, ...form, type, fingerprint: account ?? '' };
}

function addressOf(form: AddressForm | null | undefined): AddressInput | undefined {
  if (form === undefined || form === null) return undefined;
  const { name = '', line1 = '', line2 = '', city = '', region = '', postalCode = '', country = '' } = form;
  return { name, line1, line2, city, region, postalCode, country };
}
