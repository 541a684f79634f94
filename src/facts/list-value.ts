import type { PaymentContext } from './context.js';
import type { ListType } from './list-store.js';

/** What of a payment a list can be asked about, where the list's type leaves a choice. */
export const LIST_SUBJECTS = [
  'ipCountry',
  'issuerCountry',
  'billingCountry',
  'shippingCountry',
  'siteCountry',
  'billingAddress',
  'shippingAddress',
] as const;
export type ListSubject = (typeof LIST_SUBJECTS)[number];

type Read = (context: PaymentContext) => string;

const BY_TYPE: Readonly<Record<Exclude<ListType, 'country'>, Read>> = {
  card: (context) => context.card,
  bin: (context) => context.bin,
  email: (context) => context.email,
  'email-domain': (context) => context.emailDomain,
  ip: (context) => context.input.ip,
  phone: (context) => context.phone.number,
  device: (context) => context.input.device.id,
  customer: (context) => context.input.customer.id,
  address: (context) => context.shippingAddress || context.billingAddress,
};

const BY_SUBJECT: Readonly<Record<ListSubject, Read>> = {
  ipCountry: (context) => context.ipCountry,
  issuerCountry: (context) => context.issuerCountry,
  billingCountry: (context) => context.billingCountry,
  shippingCountry: (context) => context.shippingCountry,
  siteCountry: (context) => context.site.country,
  billingAddress: (context) => context.billingAddress,
  shippingAddress: (context) => context.shippingAddress,
};

/** The value that a list of some type is asked about, as `of` says or by the type; undefined when the payment has none. */
export function listValue(
  of: string | undefined,
): (context: PaymentContext, type: string | undefined) => string | undefined {
  if (of !== undefined) {
    const read = BY_SUBJECT[of as ListSubject] as Read | undefined;
    return (context) => read?.(context) || undefined;
  }
  return (context, type) =>
    (BY_TYPE[type as Exclude<ListType, 'country'>] as Read | undefined)?.(context) || undefined;
}
