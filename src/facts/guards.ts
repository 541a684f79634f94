import type { FactDefinition, Guard } from '../rules/catalogue.js';
import type { FactParams, TestCondition } from '../rules/document/document.js';
import type { Attribute } from './attributes.js';
import { listedAs } from './lists/fact.js';

/** What every payment has. */
const ALWAYS: ReadonlySet<string> = new Set<Attribute>([
  'site',
  'instrument',
  'currency',
  'amount',
  'paymentKind',
]);

/** The guard of an attribute that a payment may lack. */
export function guardOf(attribute: string): Guard | undefined {
  if (ALWAYS.has(attribute)) return undefined;
  // An address has both or neither.
  const of = attribute === 'emailDomain' ? 'email' : attribute;
  return { guard: isSo('has', { of }), lack: `the payment has no ${of}` };
}

const CARD: Guard = {
  guard: { fact: 'instrument.type', operator: 'equal', value: 'card' },
  lack: 'it is not paid with a card',
};
const KNOWN_MERCHANT: Guard = {
  guard: isSo('merchant.known', undefined),
  lack: 'the merchant is not configured',
};

/** What the facts need of a payment. */
const GUARDS: Readonly<Record<string, NonNullable<FactDefinition['guards']>>> = {
  'instrument.method': () => those('method'),
  'instrument.funding': () => those('funding'),
  'card.bin': () => those('bin'),
  'card.brand': () => [CARD],
  'card.wallet': () => [CARD],
  'card.issuerCountry': () => those('issuerCountry'),
  'card.funding': () => those('funding'),
  'card.prepaid': () => those('funding'),
  'card.fingerprint': () => those('card'),
  'customer.id': () => those('customer'),
  'customer.guest': () => being(true, those('customer')),
  'customer.email': () => those('email'),
  'customer.emailDomain': () => those('email'),
  'customer.phone': () => those('phone'),
  'customer.phoneCountry': () => those('phone'),
  'customer.accountAgeDays': () => those('customer'),
  'device.id': () => those('device'),
  'ip.address': () => those('ip'),
  'ip.country': () => those('ipCountry'),
  'billing.country': () => those('billingCountry'),
  'shipping.country': () => those('shippingCountry'),
  'order.id': () => those('order'),
  'terminal.id': () => those('terminal'),
  'site.group': () => those('group'),
  'merchant.id': () => those('merchant'),
  'merchant.riskGrade': () => [KNOWN_MERCHANT],
  'merchant.country': () => [KNOWN_MERCHANT],
  'merchant.small': () => being(false, [KNOWN_MERCHANT]),
  'merchant.known': () => being(false, those('merchant')),
  has: ({ of }) => being(false, IMPLIED[of as Attribute] ?? []),
  'geo.mismatch': ({ a, b }) => [a, b].flatMap((place) => those(PLACES[place as string] ?? 'site')),
  list: ({ of }, listType) => {
    const listed = listedAs(of, listType);
    return listed === undefined ? [] : those(LISTED[listed] ?? listed);
  },
  velocity: keys,
  history: keys,
  habit: keys,
};

/** What has one has the other. */
const IMPLIED: Readonly<Partial<Record<Attribute, readonly Guard[]>>> = {
  card: [CARD, ...those('account')],
  bin: [CARD],
  issuerCountry: [CARD],
  emailDomain: those('email'),
  owner: [KNOWN_MERCHANT, ...those('merchant')],
};

const PLACES: Readonly<Record<string, Attribute>> = {
  ip: 'ipCountry',
  issuer: 'issuerCountry',
  billing: 'billingCountry',
  shipping: 'shippingCountry',
  phone: 'phone',
};

const LISTED: Readonly<Record<string, Attribute>> = {
  billingAddress: 'address',
  shippingAddress: 'address',
  siteCountry: 'site',
  phoneCountry: 'phone',
};

/** A fact with its guards. */
export function guarded(fact: FactDefinition): FactDefinition {
  const guards = GUARDS[fact.name];
  return guards === undefined ? fact : { ...fact, guards };
}

function keys({ by }: FactParams): readonly Guard[] {
  return [by].flat().flatMap((name) => those(name as string));
}

function those(attribute: string): readonly Guard[] {
  const guard = guardOf(attribute);
  return guard === undefined ? [] : [guard];
}

function being(worth: boolean, guards: readonly Guard[]): readonly Guard[] {
  return guards.map((guard) => ({ ...guard, worth }));
}

function isSo(fact: string, params: FactParams | undefined): TestCondition {
  return { fact, ...(params === undefined ? {} : { params }), operator: 'equal', value: true };
}
