import { containsCardNumber, containsCardNumberApart } from '../../../facts/card-number.js';
import type { Problems } from './problems.js';

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const SITE_ID = /^[A-Za-z0-9._-]{1,64}$/;
const SLUG = /^[a-z0-9-]{1,64}$/;
const LOWER_NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const ONLY_DIGITS = /^[0-9 -]+$/;

const CARD_NUMBER = 'holds what looks like a card number; send a token or a keyed fingerprint instead';

/** What people write: bounded, no control characters, no card number anywhere in it. May be empty. */
export function freeText(problems: Problems, at: string, name: string, value: string, max: number): void {
  if (value === '') return;
  if (value.length > max) problems.add(at + name, `longer than ${max} characters`);
  else if (CONTROL.test(value)) problems.add(at + name, 'holds control characters');
  else if (containsCardNumber(value)) problems.add(at + name, CARD_NUMBER);
}

/** Free text that must be there. */
export function requiredText(problems: Problems, at: string, name: string, value: string, max: number): void {
  if (value.trim() === '') problems.add(at + name, 'is required');
  else freeText(problems, at, name, value, max);
}

/**
 * An id that somebody else made (token, fingerprint, order, device …): any printable ASCII. Runs of digits within it
 * mean nothing, hexadecimal ones have them by chance, so it is refused only when it is a card number, or when one stands
 * apart in it.
 */
export function opaqueId(problems: Problems, at: string, name: string, value: string, max: number): void {
  if (value === '') return;
  if (value.length > max) problems.add(at + name, `longer than ${max} characters`);
  else if (!PRINTABLE_ASCII.test(value))
    problems.add(at + name, 'holds characters other than printable ASCII');
  else if (isCardNumber(value)) problems.add(at + name, CARD_NUMBER);
}

/** An opaque id in any script: a merchant's own customer id or stock number. */
export function anyId(problems: Problems, at: string, name: string, value: string, max: number): void {
  if (value === '') return;
  if (value.length > max) problems.add(at + name, `longer than ${max} characters`);
  else if (CONTROL.test(value)) problems.add(at + name, 'holds control characters');
  else if (isCardNumber(value)) problems.add(at + name, CARD_NUMBER);
}

/** An opaque id that must be there. */
export function requiredId(problems: Problems, at: string, name: string, value: string, max: number): void {
  if (value.trim() === '') problems.add(at + name, 'is required');
  else opaqueId(problems, at, name, value, max);
}

/** The id of a site: 1 to 64 of [A-Za-z0-9._-]. */
export function siteId(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') problems.add(at + name, 'is required');
  else if (!SITE_ID.test(value)) problems.add(at + name, 'not 1 to 64 of [A-Za-z0-9._-]');
  else if (isCardNumber(value)) problems.add(at + name, CARD_NUMBER);
}

/** The id of a rule set or list: 1 to 64 of [a-z0-9-]. */
export function slug(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') problems.add(at + name, 'is required');
  else if (!SLUG.test(value)) problems.add(at + name, 'not 1 to 64 of [a-z0-9-]');
  else if (isCardNumber(value)) problems.add(at + name, CARD_NUMBER);
}

/** The name of a method, brand or wallet in lower case. May be empty. */
export function lowerName(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') return;
  if (!LOWER_NAME.test(value))
    problems.add(at + name, 'not 1 to 64 of [a-z0-9_.-], beginning with a letter or digit');
  else if (isCardNumber(value)) problems.add(at + name, CARD_NUMBER);
}

/** A lower-case name that must be there. */
export function requiredName(problems: Problems, at: string, name: string, value: string): void {
  if (value === '') problems.add(at + name, 'is required');
  else lowerName(problems, at, name, value);
}

/** Whether a text is a card number and nothing else, or holds one that stands apart. */
export function isCardNumber(value: string): boolean {
  if (value.length < 13) return false;
  return ONLY_DIGITS.test(value) ? containsCardNumber(value) : containsCardNumberApart(value);
}
