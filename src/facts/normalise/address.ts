import type { AddressInput } from '../payment.js';

/**
 * An address as one comparable line: `street and number, postal code, COUNTRY`, folded in case, accents, punctuation
 * and spacing; the city stands in for a missing postal code. The addressee is left out: one address, many names.
 * '' when there is no street or no place.
 */
export function normaliseAddress(address: AddressInput): string {
  const street = foldLine(address.line2 === '' ? address.line1 : `${address.line1} ${address.line2}`);
  const place = foldPlace(address.postalCode === '' ? address.city : address.postalCode);
  return street === '' || place === '' ? '' : `${street}, ${place}, ${address.country.toUpperCase()}`;
}

/** Reads an address written as `street and number, postal code, CC`; undefined when it is not. Idempotent. */
export function normaliseAddressLine(text: string): string | undefined {
  const parts = text.split(',');
  const country = parts.pop()?.trim().toUpperCase() ?? '';
  const place = foldPlace(parts.pop() ?? '');
  const street = foldLine(parts.join(' '));
  if (!/^[A-Z]{2}$/.test(country) || place === '' || street === '') return undefined;
  return `${street}, ${place}, ${country}`;
}

function foldPlace(text: string): string {
  return foldLine(text).replaceAll(' ', '');
}

function foldLine(text: string): string {
  return PLAIN.test(text) ? squeeze(text.toLowerCase()) : squeeze(foldLetters(text));
}

const PLAIN = /^[\x20-\x7e]*$/;

function squeeze(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}

/** Letters without case and accents. ß and its kin are written out by hand: Unicode does not decompose them. */
function foldLetters(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .replaceAll('æ', 'ae')
    .replaceAll('đ', 'd')
    .replaceAll('ı', 'i');
}
