import { timeText, type FieldJson, type MessageJson, type PaymentJson } from './entry.js';
import { SIM_COUNTRIES, simAddress } from './countries.js';
import { simPerson, simPostal, type Payer } from './payer.js';
import { createRandom, type Random } from './random.js';
import { smallMerchantId, type SimMethod, type SimSite } from './sites.js';

const GOODS = ['shoes', 'clothes', 'toys', 'phones', 'cosmetics', 'garden', 'gift-cards', 'watches'] as const;
const VOUCHER_HOURS = 72;
const SMALL_MERCHANTS = 6;

/** What makes a payment; absent personal parts are left out of the message. */
export interface Checkout {
  readonly at: number;
  readonly site: SimSite;
  readonly language: string;
  readonly merchant: string;
  readonly orderId: string;
  readonly minor: number;
  readonly instrument: MessageJson;
  readonly customer: MessageJson;
  readonly device: MessageJson;
  readonly ip: string;
  readonly billing: MessageJson;
  readonly shipping: MessageJson;
  readonly category: string;
}

/** The payment message of a checkout. */
export function paymentJson(checkout: Checkout): PaymentJson {
  return {
    site: checkout.site.id,
    language: checkout.language,
    merchant: checkout.merchant,
    orderId: checkout.orderId,
    amount: { minor: String(checkout.minor), currency: checkout.site.currency },
    instrument: checkout.instrument,
    customer: checkout.customer,
    device: checkout.device,
    ip: checkout.ip,
    billing: checkout.billing,
    shipping: checkout.shipping,
    items: [
      {
        sku: `${checkout.category}-${checkout.minor % 97}`,
        category: checkout.category,
        quantity: 1,
        unitPriceMinor: String(checkout.minor),
      },
    ],
    eventTime: timeText(checkout.at),
  };
}

/** An amount around the site's usual one, in minor units; `factor` 1 is usual. */
export function amountAround(site: SimSite, factor: number, random: Random): number {
  return Math.max(1, Math.round(site.usualMinor * factor * Math.exp(random.normal() * 0.35)));
}

/** What is bought. */
export function simGoods(random: Random): string {
  return random.pick(GOODS);
}

/** The payer as JSON of tollgate.v1.Customer. */
export function customerJson(payer: Payer): MessageJson {
  const customer: Record<string, FieldJson> = { email: payer.email, phone: payer.phone, name: payer.name };
  if (payer.customerId !== '') {
    customer['id'] = payer.customerId;
    customer['registeredAt'] = timeText(payer.registeredAt);
  }
  return customer;
}

function instrumentJson(payer: Payer, method: SimMethod): MessageJson {
  const { country } = payer.home;
  if (method.type === 'card') return { card: payer.card };
  if (method.type === 'local') return { localMethod: { method: method.method, country } };
  if (method.type === 'voucher') {
    return { voucher: { method: method.method, country, expiresInHours: VOUCHER_HOURS } };
  }
  const funding = payer.index % 2 === 0 ? 'CARD_FUNDING_CREDIT' : 'CARD_FUNDING_DEBIT';
  return { staticCode: { method: method.method, accountFingerprint: `acc_${payer.index}`, funding } };
}

/** Shares of honest payments that look odd: on a journey, as a present, in an office, a big buy. */
const ODD = { travels: 0.015, present: 0.04, office: 0.02, big: 0.015 };
const OFFICES = 12;

/** What this payer would buy at this moment: mostly in the ordinary way, now and then in an odd one. */
export function honestCheckout(payer: Payer, at: number, seed: number, random: Random): Checkout {
  const usual = ordinaryCheckout(payer, at, '', random);
  const { country } = payer;
  const offices = createRandom(seed, 'office', country, random.between(1, OFFICES));
  return {
    ...usual,
    ...(random.chance(ODD.travels)
      ? { ip: simAddress(random.pick(Object.keys(SIM_COUNTRIES)), random) }
      : {}),
    ...(random.chance(ODD.present) ? { shipping: simPostal(country, simPerson(random).name, random) } : {}),
    ...(random.chance(ODD.office) ? { ip: simAddress(country, offices) } : {}),
    ...(random.chance(ODD.big) ? { minor: usual.minor * random.between(3, 7) } : {}),
  };
}

/** What this payer would buy in the ordinary way at this moment. */
export function ordinaryCheckout(payer: Payer, at: number, orderId: string, random: Random): Checkout {
  const method = payer.method;
  const small = method.type === 'static';
  return {
    at,
    site: payer.home,
    language: payer.language,
    merchant: small
      ? smallMerchantId(payer.home, random.between(0, SMALL_MERCHANTS - 1))
      : `shop-${payer.home.id}`,
    orderId,
    minor: amountAround(payer.home, payer.habit, random),
    instrument: instrumentJson(payer, method),
    customer: customerJson(payer),
    device: payer.device,
    ip: payer.ip,
    billing: payer.address,
    shipping: payer.address,
    category: simGoods(random),
  };
}
