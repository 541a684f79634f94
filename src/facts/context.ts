import { toBaseMinor, type Rates } from '../money/rates.js';
import type { Merchant, Site } from '../sites/site-store.js';
import { amountValue } from './attributes/values.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES, type Attribute } from './attributes.js';
import type { Bins } from './geography/bins.js';
import type { Geography } from './geography/geography.js';
import { normaliseIp } from './normalise/ip.js';
import type { KeyHash } from './attributes/key-hash.js';
import { normaliseAddress } from './normalise/address.js';
import { countedBin, normaliseBin } from './normalise/bin.js';
import { emailDomain, normaliseEmail } from './normalise/email.js';
import type { Phone } from './normalise/phone.js';
import type { CardFunding, PaymentInput } from './payment.js';
import type { StreamEvent } from './stream.js';

/** A payment with all that is known about it before any rule is asked. Absent strings are ''. */
export interface PaymentContext {
  readonly input: PaymentInput;
  readonly site: Site;
  readonly siteKnown: boolean;
  readonly merchant: Merchant;
  readonly merchantKnown: boolean;
  /** Decision time, epoch ms: what windows and clocks go by. */
  readonly eventTime: number;
  /** IANA names, for calendar windows and clocks. */
  readonly zones: { readonly site: string; readonly merchant: string };
  readonly email: string;
  readonly emailDomain: string;
  readonly phone: Phone;
  /** IPv4 address or /64. */
  readonly ip: string;
  readonly billingAddress: string;
  readonly shippingAddress: string;
  /** What tells the card: payment account reference, else fingerprint, else token; '' for other instruments. */
  readonly card: string;
  readonly bin: string;
  /** Card brand or local method, lower case. */
  readonly method: string;
  readonly funding: CardFunding | '';
  readonly prepaid: boolean | undefined;
  readonly ipCountry: string;
  readonly issuerCountry: string;
  readonly billingCountry: string;
  readonly shippingCountry: string;
  /** Minor units of the base currency; NaN when there is no rate. */
  readonly baseMinor: number;
  /** Id of the rate table used; '' when there was no rate. */
  readonly rateId: string;
  /** Its entry in the stream; place and outcome are not in it yet. */
  readonly event: StreamEvent;
}

/** What payments are resolved with. */
export interface ContextOptions {
  readonly hash: KeyHash;
  readonly readPhone: (text: string, country: string) => Phone;
  readonly geography: Geography;
  readonly bins: Bins;
  readonly rates: Rates;
  readonly siteOf: (id: string) => { readonly site: Site; readonly known: boolean };
  readonly merchantOf: (id: string, site: Site) => { readonly merchant: Merchant; readonly known: boolean };
}

/** Resolves a payment at a processing time (epoch ms). Pure but for what it remembers to be fast. */
export type PaymentResolver = (input: PaymentInput, decidedAt: number) => PaymentContext;

const I = ATTRIBUTE_INDEX;
const ABSENT: readonly number[] = ATTRIBUTES.map(() => 0);

/** Makes a resolver. Hashes of attributes with few values are remembered. */
export function createPaymentResolver(options: ContextOptions): PaymentResolver {
  const { hash, readPhone, geography, bins, rates } = options;
  const common = rememberedHash(hash);

  return (input, decidedAt) => {
    const { instrument, customer, billing, shipping } = input;
    const { site, known: siteKnown } = options.siteOf(input.site);
    const { merchant, known: merchantKnown } = options.merchantOf(input.merchant, site);
    const eventTime = input.eventTime ?? decidedAt;
    const email = customer.email === '' ? '' : normaliseEmail(customer.email);
    const domain = emailDomain(email);
    const billingCountry = billing?.country ?? '';
    const shippingCountry = shipping?.country ?? '';
    const phone = readPhone(customer.phone, billingCountry || shippingCountry || site.country);
    const ip = normaliseIp(input.ip);
    const ipCountry = ip === '' ? '' : geography.country(input.ip);
    const billingAddress = billing === undefined ? '' : normaliseAddress(billing);
    const shippingAddress = shipping === undefined ? '' : normaliseAddress(shipping);
    const isCard = instrument.type === 'card';
    const card = isCard ? identity(input) : '';
    const bin = isCard ? normaliseBin(instrument.bin) : '';
    const issuer = bin === '' ? undefined : bins.find(bin);
    const issuerCountry = isCard ? instrument.issuerCountry || (issuer?.country ?? '') : '';
    const method = instrument.method.toLowerCase() || (issuer?.brand ?? '');
    const funding = instrument.funding || (issuer?.funding ?? '');
    const prepaid = !isCard
      ? undefined
      : instrument.funding !== ''
        ? instrument.funding === 'prepaid'
        : (issuer?.prepaid ?? (funding === '' ? undefined : funding === 'prepaid'));
    const baseMinor = toBaseMinor(input.minor, input.currency, rates);

    const attributes = ABSENT.slice();
    const cardValue = hash('card', card);
    attributes[I.card] = cardValue;
    attributes[I.email] = hash('email', email);
    attributes[I.phone] = hash('phone', phone.number);
    attributes[I.ip] = hash('ip', ip);
    attributes[I.device] = hash('device', input.device.id);
    attributes[I.customer] = hash('customer', customer.id);
    attributes[I.address] = hash('address', shippingAddress || billingAddress);
    attributes[I.bin] = common('bin', countedBin(bin));
    attributes[I.terminal] = common('terminal', input.terminal);
    attributes[I.merchant] = common('merchant', input.merchant);
    attributes[I.owner] = merchantKnown ? common('owner', merchant.ownerIdentityHash) : 0;
    attributes[I.site] = common('site', input.site);
    attributes[I.order] = hash('order', input.orderId);
    attributes[I.emailDomain] = common('emailDomain', domain);
    attributes[I.group] = common('group', site.group);
    attributes[I.issuerCountry] = common('issuerCountry', issuerCountry);
    attributes[I.ipCountry] = common('ipCountry', ipCountry);
    attributes[I.billingCountry] = common('billingCountry', billingCountry);
    attributes[I.shippingCountry] = common('shippingCountry', shippingCountry);
    attributes[I.instrument] = common('instrument', instrument.type);
    attributes[I.method] = common('method', method);
    attributes[I.currency] = common('currency', input.currency);
    attributes[I.amount] = hash('amount', amountValue(input.minor, input.currency));
    attributes[I.funding] = common('funding', funding);
    attributes[I.account] = isCard ? cardValue : hash('account', accountOf(input));
    attributes[I.paymentKind] = common('paymentKind', input.kind);

    return {
      input,
      site,
      siteKnown,
      merchant,
      merchantKnown,
      eventTime,
      zones: { site: site.timeZone, merchant: merchant.timeZone },
      email,
      emailDomain: domain,
      phone,
      ip,
      billingAddress,
      shippingAddress,
      card,
      bin,
      method,
      funding,
      prepaid,
      ipCountry,
      issuerCountry,
      billingCountry,
      shippingCountry,
      baseMinor: baseMinor ?? Number.NaN,
      rateId: baseMinor === undefined ? '' : rates.id,
      event: {
        log: 0,
        seq: 0,
        kind: 'payment',
        at: eventTime,
        knownAt: eventTime,
        paymentAt: eventTime,
        baseMinor: baseMinor ?? Number.NaN,
        minor: input.minor,
        attributes,
      },
    };
  };
}

/** What a decision is bound to: a keyed digest of what identifies the instrument, as 14 hexadecimal digits. */
export function instrumentDigest(input: PaymentInput, hash: KeyHash): string {
  const { type, method, bin, last4, expiryMonth, expiryYear, country } = input.instrument;
  const account = accountOf(input);
  // Nothing names it: what is left is all that can be compared.
  const value = account || ['?', method, bin, last4, expiryMonth, expiryYear, country].join('\0');
  const digest = hash('account', `${type}\0${value}`);
  // In two halves: beyond 32 bits toString takes microseconds.
  return hex(Math.floor(digest / 0x1_0000_0000), 6) + hex(digest >>> 0, 8);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function identity({ instrument }: PaymentInput): string {
  return instrument.paymentAccountReference || instrument.fingerprint || instrument.token;
}

/** The paying account: a card's identity, or an account under its method. '' when nothing tells it. */
function accountOf(input: PaymentInput): string {
  const account = identity(input);
  const { type, method } = input.instrument;
  return type === 'card' || account === '' ? account : `${type}/${method.toLowerCase()}/${account}`;
}

const REMEMBERED = 10_000;

function rememberedHash(hash: KeyHash): KeyHash {
  const known = new Map<Attribute, Map<string, number>>();
  return (attribute, value) => {
    if (value === '') return 0;
    let values = known.get(attribute);
    if (values === undefined) known.set(attribute, (values = new Map()));
    const found = values.get(value);
    if (found !== undefined) return found;
    if (values.size >= REMEMBERED) values.clear();
    const hashed = hash(attribute, value);
    values.set(value, hashed);
    return hashed;
  };
}
