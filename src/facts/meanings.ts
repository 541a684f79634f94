import type { Attribute, StreamKind } from './attributes.js';
import type { SUCCEEDED, VelocityFunction } from './velocity/specs/velocity-spec.js';
import type { HabitQuestion, HistoryQuestion } from './velocity/specs/specs.js';

/** What the words mean that facts take as parameters: for the reference of facts. */
export const ATTRIBUTE_MEANINGS: Readonly<Record<Attribute, string>> = {
  card: 'The card: payment account reference, else fingerprint, else token; cards only.',
  email: 'The mailbox: case, tags and points that the provider ignores do not matter.',
  phone: 'Telephone number in E.164.',
  ip: 'IPv4 address, or the /64 of an IPv6 address.',
  device: 'Device id.',
  customer: 'Id of the customer account.',
  address: 'Shipping address, else billing address: street, postal code and country.',
  bin: 'First six digits of the card number: sites that send six and eight meet. Lists take all digits.',
  terminal: 'Terminal.',
  merchant: 'Merchant.',
  owner: 'Owner of the merchant, by identity document.',
  site: 'Site.',
  order:
    'Order id as its site numbers it: ask by site too where shops use the same numbers. History does so itself.',
  emailDomain: 'Domain of the e-mail address.',
  group: 'Group of the site.',
  issuerCountry: 'Country of the card’s issuer.',
  ipCountry: 'Country of the IP address.',
  billingCountry: 'Country of the bill.',
  shippingCountry: 'Country of delivery.',
  instrument: 'Kind of instrument.',
  method: 'Card brand, local method, voucher or operator.',
  currency: 'Currency of the payment.',
  amount: 'Amount in its own currency, in minor units: `1999 EUR`.',
  outcome: 'What was decided. Known of earlier payments only.',
  code: 'Decline code or chargeback reason. Of events only.',
  claim: 'What the payer claims. Of events only.',
  threeDs: 'Result of 3-D Secure. Of events only.',
  liabilityShift:
    'Whether the issuer bears fraud. Of authorisations, captures that say so and 3-D Secure results only.',
  label: 'What it turned out to be: of labels, and `fraud` of chargebacks for fraud. Of events only.',
  channel: 'The channel that reported. Of events only.',
  funding: 'Who funds the card.',
  account: 'The paying account of any instrument: the card, else account fingerprint under its method.',
  paymentKind: 'Ordinary payment, card check, or made by the merchant.',
  payment: 'The decision: counts payments where there is no order id. Of earlier payments only.',
};

export const KIND_MEANINGS: Readonly<Record<StreamKind | typeof SUCCEEDED, string>> = {
  payment: 'A payment that was screened, or imported as history.',
  'order-placed': 'The order was placed.',
  'method-chosen': 'The payer chose how to pay.',
  'pay-pressed': 'The payer pressed pay.',
  'sent-to-issuer': 'The payer was sent to the issuer.',
  'came-back': 'The payer came back.',
  authorised: 'The channel authorised it.',
  declined: 'The channel declined it; `code` says why.',
  'three-ds-result': 'How 3-D Secure ended.',
  captured: 'The money was taken.',
  refunded: 'Money was given back, all or part of it.',
  abandoned: 'The payer left.',
  cancelled: 'It was cancelled before it was captured.',
  'refund-claimed': 'The payer claims the money back.',
  'fraud-warning': 'The issuer reported it as fraud.',
  chargeback: 'It was charged back.',
  label: 'An analyst says what it was.',
  succeeded:
    'Authorised or captured, each payment once: some channels report captures only. Counted, not summed.',
};

export const FUNCTION_MEANINGS: Readonly<Record<VelocityFunction, string>> = {
  count: 'How many events; 0 over nothing.',
  sum: 'Sum of their amounts; 0 over nothing.',
  distinct: 'How many different values of `of`; 0 over nothing.',
  avg: 'Mean of their amounts; missing over nothing.',
  max: 'Largest amount; missing over nothing.',
  min: 'Smallest amount; missing over nothing.',
  stddev: 'Standard deviation of their amounts, of the population; 0 over one, missing over nothing.',
  ratio: 'The first part over the second; missing where a part is, or the second is 0.',
};

export const HISTORY_MEANINGS: Readonly<Record<HistoryQuestion, string>> = {
  firstSeenDays: 'Whole days since the first payment; missing when there is none.',
  daysSinceLastPayment: 'Whole days since the last payment; missing when there is none.',
  paidOrders: 'Orders authorised or captured.',
  goodOrders:
    'Orders paid at least `goodAfterDays` ago and never refunded (see `refundedOrders`), claimed, charged back, warned of or labelled fraud.',
  refundedOrders:
    'Orders of which at least a quarter of what was paid was given back: a few percent are goodwill.',
  claimedOrders: 'Orders for which the payer claimed the money back.',
  chargebackOrders: 'Orders charged back, whatever the reason.',
  fraudOrders: 'Orders warned of, labelled fraud or charged back for fraud.',
  liabilityShiftedOrders: 'Orders whose fraud the issuer bears.',
  refundedShare: '`refundedOrders` over `paidOrders`, at most 1; missing while nothing was paid.',
  claimedShare: '`claimedOrders` over `paidOrders`, at most 1; missing while nothing was paid.',
  chargebackShare: '`chargebackOrders` over `paidOrders`, at most 1; missing while nothing was paid.',
  troubledShare:
    'Orders refunded (see `refundedOrders`), claimed or charged back over `paidOrders`, at most 1; missing while nothing was paid.',
  paidMinor:
    'Money paid, of each order the most of its authorisations and of its captures, minor units of the base currency.',
  refundedMinor: 'Money given back, minor units of the base currency.',
  troubledMinor:
    'Money refunded, claimed or charged back, of each order the most of the three, minor units of the base currency.',
  refundedMoneyShare: 'Money given back over `paidMinor`, at most 1; missing while nothing was paid.',
  troubledMoneyShare: '`troubledMinor` over `paidMinor`, at most 1; missing while nothing was paid.',
  threeDsAsked: 'Results of 3-D Secure.',
  threeDsPassed: 'Results of 3-D Secure that are authenticated or attempted.',
  threeDsAbandoned: 'Results of 3-D Secure that are abandoned.',
  declinesInRow:
    'Declines of payments made since the last one that was authorised or captured: a capture of an older order ends nothing.',
};

export const HABIT_MEANINGS: Readonly<Record<HabitQuestion, string>> = {
  ratio: 'This amount over the mean of the earlier ones; missing when that is 0.',
  zscore: 'Distance from that mean in standard deviations; missing when they are all equal.',
  mean: 'The mean of the earlier amounts.',
  count: 'How many earlier payments with a known amount; 0 when there are none.',
};
