import type { Attribute } from '../attributes.js';
import type { KeyHash } from './key-hash.js';
import { normaliseAddressLine } from '../normalise/address.js';
import { countedBin } from '../normalise/bin.js';
import { normaliseEmail, normaliseEmailDomain } from '../normalise/email.js';
import type { Phone } from '../normalise/phone.js';
import { normaliseIp } from '../normalise/ip.js';

/**
 * Hashes values as people write them in rules and queries the way payments' own are hashed: normalised first. What
 * cannot be normalised is hashed as it stands, so that it matches nothing by accident.
 */
export function createAttributeHash(
  hash: KeyHash,
  readPhone: (text: string, country: string) => Phone,
): KeyHash {
  return (attribute, value) => hash(attribute, normalise(attribute, value) || value);

  function normalise(attribute: Attribute, value: string): string {
    switch (attribute) {
      case 'email':
        return normaliseEmail(value);
      case 'emailDomain':
        return normaliseEmailDomain(value);
      case 'phone':
        return readPhone(value, '').number;
      case 'ip':
        return normaliseIp(value);
      case 'bin':
        return countedBin(value);
      case 'address':
        return normaliseAddressLine(value) ?? '';
      case 'method':
        return value.toLowerCase();
      case 'issuerCountry':
      case 'ipCountry':
      case 'billingCountry':
      case 'shippingCountry':
      case 'currency':
      case 'amount':
        return value.toUpperCase();
      default:
        return value;
    }
  }
}

/** The value of the attribute `amount`: minor units and currency, as in `1999 EUR`. */
export function amountValue(minor: number, currency: string): string {
  return `${minor} ${currency}`;
}
