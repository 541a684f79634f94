import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { Address, Customer, Device, Item, Payment } from '../../../gen/tollgate/v1/payment_pb.js';
import { PaymentKind, PaymentKindSchema } from '../../../gen/tollgate/v1/payment_pb.js';
import { checkInstrument } from './instrument.js';
import type { Problems } from './problems.js';
import { anyId, freeText, isCardNumber, opaqueId, siteId } from './text.js';
import { country, email, enumValue, ip, language, money, phone, timestamp, within } from './values.js';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const DAY_SECONDS = 86_400n;
const ATTRIBUTE_NAME = /^[a-z0-9_.-]{1,64}$/;

/**
 * Every field of a payment; `at` is the path it stands at, with a dot at the end. `madeAt` is when it was made, where that
 * is known.
 */
export function checkPayment(
  problems: Problems,
  at: string,
  payment: Payment,
  madeAt = payment.eventTime,
): void {
  const { kind } = payment;
  siteId(problems, at, 'site', payment.site);
  language(problems, at, 'language', payment.language);
  opaqueId(problems, at, 'merchant', payment.merchant, 64);
  opaqueId(problems, at, 'terminal', payment.terminal, 64);
  opaqueId(problems, at, 'order_id', payment.orderId, 128);
  enumValue(problems, at, 'kind', kind, PaymentKindSchema, false);
  if (payment.amount === undefined) problems.add(`${at}amount`, 'is required');
  money(problems, at, 'amount', payment.amount, kind === PaymentKind.CARD_CHECK ? 'zero' : 'positive');
  checkInstrument(problems, at, payment.instrument, kind);
  if (payment.customer !== undefined) checkCustomer(problems, `${at}customer.`, payment.customer);
  if (payment.device !== undefined) checkDevice(problems, `${at}device.`, payment.device);
  ip(problems, at, 'ip', payment.ip);
  if (payment.billing !== undefined) checkAddress(problems, `${at}billing.`, payment.billing);
  if (payment.shipping !== undefined) checkAddress(problems, `${at}shipping.`, payment.shipping);
  if (payment.items.length > 0) checkItems(problems, at, payment.items);
  const before = problems.list.length;
  timestamp(problems, at, 'event_time', payment.eventTime);
  if (problems.list.length === before) checkRegistered(problems, at, payment.customer, madeAt);
  checkAttributes(problems, at, payment.attributes);
}

function checkCustomer(problems: Problems, at: string, customer: Customer): void {
  anyId(problems, at, 'id', customer.id, 128);
  email(problems, at, 'email', customer.email);
  phone(problems, at, 'phone', customer.phone);
  freeText(problems, at, 'name', customer.name, 200);
  timestamp(problems, at, 'registered_at', customer.registeredAt);
}

/** Some know the day of a registration only, in their own time zone: a day is no contradiction. */
function checkRegistered(
  problems: Problems,
  at: string,
  customer: Customer | undefined,
  madeAt: Timestamp | undefined,
): void {
  if (madeAt === undefined || customer?.registeredAt === undefined) return;
  if (customer.registeredAt.seconds > madeAt.seconds + DAY_SECONDS)
    problems.add(`${at}customer.registered_at`, 'is after event_time');
}

function checkDevice(problems: Problems, at: string, device: Device): void {
  opaqueId(problems, at, 'id', device.id, 256);
  freeText(problems, at, 'user_agent', device.userAgent, 1024);
  freeText(problems, at, 'accept_language', device.acceptLanguage, 256);
  if (device.utcOffsetMinutes !== undefined) {
    within(problems, at, 'utc_offset_minutes', device.utcOffsetMinutes, -840, 840);
  }
}

function checkAddress(problems: Problems, at: string, address: Address): void {
  freeText(problems, at, 'name', address.name, 200);
  freeText(problems, at, 'line1', address.line1, 200);
  freeText(problems, at, 'line2', address.line2, 200);
  freeText(problems, at, 'city', address.city, 100);
  freeText(problems, at, 'region', address.region, 100);
  freeText(problems, at, 'postal_code', address.postalCode, 20);
  country(problems, at, 'country', address.country);
}

function checkItems(problems: Problems, at: string, items: readonly Item[]): void {
  for (const [index, item] of items.entries()) {
    const inside = `${at}items[${index}].`;
    anyId(problems, inside, 'sku', item.sku, 128);
    freeText(problems, inside, 'name', item.name, 256);
    freeText(problems, inside, 'category', item.category, 128);
    within(problems, inside, 'quantity', item.quantity, 1, 1_000_000);
    if (item.unitPriceMinor < 0n || item.unitPriceMinor > MAX_SAFE) {
      problems.add(`${inside}unit_price_minor`, 'not between 0 and 9,007,199,254,740,991');
    }
  }
}

function checkAttributes(problems: Problems, at: string, attributes: Readonly<Record<string, string>>): void {
  for (const name in attributes) {
    if (!ATTRIBUTE_NAME.test(name)) {
      problems.add(`${at}attributes`, 'a name is not 1 to 64 of [a-z0-9_.-]');
    } else if (name === '__proto__') {
      // An ordinary object would lose it, or take its value for a prototype.
      problems.add(`${at}attributes`, 'a name must not be __proto__');
    } else if (isCardNumber(name)) {
      problems.add(`${at}attributes`, 'a name looks like a card number');
    } else {
      freeText(problems, at, `attributes["${name}"]`, attributes[name] ?? '', 256);
    }
  }
}
