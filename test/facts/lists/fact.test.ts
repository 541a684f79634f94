import { describe, expect, it } from 'vitest';
import { createPaymentResolver } from '../../../src/facts/context.js';
import { listFact } from '../../../src/facts/lists/fact.js';
import { ListIndex } from '../../../src/facts/lists/list-index.js';
import type { ListType } from '../../../src/facts/lists/list-store.js';
import { createListValueReader } from '../../../src/facts/lists/normalise-value.js';
import type { PaymentInput } from '../../../src/facts/payment.js';
import { aCard, aPayment, contextOptions } from '../payments.js';

const options = contextOptions({ geography: { country: () => 'FR' } });
const resolve = createPaymentResolver(options);

/** Whether the payment is on a list of this type that holds one value from 100 to 200, asked at 150. */
function listed(
  type: ListType,
  value: string,
  over: Partial<PaymentInput> = {},
  of?: string,
  at = 150,
): boolean | undefined {
  const index = new ListIndex(options.hash);
  const entry = { value, validFrom: 100, validUntil: 200, reason: '', actor: '', source: '' };
  index.replaceAll({ id: 'l', type }, [entry], 1);
  return listFact('l', of)(resolve(aPayment(over), 0), index, at);
}

describe('the fact list', () => {
  it.each<[ListType, string, string]>([
    ['card', 'fp_1', 'fp_2'],
    ['bin', '4532', '4533'],
    ['email', 'janedoe@gmail.com', 'jane@gmail.com'],
    ['email-domain', 'gmail.com', 'mail.com'],
    ['ip', '193.99.0.0/16', '193.98.0.0/16'],
    ['phone', '+491701234567', '+491701234568'],
    ['device', 'd-1', 'd-2'],
    ['customer', 'c-1', 'c-2'],
    ['address', 'hauptstr 5, 1010, AT', 'hauptstr 5, 10115, DE'],
  ])('looks on a list of type %s for the payment’s own value', (type, on, off) => {
    expect(listed(type, on)).toBe(true);
    expect(listed(type, off)).toBe(false);
    expect(listed(type, on, {}, undefined, 200)).toBe(false);
  });

  it('knows a provider by any of its domains', () => {
    const customer = { ...aPayment().customer, email: 'jane@pm.me' };
    const kept = createListValueReader(options.readPhone)('email-domain', 'protonmail.com');
    expect(listed('email-domain', 'ok' in kept ? kept.ok : '', { customer })).toBe(true);
  });

  it('finds a card by any of its names', () => {
    const instrument = aCard({ paymentAccountReference: 'par_1', wallet: 'apple_pay' });
    for (const name of ['par_1', 'fp_1', 'tok_1']) expect(listed('card', name, { instrument })).toBe(true);
    expect(listed('card', 'fp_2', { instrument })).toBe(false);
  });

  it('asks a list of countries about the place the rule names', () => {
    expect(listed('country', 'FR', {}, 'ipCountry')).toBe(true);
    expect(listed('country', 'AT', {}, 'shippingCountry')).toBe(true);
    expect(listed('country', 'AT', {}, 'billingCountry')).toBe(false);
    expect(listed('country', 'DE', {}, 'phoneCountry')).toBe(true);
    expect(listed('country', 'FR')).toBeUndefined();
  });

  it('is missing when the payment has no such value, or the question does not fit the list', () => {
    expect(listed('device', 'd-1', { device: { ...aPayment().device, id: '' } })).toBeUndefined();
    expect(listed('card', 'fp_1', { instrument: aCard({ type: 'voucher' }) })).toBeUndefined();
    expect(listed('ip', '0.0.0.0/0', { ip: 'nonsense' })).toBeUndefined();
    expect(listed('email', 'janedoe@gmail.com', {}, 'device')).toBeUndefined();
    expect(
      listFact('absent', undefined)(resolve(aPayment(), 0), new ListIndex(options.hash), 0),
    ).toBeUndefined();
  });
});
