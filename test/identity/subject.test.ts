import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSubject, subjectOf } from '../../src/identity/subject.js';

describe('whom a certificate names', () => {
  it.each([
    [
      'its URI before anything else',
      { subject: { CN: 'a' }, subjectaltname: 'DNS:a.example, URI:spiffe://x/y' },
      'URI:spiffe://x/y',
    ],
    ['the first of several', { subjectaltname: 'DNS:a.example, DNS:b.example' }, 'DNS:a.example'],
    [
      'its common name where there is no other',
      { subject: { CN: 'Shop ES' }, subjectaltname: 'IP Address:127.0.0.1' },
      'CN:Shop ES',
    ],
    ['a value that holds commas as one', { subjectaltname: 'URI:"a, URI:b", DNS:c.example' }, 'URI:a, URI:b'],
    [
      'a quoted value with quotes and backslashes',
      { subjectaltname: 'DNS:"a\\"\\\\, DNS:b"' },
      'DNS:a"\\, DNS:b',
    ],
    ['nobody without any name', {}, undefined],
    ['nobody where there are several common names', { subject: { CN: ['a', 'b'] } }, undefined],
    [
      'nobody by an empty name, and none of the others',
      { subject: { CN: 'a' }, subjectaltname: 'URI:, DNS:b' },
      undefined,
    ],
    ['nobody by control characters', { subject: { CN: 'a\0b' } }, undefined],
    ['nobody by a name without end', { subject: { CN: 'x'.repeat(251) } }, undefined],
  ])('is %s', (_, names, subject) => {
    expect(subjectOf(names)).toBe(subject);
  });

  it('is taken of real ones, which Node writes in this form', () => {
    const altNames = (name: string): string =>
      new X509Certificate(readFileSync(`test/support/tls/${name}.crt`)).subjectAltName ?? '';
    expect(subjectOf({ subjectaltname: altNames('robot') })).toBe('URI:spiffe://merchant/robot');
    expect(subjectOf({ subjectaltname: altNames('shop') })).toBe('DNS:shop-es.example');
  });

  it('cannot be given in a form that no certificate is known by', () => {
    expect(['URI:a', 'DNS:a', 'CN:Shop ES'].every(isSubject)).toBe(true);
    expect(['a', 'IP:1', 'CN:', 'cn:a', 'CN:ä', ' CN:a'].some(isSubject)).toBe(false);
  });
});
