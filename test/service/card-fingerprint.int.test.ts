import { afterEach, beforeEach, expect, it } from 'vitest';
import { onBothStores, payment, rule, ruleSet, velocity, type PaymentInit, type Place } from './harness.js';

const SEEN = ruleSet('seen', [
  rule('again', [velocity({ fn: 'count', by: 'card', window: '24h' }, 'greaterThanInclusive', 1)]),
]);

onBothStores('a card that is known by its payment account reference', (createPlace) => {
  let place: Place;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.remove());

  it('is found by its fingerprint, too, and counted by the reference alone', async () => {
    const tollgate = await place.start();
    await tollgate.activate(SEEN);
    const wallet = (fingerprint: string): PaymentInit =>
      payment({ instrument: card({ fingerprint, paymentAccountReference: 'par-1' }) });
    await tollgate.screen('wallet', wallet('fp-device'));
    await tollgate.screen('plain', payment({ card: 'fp-other' }));
    const found = async (cardFingerprint: string): Promise<string[]> => {
      const { decisions } = await tollgate.decisions.listDecisions({ cardFingerprint });
      return decisions.map(({ requestId }) => requestId);
    };
    expect(await found('fp-device')).toEqual(['wallet']);
    expect(await found('fp-other')).toEqual(['plain']);
    expect(await found('par-1')).toEqual(['wallet']);
    await tollgate.close();

    const again = await place.start();
    const hits = async (requestId: string, asked: PaymentInit): Promise<number> =>
      (await again.screen(requestId, asked)).hits.length;
    expect(await hits('same fingerprint', payment({ card: 'fp-device' }))).toBe(0);
    expect(await hits('same reference', wallet('fp-elsewhere'))).toBe(1);
  });
});

function card(value: { readonly fingerprint: string; readonly paymentAccountReference: string }) {
  return { kind: { case: 'card' as const, value: { ...value, bin: '405921' } } };
}
