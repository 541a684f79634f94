import { isCurrency } from '../../money/currencies.js';
import type { Attribute } from '../attributes.js';
import { isCountry } from '../geography/countries.js';
import { normaliseIp } from '../normalise/ip.js';
import { normaliseAddressLine } from '../normalise/address.js';
import { countedBin } from '../normalise/bin.js';
import { normaliseEmail, normaliseEmailDomain } from '../normalise/email.js';

interface Form {
  readonly fits: (value: string) => boolean;
  readonly says: string;
}

const COUNTRY: Form = {
  fits: (value) => isCountry(value.toUpperCase()),
  says: 'is no country of ISO 3166-1, as in GB',
};

/** How values of attributes are written, where not every text can be one. */
const FORMS: Readonly<Partial<Record<Attribute, Form>>> = {
  issuerCountry: COUNTRY,
  ipCountry: COUNTRY,
  billingCountry: COUNTRY,
  shippingCountry: COUNTRY,
  currency: {
    fits: (value) => isCurrency(value.toUpperCase()),
    says: 'is no currency of ISO 4217, as in EUR',
  },
  amount: {
    fits: (value) => /^\d+ [a-z]{3}$/i.test(value) && isCurrency(value.slice(-3).toUpperCase()),
    says: 'is no amount in minor units and currency, as in 1999 EUR',
  },
  email: { fits: (value) => normaliseEmail(value) !== '', says: 'is no e-mail address' },
  emailDomain: {
    fits: (value) => /^[^@\s]+$/.test(normaliseEmailDomain(value)),
    says: 'is no domain, as in example.com',
  },
  ip: { fits: (value) => normaliseIp(value) !== '', says: 'is no IP address' },
  bin: { fits: (value) => countedBin(value).length === 6, says: 'is no BIN of six digits' },
  phone: {
    fits: (value) => /^\s*\+/.test(value),
    says: 'is no telephone number with its country code, as in +491701234567',
  },
  address: {
    fits: (value) => normaliseAddressLine(value) !== undefined,
    says: 'is no address: write street and number, postal code, country code',
  },
};

/** Why no payment and no report can ever have this value, if so: what asks for it counts nothing. */
export function neverHas(attribute: Attribute, value: string): string | undefined {
  const form = FORMS[attribute];
  return form === undefined || form.fits(value) ? undefined : form.says;
}
