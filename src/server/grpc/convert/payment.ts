import {
  NO_INSTRUMENT,
  type AddressInput,
  type CustomerInput,
  type DeviceInput,
  type InstrumentInput,
  type ItemInput,
  type PaymentInput,
  type PaymentKind,
} from '../../../facts/payment.js';
import type {
  Address,
  Customer,
  Device,
  Instrument,
  Item,
  Payment,
} from '../../../gen/tollgate/v1/payment_pb.js';
import { CardFunding as Funding, PaymentKind as Kind } from '../../../gen/tollgate/v1/payment_pb.js';
import { toOptionalMs } from './time.js';

const NO_CUSTOMER: CustomerInput = { id: '', email: '', phone: '', name: '', registeredAt: undefined };
const NO_DEVICE: DeviceInput = { id: '', userAgent: '', acceptLanguage: '', utcOffsetMinutes: undefined };
const NO_ITEMS: readonly ItemInput[] = [];

const KINDS: Readonly<Record<Kind, PaymentKind>> = {
  [Kind.UNSPECIFIED]: 'payment',
  [Kind.PAYMENT]: 'payment',
  [Kind.CARD_CHECK]: 'card-check',
  [Kind.MERCHANT_INITIATED]: 'merchant-initiated',
};

const FUNDINGS: Readonly<Record<Funding, InstrumentInput['funding']>> = {
  [Funding.UNSPECIFIED]: '',
  [Funding.CREDIT]: 'credit',
  [Funding.DEBIT]: 'debit',
  [Funding.PREPAID]: 'prepaid',
};

/** A checked payment in the words of the core. */
export function toPaymentInput(payment: Payment): PaymentInput {
  const { amount, customer, device, billing, shipping, items } = payment;
  return {
    site: payment.site,
    language: payment.language,
    merchant: payment.merchant,
    terminal: payment.terminal,
    orderId: payment.orderId,
    kind: KINDS[payment.kind],
    minor: amount === undefined ? 0 : Number(amount.minor),
    currency: amount === undefined ? '' : amount.currency,
    instrument: toInstrument(payment.instrument),
    customer: customer === undefined ? NO_CUSTOMER : toCustomer(customer),
    device: device === undefined ? NO_DEVICE : toDevice(device),
    ip: payment.ip,
    billing: billing === undefined ? undefined : toAddress(billing),
    shipping: shipping === undefined ? undefined : toAddress(shipping),
    items: items.length === 0 ? NO_ITEMS : items.map(toItem),
    eventTime: toOptionalMs(payment.eventTime),
    attributes: payment.attributes,
  };
}

function toCustomer(customer: Customer): CustomerInput {
  return {
    id: customer.id,
    email: customer.email,
    phone: customer.phone,
    name: customer.name,
    registeredAt: toOptionalMs(customer.registeredAt),
  };
}

function toDevice(device: Device): DeviceInput {
  return {
    id: device.id,
    userAgent: device.userAgent,
    acceptLanguage: device.acceptLanguage,
    utcOffsetMinutes: device.utcOffsetMinutes,
  };
}

function toAddress(address: Address): AddressInput {
  return {
    name: address.name,
    line1: address.line1,
    line2: address.line2,
    city: address.city,
    region: address.region,
    postalCode: address.postalCode,
    country: address.country,
  };
}

function toItem(item: Item): ItemInput {
  return {
    sku: item.sku,
    name: item.name,
    category: item.category,
    quantity: item.quantity,
    unitPriceMinor: Number(item.unitPriceMinor),
  };
}

function toInstrument(instrument: Instrument | undefined): InstrumentInput {
  const kind = instrument?.kind;
  switch (kind?.case) {
    case 'card': {
      const card = kind.value;
      return {
        type: 'card',
        method: card.brand,
        token: card.token,
        fingerprint: card.fingerprint,
        bin: card.bin,
        last4: card.last4,
        paymentAccountReference: card.paymentAccountReference,
        issuerCountry: card.issuerCountry,
        funding: FUNDINGS[card.funding],
        wallet: card.wallet,
        expiryMonth: card.expiryMonth,
        expiryYear: card.expiryYear,
        country: '',
      };
    }
    case 'localMethod': {
      const { method, accountReference, country } = kind.value;
      return { ...NO_INSTRUMENT, type: 'local-method', method, fingerprint: accountReference, country };
    }
    case 'voucher': {
      const { method, country } = kind.value;
      return { ...NO_INSTRUMENT, type: 'voucher', method, country };
    }
    case 'bankTransfer': {
      const { accountFingerprint, country } = kind.value;
      return { ...NO_INSTRUMENT, type: 'bank-transfer', fingerprint: accountFingerprint, country };
    }
    case 'staticCode': {
      const { method, accountFingerprint, funding } = kind.value;
      return {
        ...NO_INSTRUMENT,
        type: 'static-code',
        method,
        fingerprint: accountFingerprint,
        funding: FUNDINGS[funding],
      };
    }
    default:
      return NO_INSTRUMENT;
  }
}
