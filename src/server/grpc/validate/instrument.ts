import type { Card, Instrument } from '../../../gen/tollgate/v1/payment_pb.js';
import { CardFundingSchema, PaymentKind } from '../../../gen/tollgate/v1/payment_pb.js';
import type { Problems } from './problems.js';
import { freeText, lowerName, opaqueId, requiredName } from './text.js';
import { country, enumValue, within } from './values.js';

const BIN = /^(?:[0-9]{6}|[0-9]{8})$/;
const LAST4 = /^[0-9]{4}$/;

/** What is paid with: one kind, its own fields in their formats, and possible for this kind of payment. */
export function checkInstrument(
  problems: Problems,
  at: string,
  instrument: Instrument | undefined,
  kind: PaymentKind,
): void {
  const of = instrument?.kind;
  if (of?.case === undefined) {
    problems.add(`${at}instrument`, 'is required');
    return;
  }
  const inside = `${at}instrument.`;
  if (kind === PaymentKind.CARD_CHECK && of.case !== 'card') {
    problems.add(`${at}kind`, 'a card check needs a card');
  }
  if (kind === PaymentKind.MERCHANT_INITIATED && (of.case === 'voucher' || of.case === 'staticCode')) {
    problems.add(`${at}kind`, 'this instrument needs the payer present');
  }
  switch (of.case) {
    case 'card':
      checkCard(problems, `${inside}card.`, of.value);
      return;
    case 'localMethod':
      requiredName(problems, `${inside}local_method.`, 'method', of.value.method);
      opaqueId(problems, `${inside}local_method.`, 'account_reference', of.value.accountReference, 128);
      country(problems, `${inside}local_method.`, 'country', of.value.country);
      return;
    case 'voucher':
      requiredName(problems, `${inside}voucher.`, 'method', of.value.method);
      country(problems, `${inside}voucher.`, 'country', of.value.country);
      within(problems, `${inside}voucher.`, 'expires_in_hours', of.value.expiresInHours, 0, 2160);
      return;
    case 'bankTransfer':
      country(problems, `${inside}bank_transfer.`, 'country', of.value.country);
      opaqueId(problems, `${inside}bank_transfer.`, 'account_fingerprint', of.value.accountFingerprint, 128);
      return;
    case 'staticCode':
      requiredName(problems, `${inside}static_code.`, 'method', of.value.method);
      opaqueId(problems, `${inside}static_code.`, 'account_fingerprint', of.value.accountFingerprint, 128);
      enumValue(problems, `${inside}static_code.`, 'funding', of.value.funding, CardFundingSchema, false);
      return;
  }
}

function checkCard(problems: Problems, at: string, card: Card): void {
  opaqueId(problems, at, 'token', card.token, 256);
  opaqueId(problems, at, 'fingerprint', card.fingerprint, 128);
  opaqueId(problems, at, 'payment_account_reference', card.paymentAccountReference, 64);
  if (card.token === '' && card.fingerprint === '' && card.paymentAccountReference === '') {
    problems.add(at.slice(0, -1), 'needs a token, a fingerprint or a payment_account_reference');
  }
  if (card.bin !== '' && !BIN.test(card.bin)) problems.add(`${at}bin`, 'not 6 or 8 digits');
  if (card.last4 !== '' && !LAST4.test(card.last4)) problems.add(`${at}last4`, 'not 4 digits');
  if (card.expiryMonth !== 0 || card.expiryYear !== 0) {
    within(problems, at, 'expiry_month', card.expiryMonth, 1, 12);
    if (card.expiryYear < 2000 || card.expiryYear > 2100) {
      problems.add(`${at}expiry_year`, 'not a year between 2000 and 2100');
    }
  }
  lowerName(problems, at, 'brand', card.brand);
  country(problems, at, 'issuer_country', card.issuerCountry);
  enumValue(problems, at, 'funding', card.funding, CardFundingSchema, false);
  lowerName(problems, at, 'wallet', card.wallet);
  freeText(problems, at, 'holder', card.holder, 200);
}
