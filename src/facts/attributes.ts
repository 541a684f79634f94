/**
 * What an entry of the payment stream is known by. Every value is kept as a keyed 53-bit hash (see
 * attributes/key-hash.ts), 0 when absent: enough to count, compare and group by, and no personal data at rest. The order
 * is part of the stored format: only ever append.
 */
export const ATTRIBUTES = [
  /** Payment account reference, else card fingerprint, else token. */
  'card',
  'email',
  'phone',
  /** IPv4 address, or the /64 of an IPv6 address. */
  'ip',
  'device',
  'customer',
  /** Shipping address, else billing address, normalised. */
  'address',
  /** The first six digits of the card number, however many were sent. */
  'bin',
  'terminal',
  'merchant',
  /** The merchant's owner, by identity document. */
  'owner',
  'site',
  'order',
  'emailDomain',
  'group',
  'issuerCountry',
  'ipCountry',
  'billingCountry',
  'shippingCountry',
  /** card, local-method, voucher, bank-transfer, static-code. */
  'instrument',
  /** Card brand or local method. */
  'method',
  'currency',
  /** The amount in its own currency, as minor units and currency together. */
  'amount',
  /** What Tollgate decided: accept, review, reject, allow, block. */
  'outcome',
  /** Decline code or chargeback reason. */
  'code',
  /** fraud, not-received, other. */
  'claim',
  /** authenticated, attempted, failed, rejected, unavailable, abandoned. */
  'threeDs',
  /** yes or no. */
  'liabilityShift',
  /** good or fraud. */
  'label',
  'channel',
  /** credit, debit, prepaid. */
  'funding',
  /** The paying account: card, else static-code, local-method or transfer account. A card has one value as both. */
  'account',
  /** payment, card-check, merchant-initiated. */
  'paymentKind',
  /** The id of the decision; what is reported about a payment inherits it. Tells orders apart where there is no order id. */
  'payment',
] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** Attributes by which the stream can be read back: a velocity's `by` names at least one of them. Most selective first. */
export const KEY_ATTRIBUTES = [
  'card',
  'account',
  'order',
  'email',
  'customer',
  'device',
  'phone',
  'address',
  'ip',
  'terminal',
  'bin',
  'owner',
  'merchant',
  'site',
] as const satisfies readonly Attribute[];

/** Attributes whose values are those of another: one key finds what carries either. */
export const SAME_VALUES: Readonly<Partial<Record<Attribute, Attribute>>> = { account: 'card' };

/** The place of an attribute in an attribute vector. */
export const ATTRIBUTE_INDEX: Readonly<Record<Attribute, number>> = Object.fromEntries(
  ATTRIBUTES.map((name, index) => [name, index]),
) as Record<Attribute, number>;

/** What an entry of the stream tells. The order is part of the stored format: only ever append. */
export const STREAM_KINDS = [
  'payment',
  'order-placed',
  'method-chosen',
  'pay-pressed',
  'sent-to-issuer',
  'came-back',
  'authorised',
  'declined',
  'three-ds-result',
  'captured',
  'refunded',
  'abandoned',
  'cancelled',
  'refund-claimed',
  'fraud-warning',
  'chargeback',
  'label',
] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];
