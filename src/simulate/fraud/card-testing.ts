import { fraudComesToLight, happened, SECOND } from '../aftermath.js';
import { SIM_COUNTRIES, simAddress } from '../countries.js';
import { simCard, simDevice, simPerson, simPostal } from '../payer.js';
import { simGoods } from '../purchase.js';
import { createRandom } from '../random.js';
import { campaignSizes, type Attempt, type FraudScene } from './attempt.js';

const CAMPAIGN = 40;
const DECLINE_CODES = ['14', '54', '05', 'N7', '41'] as const;

/** One thief tries many stolen cards for small amounts on one site, from one machine, within minutes. */
export function cardTesting(scene: FraudScene, count: number): readonly Attempt[] {
  const attempts: Attempt[] = [];
  campaignSizes(count, CAMPAIGN).forEach((size, campaign) => {
    const random = createRandom(scene.seed, 'card-testing', campaign);
    const site = random.pick(scene.sites);
    const ip = simAddress(random.pick(['RO', 'VN', 'NG', 'ID']), random);
    const device = simDevice('en', 2, random);
    let at = random.between(scene.fromMs, scene.toMs - size * 20 * SECOND);
    let person = simPerson(random);
    for (let i = 0; i < size; i++) {
      if (i % 6 === 0) person = simPerson(random);
      const country = random.pick(Object.keys(SIM_COUNTRIES));
      const declined = random.chance(0.85);
      const code = random.pick(DECLINE_CODES);
      const answered = at + random.between(1, 3) * SECOND;
      const light = createRandom(scene.seed, 'card-testing-light', campaign, i);
      const address = simPostal(site.country, person.name, random);
      attempts.push({
        at,
        kind: 'card-testing',
        checkout: {
          site,
          language: site.languages[0] ?? 'en',
          merchant: `shop-${site.id}`,
          minor: Math.max(1, Math.round((site.usualMinor / 40) * (1 + random.next()))),
          instrument: { card: simCard(country, random) },
          customer: { email: person.email, name: person.name },
          device,
          ip,
          billing: address,
          shipping: address,
          category: simGoods(random),
        },
        aftermath: (subject) =>
          declined
            ? [happened(subject, 'DECLINED', answered, { code })]
            : [happened(subject, 'AUTHORISED', answered), ...fraudComesToLight(subject, at, light)],
      });
      at += random.between(4, 20) * SECOND;
    }
  });
  return attempts;
}
