import { DAY, happened, SECOND, type Subject } from '../aftermath.js';
import type { EventEntry } from '../entry.js';
import { payerAt, type Payer } from '../payer.js';
import { amountAround, ordinaryCheckout } from '../purchase.js';
import { createRandom, type Random } from '../random.js';
import type { Attempt, FraudScene } from './attempt.js';

/** How many payers after the population take to false claims: they get indexes of their own. */
export function friendlyPayer(scene: FraudScene, startMs: number, nth: number): Payer {
  for (let salt = 0; ; salt++) {
    const payer = payerAt(scene.seed, scene.population + nth * 64 + salt, scene.sites, startMs);
    if (payer.customerId !== '' && payer.method.type === 'card') return payer;
  }
}

/** The claim by which the payer gets the money back: a refund asked for, or a chargeback at the bank. */
export function falseClaim(subject: Subject, at: number, random: Random): readonly EventEntry[] {
  const claimed = at + random.between(4, 15) * DAY;
  if (random.chance(0.4)) {
    return [
      happened(subject, 'CHARGEBACK', claimed, { code: '13.1', fraud: random.chance(0.5) }, DAY),
      happened(subject, 'LABEL', at, { label: 'LABEL_FRAUD' }, claimed + 2 * DAY - at),
    ];
  }
  const claimReason = random.chance(0.6) ? 'CLAIM_REASON_NOT_RECEIVED' : 'CLAIM_REASON_FRAUD';
  return [
    happened(subject, 'REFUND_CLAIMED', claimed, { claimReason }),
    happened(subject, 'REFUNDED', claimed + DAY),
    happened(subject, 'LABEL', at, { label: 'LABEL_FRAUD' }, claimed + 3 * DAY - at),
  ];
}

/** Customers who buy with their own card and device and afterwards claim that they did not, or got nothing. */
export function friendlyFraud(scene: FraudScene, count: number, startMs: number): readonly Attempt[] {
  return Array.from({ length: count }, (_, nth) => {
    const random = createRandom(scene.seed, 'friendly-fraud', nth);
    const payer = friendlyPayer(scene, startMs, nth);
    const at = random.between(scene.fromMs, scene.toMs);
    const checkout = ordinaryCheckout(payer, at, '', random);
    return {
      at,
      kind: 'friendly-fraud' as const,
      checkout: { ...checkout, minor: amountAround(payer.home, payer.habit * 1.5, random) },
      aftermath: (subject: Subject) => [
        happened(subject, 'AUTHORISED', at + 3 * SECOND),
        ...falseClaim(subject, at, random),
      ],
    };
  });
}
