/** A payment as it was asked about: plain data, checked at the edge. Absent strings are '', so that all have one shape. */
export interface PaymentInput {
  readonly site: string;
  readonly language: string;
  readonly merchant: string;
  readonly terminal: string;
  readonly orderId: string;
  readonly kind: PaymentKind;
  /** Minor units of `currency`. */
  readonly minor: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly instrument: InstrumentInput;
  readonly customer: CustomerInput;
  readonly device: DeviceInput;
  readonly ip: string;
  readonly billing: AddressInput | undefined;
  readonly shipping: AddressInput | undefined;
  readonly items: readonly ItemInput[];
  /** Epoch ms; undefined: the server's clock. */
  readonly eventTime: number | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

export const PAYMENT_KINDS = ['payment', 'card-check', 'merchant-initiated'] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

export const INSTRUMENT_TYPES = ['card', 'local-method', 'voucher', 'bank-transfer', 'static-code'] as const;
export type InstrumentType = (typeof INSTRUMENT_TYPES)[number];

export const CARD_FUNDINGS = ['credit', 'debit', 'prepaid'] as const;
export type CardFunding = (typeof CARD_FUNDINGS)[number];

/** What is paid with. One shape for all types; what a type lacks is ''. */
export interface InstrumentInput {
  readonly type: InstrumentType;
  /** Local method, voucher or static-code operator; for a card its brand as sent, may be ''. */
  readonly method: string;
  /** Card vault token. */
  readonly token: string;
  /** Keyed fingerprint of the card or account. */
  readonly fingerprint: string;
  readonly bin: string;
  readonly last4: string;
  readonly paymentAccountReference: string;
  readonly issuerCountry: string;
  readonly funding: CardFunding | '';
  readonly wallet: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
  /** Country in which a local method is used, or of the payer's bank. */
  readonly country: string;
}

/** A card of which nothing is known: what other instruments are laid over. */
export const NO_INSTRUMENT: InstrumentInput = {
  type: 'card',
  method: '',
  token: '',
  fingerprint: '',
  bin: '',
  last4: '',
  paymentAccountReference: '',
  issuerCountry: '',
  funding: '',
  wallet: '',
  expiryMonth: 0,
  expiryYear: 0,
  country: '',
};

export interface CustomerInput {
  readonly id: string;
  readonly email: string;
  readonly phone: string;
  readonly name: string;
  /** Epoch ms. */
  readonly registeredAt: number | undefined;
}

export interface DeviceInput {
  readonly id: string;
  readonly userAgent: string;
  readonly acceptLanguage: string;
  readonly utcOffsetMinutes: number | undefined;
}

export interface AddressInput {
  readonly name: string;
  readonly line1: string;
  readonly line2: string;
  readonly city: string;
  readonly region: string;
  readonly postalCode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface ItemInput {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
}
