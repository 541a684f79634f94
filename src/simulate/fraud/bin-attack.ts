import { fraudComesToLight, happened, SECOND } from '../aftermath.js';
import { SIM_COUNTRIES, simAddress, simCountry } from '../countries.js';
import { cardOfBin, simDevice, simPerson, simPostal } from '../payer.js';
import { simGoods } from '../purchase.js';
import { createRandom } from '../random.js';
import { campaignSizes, type Attempt, type FraudScene } from './attempt.js';

const CAMPAIGN = 60;

/** A botnet tries generated numbers of one BIN, all for one amount on one site; nearly all are declined. */
export function binAttack(scene: FraudScene, count: number): readonly Attempt[] {
  const attempts: Attempt[] = [];
  campaignSizes(count, CAMPAIGN).forEach((size, campaign) => {
    const random = createRandom(scene.seed, 'bin-attack', campaign);
    const site = random.pick(scene.sites);
    const bin = random.pick(simCountry(random.pick(['US', 'GB', 'BR', 'FR'])).bins);
    const minor = Math.max(1, Math.round((site.usualMinor / 5) * (1 + random.next())));
    let at = random.between(scene.fromMs, scene.toMs - size * 15 * SECOND);
    for (let i = 0; i < size; i++) {
      const person = simPerson(random);
      const address = simPostal(site.country, person.name, random);
      const declined = random.chance(0.95);
      const answered = at + random.between(1, 3) * SECOND;
      const light = createRandom(scene.seed, 'bin-attack-light', campaign, i);
      attempts.push({
        at,
        kind: 'bin-attack',
        checkout: {
          site,
          language: site.languages[0] ?? 'en',
          merchant: `shop-${site.id}`,
          minor,
          instrument: { card: cardOfBin(bin, random) },
          customer: { email: person.email, name: person.name },
          device: simDevice('en', site.utcOffset, random),
          ip: simAddress(random.pick(Object.keys(SIM_COUNTRIES)), random),
          billing: address,
          shipping: address,
          category: simGoods(random),
        },
        aftermath: (subject) =>
          declined
            ? [happened(subject, 'DECLINED', answered, { code: '14' })]
            : [happened(subject, 'AUTHORISED', answered), ...fraudComesToLight(subject, at, light)],
      });
      at += random.between(2, 15) * SECOND;
    }
  });
  return attempts;
}
