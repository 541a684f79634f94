import type { FactDefinition } from '../../rules/catalogue.js';
import type { PaymentContext } from '../context.js';
import type { ListType } from './list-store.js';

/** What of a payment can be looked for on a list, and which type of list it belongs on. */
const LISTED_VALUES = {
  card: 'card',
  bin: 'bin',
  email: 'email',
  emailDomain: 'email-domain',
  ip: 'ip',
  phone: 'phone',
  device: 'device',
  customer: 'customer',
  address: 'address',
  billingAddress: 'address',
  shippingAddress: 'address',
  ipCountry: 'country',
  issuerCountry: 'country',
  billingCountry: 'country',
  shippingCountry: 'country',
  siteCountry: 'country',
  phoneCountry: 'country',
} as const satisfies Record<string, ListType>;
type ListedValue = keyof typeof LISTED_VALUES;

/** What a list is asked about where a rule does not say; country lists have no such default. */
const BY_TYPE: Readonly<Record<string, ListedValue>> = {
  card: 'card',
  bin: 'bin',
  email: 'email',
  'email-domain': 'emailDomain',
  ip: 'ip',
  phone: 'phone',
  device: 'device',
  customer: 'customer',
  address: 'address',
};

const VALUES: Readonly<Record<ListedValue, (context: PaymentContext) => string>> = {
  card: ({ card }) => card,
  bin: ({ bin }) => bin,
  email: ({ email }) => email,
  emailDomain: ({ emailDomain }) => emailDomain,
  // The whole address, not the /64 it is counted under: a range on a list may be narrower.
  ip: ({ input, ip }) => (ip === '' ? '' : input.ip),
  phone: ({ phone }) => phone.number,
  device: ({ input }) => input.device.id,
  customer: ({ input }) => input.customer.id,
  address: ({ shippingAddress, billingAddress }) => shippingAddress || billingAddress,
  billingAddress: ({ billingAddress }) => billingAddress,
  shippingAddress: ({ shippingAddress }) => shippingAddress,
  ipCountry: ({ ipCountry }) => ipCountry,
  issuerCountry: ({ issuerCountry }) => issuerCountry,
  billingCountry: ({ billingCountry }) => billingCountry,
  shippingCountry: ({ shippingCountry }) => shippingCountry,
  siteCountry: ({ site }) => site.country,
  phoneCountry: ({ phone }) => phone.country,
};

/** Which value of a payment a list is asked about; undefined: the list's type does not say, or is not known. */
export function listedAs(of: unknown, listType: string | undefined): string | undefined {
  return typeof of === 'string' ? of : listType === undefined ? undefined : BY_TYPE[listType];
}

/** The part of the lists in memory that the fact asks. */
export interface ListReading {
  /** Values are normalised; undefined: no such list, or not in memory. */
  has(list: string, value: string, at: number): boolean | undefined;
  typeOf(list: string): string | undefined;
}

/**
 * Prepares the fact `list`: whether the payment's value is on the list at `at` (epoch ms). Undefined when the payment
 * has no such value, the list is unknown, or its type does not fit the value. A card is listed when any of its payment
 * account reference, fingerprint or token is.
 */
export function listFact(
  list: string,
  of: string | undefined,
): (context: PaymentContext, lists: ListReading, at: number) => boolean | undefined {
  return (context, lists, at) => {
    const type = lists.typeOf(list);
    if (type === undefined) return undefined;
    const wanted = (of ?? BY_TYPE[type]) as ListedValue | undefined;
    if (wanted === undefined || LISTED_VALUES[wanted] !== type) return undefined;
    const value = VALUES[wanted](context);
    if (value === '') return undefined;
    if (wanted !== 'card') return lists.has(list, value, at);
    const { paymentAccountReference, fingerprint, token } = context.input.instrument;
    let listed: boolean | undefined;
    for (const name of [paymentAccountReference, fingerprint, token]) {
      if (name !== '') listed = lists.has(list, name, at);
      if (listed === true) return true;
    }
    return listed;
  };
}

/** The normalised values of a payment that a list of a type is asked about; none where the type does not fit. */
export function listedValues(
  type: string,
  of: string | undefined,
  context: PaymentContext,
): readonly string[] {
  const wanted = (of ?? BY_TYPE[type]) as ListedValue | undefined;
  if (wanted === undefined || LISTED_VALUES[wanted] !== type) return [];
  const { paymentAccountReference, fingerprint, token } = context.input.instrument;
  const values =
    wanted === 'card' ? [paymentAccountReference, fingerprint, token] : [VALUES[wanted](context)];
  return values.filter((value) => value !== '');
}

/** The definition of the fact; it is read by `listFact`, which needs the lists. */
export const LIST_FACT: FactDefinition = {
  name: 'list',
  type: 'boolean',
  source: 'list',
  description:
    'Whether a value of the payment is on a list now; missing when the payment has no such value or there is no such list.',
  params: {
    type: 'object',
    properties: {
      list: { type: 'string', pattern: '^[a-z0-9-]{1,64}$', description: 'The id of the list.' },
      of: {
        enum: Object.keys(LISTED_VALUES),
        description:
          'Which value of the payment; by default what the list’s type says. Country lists need it.',
      },
    },
    required: ['list'],
    additionalProperties: false,
  },
  listTypes: LISTED_VALUES,
  example: { fact: 'list', params: { list: 'blocked-emails' }, operator: 'equal', value: true },
};
