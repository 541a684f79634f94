import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIST_TYPES, type ListType } from '../../../src/facts/lists/list-store.js';
import { createListValueReader } from '../../../src/facts/lists/normalise-value.js';
import { createPhoneReader } from '../../../src/facts/normalise/phone.js';

const read = createListValueReader(createPhoneReader());

describe('values of list entries', () => {
  it.each<[ListType, string, string]>([
    ['card', ' fp_1 ', 'fp_1'],
    ['bin', '4532 31', '453231'],
    ['email', 'Jane.Doe+x@GoogleMail.com', 'janedoe@gmail.com'],
    ['email-domain', '@Mail.Example.COM.', 'mail.example.com'],
    ['email-domain', 'GoogleMail.com', 'gmail.com'],
    ['email-domain', 'bücher.example', 'xn--bcher-kva.example'],
    ['ip', '198.51.100.77/22', '198.51.100.0/22'],
    ['ip', '::ffff:198.51.100.77', '198.51.100.77'],
    ['ip', '2001:DB8::/32', '2001:db8:0:0:0:0:0:0/32'],
    ['country', 'de', 'DE'],
    ['phone', '0049 170 1234567', '+491701234567'],
    ['device', 'd-1', 'd-1'],
    ['customer', 'c-1', 'c-1'],
    ['address', 'Hauptstr. 5, 10 115, de', 'hauptstr 5, 10115, DE'],
  ])('%s %j is kept as %j', (type, value, kept) => {
    expect(read(type, value)).toEqual({ ok: kept });
  });

  it.each<[ListType, string]>([
    ['card', '  '],
    ['card', 'x'.repeat(257)],
    ['card', 'fp\u00001'],
    ['customer', 'c\u007f1'],
    ['bin', '411'],
    ['bin', '411111111'],
    ['bin', '4111x'],
    ['email', 'jane'],
    ['email-domain', 'exam ple.com'],
    ['email-domain', 'a..b'],
    ['email-domain', 'jane@example.com'],
    ['ip', '198.51.100.300'],
    ['ip', '198.51.100.0/33'],
    ['country', 'Germany'],
    ['country', 'UK'],
    ['country', 'EU'],
    ['phone', '0170 1234567'],
    ['address', 'somewhere'],
  ])('%s %j is refused with a reason', (type, value) => {
    expect(read(type, value)).toEqual({ problem: expect.stringMatching(/.{5,}/) });
  });

  it('is idempotent for every type', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...LIST_TYPES),
        fc.oneof(
          fc.string(),
          fc.emailAddress(),
          fc.ipV4(),
          fc.ipV6(),
          fc.domain(),
          fc.string({ unit: 'grapheme' }),
        ),
        (type, value) => {
          const once = read(type, value);
          if ('ok' in once) expect(read(type, once.ok)).toEqual(once);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
