import { containsCardNumber } from '../card-number.js';
import { isCountry } from '../geography/countries.js';
import { formatIpRange, parseIpRange } from '../normalise/ip.js';
import type { ListType } from './list-store.js';
import { normaliseAddressLine } from '../normalise/address.js';
import { normaliseEmail, normaliseEmailDomain } from '../normalise/email.js';
import type { Phone } from '../normalise/phone.js';

/** A list entry's value as it is kept and compared, or why it cannot be one. */
export type ListValue = { readonly ok: string } | { readonly problem: string };

const MAX_LENGTH = 256;
/** No payment holds any of these. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Makes the check that every value passes on its way to a list. Idempotent. */
export function createListValueReader(
  readPhone: (text: string, country: string) => Phone,
): (type: ListType, value: string) => ListValue {
  return (type, value) => {
    const text = value.trim();
    if (text === '') return { problem: 'is empty' };
    if (text.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters` };
    if (CONTROL.test(text)) return { problem: 'holds control characters' };
    switch (type) {
      case 'email':
        return orProblem(normaliseEmail(text), 'is no e-mail address');
      case 'email-domain':
        return domain(text);
      case 'ip': {
        const range = parseIpRange(text);
        return orProblem(
          range && formatIpRange(range),
          'is neither an IP address nor a range such as 203.0.113.0/24',
        );
      }
      case 'phone':
        return orProblem(
          readPhone(text, '').number,
          'is no telephone number with its country code, as in +491701234567',
        );
      case 'bin': {
        const digits = text.replace(/[ -]/g, '');
        // Payments carry six or eight: a longer entry would cover none.
        return /^\d{4,8}$/.test(digits) ? { ok: digits } : { problem: 'a BIN prefix has 4 to 8 digits' };
      }
      case 'country': {
        const code = text.toUpperCase();
        return isCountry(code) ? { ok: code } : { problem: 'is no ISO 3166-1 alpha-2 code' };
      }
      case 'address':
        if (containsCardNumber(text)) return { problem: 'holds what looks like a card number' };
        return orProblem(
          normaliseAddressLine(text),
          'write an address as street and number, postal code, country code',
        );
      default:
        return { ok: text };
    }
  };
}

function domain(text: string): ListValue {
  const name = normaliseEmailDomain(text.replace(/^[@.]+/, ''));
  if (name === '' || name.length > 253 || /[^a-z0-9.\-_]|\.\./.test(name))
    return { problem: 'is no domain name' };
  return { ok: name };
}

function orProblem(value: string | undefined, problem: string): ListValue {
  return value === undefined || value === '' ? { problem } : { ok: value };
}
