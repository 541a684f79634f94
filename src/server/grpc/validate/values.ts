import { isIP } from 'node:net';
import type { DescEnum } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { Money } from '../../../gen/tollgate/v1/payment_pb.js';
import { isCurrency } from '../../../money/currencies.js';
import { isCountry } from '../../../facts/geography/countries.js';
import type { Problems } from './problems.js';
import { isCardNumber } from './text.js';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** 9999-12-31T23:59:59Z. */
const LAST_SECOND = 253_402_300_799n;

const LANGUAGE = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,8}$/;
const PHONE = /^\+?[0-9 ().\-/]{4,32}(?: ?(?:ext\.?|x|#) ?[0-9]{1,6})?$/i;
const EMAIL_LOCAL = /^[^\s@\p{Cc}]{1,64}$/u;
const EMAIL_DOMAIN = /^[^\s@.\p{Cc}]+(?:\.[^\s@.\p{Cc}]+)+$/u;
const MAX_ETAG = 64;
const RULE = /^[a-z0-9-]{1,64}\/[a-z0-9-]{1,64}$/;
const HASH = /^[0-9a-f]{64}$/;
/** The longest hold a value of a list: 256 characters, in UTF-8 and base64. */
const TOKEN = /^[\x21-\x7e]{1,2048}$/;

/** What amounts a place allows. */
export type AmountRule = 'positive' | 'zero' | 'any';

/** An amount with a known currency; absent is fine. */
export function money(
  problems: Problems,
  at: string,
  name: string,
  value: Money | undefined,
  rule: AmountRule,
): void {
  if (value === undefined) return;
  const { minor } = value;
  if (minor < 0n) problems.add(`${at}${name}.minor`, 'is negative');
  else if (minor > MAX_SAFE) problems.add(`${at}${name}.minor`, 'larger than 9,007,199,254,740,991');
  else if (rule === 'positive' && minor === 0n) {
    problems.add(`${at}${name}.minor`, 'must be above 0; only a card check has amount 0');
  } else if (rule === 'zero' && minor !== 0n) {
    problems.add(`${at}${name}.minor`, 'must be 0 for a card check');
  }
  currency(problems, at, `${name}.currency`, value.currency, true);
}

/** An ISO 4217 code. */
export function currency(
  problems: Problems,
  at: string,
  name: string,
  value: string,
  required: boolean,
): void {
  if (value === '') {
    if (required) problems.add(at + name, 'is required');
  } else if (!isCurrency(value)) {
    problems.add(at + name, 'not an ISO 4217 currency code in capitals');
  }
}

/** An ISO 3166-1 alpha-2 code; may be empty. */
export function country(problems: Problems, at: string, name: string, value: string): void {
  if (value !== '' && !isCountry(value)) {
    problems.add(at + name, 'not an ISO 3166-1 alpha-2 country code in capitals');
  }
}

/** A moment between 1970 and 9999; absent is fine. */
export function timestamp(problems: Problems, at: string, name: string, value: Timestamp | undefined): void {
  if (value === undefined) return;
  if (value.seconds < 0n || value.seconds > LAST_SECOND) {
    problems.add(at + name, 'not between the years 1970 and 9999');
  } else if (value.nanos < 0 || value.nanos > 999_999_999) {
    problems.add(at + name, 'nanos not between 0 and 999,999,999');
  }
}

/** From one moment until another; either may be absent. */
export function span(problems: Problems, from: Timestamp | undefined, to: Timestamp | undefined): void {
  timestamp(problems, '', 'from', from);
  timestamp(problems, '', 'to', to);
  if (from !== undefined && to !== undefined && isBefore(to, from)) problems.add('to', 'before from');
}

/** Whether one moment comes before another. */
export function isBefore(a: Timestamp, b: Timestamp): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}

/** A BCP 47 tag; may be empty. */
export function language(problems: Problems, at: string, name: string, value: string): void {
  if (value !== '' && !LANGUAGE.test(value)) problems.add(at + name, 'not a BCP 47 language tag');
}

/** An IPv4 or IPv6 address without zone or prefix length; may be empty. */
export function ip(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') return;
  if (value.length > 45 || isIP(value) === 0 || value.includes('%')) {
    problems.add(at + name, 'not an IPv4 or IPv6 address');
  }
}

/** local@domain.tld, at most 254 characters; may be empty. */
export function email(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') return;
  const split = value.lastIndexOf('@');
  const local = value.slice(0, Math.max(split, 0));
  if (value.length > 254) problems.add(at + name, 'longer than 254 characters');
  else if (!EMAIL_LOCAL.test(local) || !EMAIL_DOMAIN.test(value.slice(split + 1))) {
    problems.add(at + name, 'not an e-mail address');
  } else if (isCardNumber(local)) {
    problems.add(at + name, 'its local part looks like a card number');
  }
}

/** A phone number in any common writing: 4 to 15 digits, or 17 with a leading 00; may be empty. */
export function phone(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') return;
  const digits = countDigits(value);
  const most = value.startsWith('00') ? 17 : 15;
  if (!PHONE.test(value) || digits < 4) problems.add(at + name, 'not a phone number');
  else if (digits > most && !/[x#]/i.test(value)) problems.add(at + name, 'more than 15 digits');
}

/** A whole number between two bounds, both included. */
export function within(
  problems: Problems,
  at: string,
  name: string,
  value: number,
  min: number,
  max: number,
): void {
  if (value < min || value > max) problems.add(at + name, `not between ${group(min)} and ${group(max)}`);
}

/** What a generated enum says of itself: its values by number. */
export type EnumSchema = Pick<DescEnum, 'value'>;

/** A value of a generated enum: proto3 lets any number through. */
export function enumValue(
  problems: Problems,
  at: string,
  name: string,
  value: number,
  schema: EnumSchema,
  required: boolean,
): void {
  if (value === 0) {
    if (required) problems.add(at + name, 'is required');
  } else if (schema.value[value] === undefined) {
    problems.add(at + name, `unknown value ${value}`);
  }
}

/** A rule, as RULE_SET/RULE; may be empty. */
export function ruleName(problems: Problems, at: string, name: string, value: string): void {
  if (value !== '' && !RULE.test(value)) problems.add(at + name, 'not RULE_SET/RULE');
}

/** An etag; may be empty. Callers need not know what one looks like: whatever was not given out here is stale. */
export function etag(problems: Problems, at: string, name: string, value: string): void {
  if (value.length > MAX_ETAG) problems.add(at + name, `longer than ${MAX_ETAG} characters`);
}

/** A SHA-256 in hexadecimal; may be empty. */
export function sha256(problems: Problems, at: string, name: string, value: string): void {
  if (value !== '' && !HASH.test(value)) problems.add(at + name, 'not a SHA-256 in lower-case hexadecimal');
}

/** Page size and token of a listing. */
export function page(problems: Problems, at: string, size: number, token: string): void {
  within(problems, at, 'page_size', size, 0, 1000);
  if (token !== '' && !TOKEN.test(token))
    problems.add(`${at}page_token`, 'not a token that was given out here');
}

/** An IANA time zone; may be empty. */
export function timeZone(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') return;
  if (value.length > 64 || !isTimeZone(value)) problems.add(at + name, 'not an IANA time zone');
}

function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 are accepted by Intl, but are no zones with rules of their own.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function countDigits(text: string): number {
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 48 && unit <= 57) digits++;
  }
  return digits;
}

function group(value: number): string {
  return value.toLocaleString('en-US');
}
