import type { Subject } from '../aftermath.js';
import type { EventEntry, FraudKind } from '../entry.js';
import type { Checkout } from '../purchase.js';
import type { Payer } from '../payer.js';
import type { SimSite } from '../sites.js';

/** One fraudulent payment of the day. */
export interface Attempt {
  /** Epoch ms. */
  readonly at: number;
  readonly kind: FraudKind;
  readonly checkout: Omit<Checkout, 'at' | 'orderId'>;
  /** What happens after it, in any order. */
  readonly aftermath: (subject: Subject) => readonly EventEntry[];
}

/** Where and when fraud may happen. */
export interface FraudScene {
  readonly seed: number;
  /** What the ids of the day begin with. */
  readonly name: string;
  readonly sites: readonly SimSite[];
  /** First and last moment for an attempt, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Number of payers of the day. */
  readonly population: number;
  readonly payerAt: (index: number) => Payer;
}

/** Splits `total` attempts into campaigns of at most `size`, as even as can be. */
export function campaignSizes(total: number, size: number): readonly number[] {
  const campaigns = Math.ceil(total / size);
  return Array.from(
    { length: campaigns },
    (_, index) => Math.floor(((index + 1) * total) / campaigns) - Math.floor((index * total) / campaigns),
  );
}

/** A payer for which `fits` holds, found by trying some at random; undefined when none of them fits. */
export function findPayer(
  scene: FraudScene,
  random: { between(from: number, to: number): number },
  fits: (payer: Payer) => boolean,
): Payer | undefined {
  for (let tries = 0; tries < 40; tries++) {
    const payer = scene.payerAt(random.between(0, scene.population - 1));
    if (fits(payer)) return payer;
  }
  return undefined;
}
