import { fraudComesToLight, happened, MINUTE, SECOND } from '../aftermath.js';
import { simAddress } from '../countries.js';
import { simDevice, simPostal } from '../payer.js';
import { amountAround, customerJson } from '../purchase.js';
import { createRandom } from '../random.js';
import { campaignSizes, findPayer, type Attempt, type FraudScene } from './attempt.js';

const ATTEMPTS_PER_ACCOUNT = 3;
const GOODS = ['phones', 'watches', 'gift-cards'];

/** A good customer's account and stored card, used from a device, a network and for an address never seen with it. */
export function accountTakeover(scene: FraudScene, count: number): readonly Attempt[] {
  const attempts: Attempt[] = [];
  campaignSizes(count, ATTEMPTS_PER_ACCOUNT).forEach((size, campaign) => {
    const random = createRandom(scene.seed, 'account-takeover', campaign);
    const victim = findPayer(
      scene,
      random,
      (payer) => payer.customerId !== '' && payer.method.type === 'card',
    );
    if (victim === undefined) return;
    const thief = random.pick(['RO', 'NG', 'VN', 'TR', 'US']);
    const device = simDevice('en', 2, random);
    const ip = simAddress(thief, random);
    const shipping = simPostal(victim.country, 'Parcel Point', random);
    let at = random.between(scene.fromMs, scene.toMs - size * 15 * MINUTE);
    for (let i = 0; i < size; i++) {
      const answered = at + random.between(2, 5) * SECOND;
      const light = createRandom(scene.seed, 'account-takeover-light', campaign, i);
      attempts.push({
        at,
        kind: 'account-takeover',
        checkout: {
          site: victim.home,
          language: victim.language,
          merchant: `shop-${victim.home.id}`,
          minor: amountAround(victim.home, victim.habit * 5, random),
          instrument: { card: victim.card },
          customer: customerJson(victim),
          device,
          ip,
          billing: victim.address,
          shipping,
          category: random.pick(GOODS),
        },
        aftermath: (subject) => [
          happened(subject, 'AUTHORISED', answered),
          ...fraudComesToLight(subject, at, light),
        ],
      });
      at += random.between(2, 15) * MINUTE;
    }
  });
  return attempts;
}
