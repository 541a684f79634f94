import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAddress, normaliseAddressLine } from '../../../src/facts/normalise/address.js';
import { normaliseBin } from '../../../src/facts/normalise/bin.js';
import { emailDomain, normaliseDomain, normaliseEmail } from '../../../src/facts/normalise/email.js';
import type { AddressInput } from '../../../src/facts/payment.js';

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

describe('e-mail addresses', () => {
  it.each([
    ['Jane.Doe+shop@GoogleMail.com', 'janedoe@gmail.com'],
    ['j.a.n.e.doe@gmail.com', 'janedoe@gmail.com'],
    ['+x@gmail.com', '+x@gmail.com'],
    ['Jane.Doe+x@outlook.com', 'jane.doe@outlook.com'],
    ['jane+x@hotmail.com', 'jane@hotmail.com'],
    ['jane+a+b@live.com', 'jane@live.com'],
    ['jane+x@fastmail.com', 'jane@fastmail.com'],
    ['jane+x@icloud.com', 'jane@icloud.com'],
    ['jane+x@protonmail.com', 'jane@proton.me'],
    ['jane-shop@yahoo.com', 'jane@yahoo.com'],
    ['jane.doe+x@example.com', 'jane.doe+x@example.com'],
    [' jane@MÜLLER.example ', 'jane@xn--mller-kva.example'],
    ['jane@example.com.', 'jane@example.com'],
    ['"a@b"@example.com', '"a@b"@example.com'],
    ['no address', ''],
    ['@example.com', ''],
    ['jane@', ''],
  ])('%j is the mailbox %j', (text, mailbox) => {
    expect(normaliseEmail(text)).toBe(mailbox);
  });

  it('is idempotent, whatever comes in', () => {
    const domain = fc.oneof(
      anyText,
      fc.constantFrom('gmail.com', 'yahoo.com', 'Proton.me', 'bücher.de', 'pm.me'),
    );
    const local = fc.oneof(anyText, fc.string({ unit: fc.constantFrom(...'ab.+-'.split('')) }));
    fc.assert(
      fc.property(local, domain, (name, host) => {
        const once = normaliseEmail(`${name}@${host}`);
        expect(normaliseEmail(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(anyText, (text) => normaliseDomain(normaliseDomain(text)) === normaliseDomain(text)),
    );
  });

  it('gives the domain that lists ask for', () => {
    expect(emailDomain(normaliseEmail('A@Mail.Example.COM'))).toBe('mail.example.com');
    expect(emailDomain('')).toBe('');
  });
});

describe('postal addresses', () => {
  const address = (over: Partial<AddressInput>): AddressInput => ({
    name: '',
    line1: '',
    line2: '',
    city: '',
    region: '',
    postalCode: '',
    country: 'DE',
    ...over,
  });

  it('makes one line of the same place written differently', () => {
    const line = normaliseAddress(
      address({ line1: 'Straße des 17. Juni 135', postalCode: '10623', city: 'Berlin' }),
    );
    expect(line).toBe('strasse des 17 juni 135, 10623, DE');
    for (const same of [
      address({
        name: 'X',
        line1: 'STRASSE DES 17 JUNI',
        line2: '135',
        postalCode: '10 623',
        city: 'berlin',
      }),
      address({ line1: ' Strasse  des 17.Juni, 135 ', postalCode: '10623', country: 'de' }),
    ])
      expect(normaliseAddress(same)).toBe(line);
    expect(normaliseAddressLine('Straße des 17. Juni 135, 10623, de')).toBe(line);
  });

  it('keeps other alphabets, and takes the city where there is no postal code', () => {
    expect(normaliseAddress(address({ line1: 'ул. Ленина, 5', city: 'Москва', country: 'RU' }))).toBe(
      'ул ленина 5, москва, RU',
    );
  });

  it('is nothing without a street or a place', () => {
    expect(normaliseAddress(address({ line1: 'Main St 1' }))).toBe('');
    expect(normaliseAddress(address({ postalCode: '10623' }))).toBe('');
    expect(normaliseAddressLine('Main St 1')).toBeUndefined();
    expect(normaliseAddressLine('Main St 1, 10623, Germany')).toBeUndefined();
  });

  it('is idempotent, and the written line means the same as the fields', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (line1, line2, postalCode) => {
        const line = normaliseAddress(address({ line1, line2, postalCode }));
        if (line !== '') expect(normaliseAddressLine(line)).toBe(line);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('BINs', () => {
  it('keeps 4 to 11 leading digits', () => {
    expect(
      ['411111', '4111 1111', '4111', '411', 'x', '', '4111111111119999', '41111x'].map(normaliseBin),
    ).toEqual(['411111', '41111111', '4111', '', '', '', '41111111111', '']);
    fc.assert(fc.property(fc.string(), (text) => normaliseBin(normaliseBin(text)) === normaliseBin(text)));
  });
});
