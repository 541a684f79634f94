import { fraudComesToLight, happened, MINUTE, SECOND } from '../aftermath.js';
import { simAddress } from '../countries.js';
import { simCard, simDevice, simPerson, simPostal } from '../payer.js';
import { amountAround } from '../purchase.js';
import { createRandom } from '../random.js';
import { campaignSizes, type Attempt, type FraudScene } from './attempt.js';

const ATTEMPTS_PER_CARD = 4;
const CARD_COUNTRIES = ['US', 'GB', 'DE', 'FR', 'CA', 'AU'];
const THIEF_COUNTRIES = ['NG', 'RO', 'VN', 'ID', 'RU', 'BR'];
const GOODS = ['phones', 'watches', 'gift-cards'];

/** A guest with a stolen foreign card buys what resells well, more each time, until the card is stopped. */
export function stolenCard(scene: FraudScene, count: number): readonly Attempt[] {
  const attempts: Attempt[] = [];
  campaignSizes(count, ATTEMPTS_PER_CARD).forEach((size, campaign) => {
    const random = createRandom(scene.seed, 'stolen-card', campaign);
    const site = random.pick(scene.sites);
    const owner = random.pick(CARD_COUNTRIES);
    const thief = random.pick(THIEF_COUNTRIES);
    const card = simCard(owner, random);
    const person = simPerson(random);
    const billing = simPostal(owner, person.name, random);
    const shipping = simPostal(random.chance(0.5) ? thief : site.country, person.name, random);
    const device = simDevice('en', 1, random);
    const ip = simAddress(thief, random);
    let at = random.between(scene.fromMs, scene.toMs - size * 30 * MINUTE);
    for (let i = 0; i < size; i++) {
      const stopped = i === size - 1 && random.chance(0.6);
      const answered = at + random.between(2, 5) * SECOND;
      const light = createRandom(scene.seed, 'stolen-card-light', campaign, i);
      attempts.push({
        at,
        kind: 'stolen-card',
        checkout: {
          site,
          language: site.languages[0] ?? 'en',
          merchant: `shop-${site.id}`,
          minor: amountAround(site, 2.5 + 1.5 * i, random),
          instrument: { card },
          customer: { email: person.email, name: person.name },
          device,
          ip,
          billing,
          shipping,
          category: random.pick(GOODS),
        },
        aftermath: (subject) =>
          stopped
            ? [happened(subject, 'DECLINED', answered, { code: '43' })]
            : [happened(subject, 'AUTHORISED', answered), ...fraudComesToLight(subject, at, light)],
      });
      at += random.between(4, 30) * MINUTE;
    }
  });
  return attempts;
}
