import { afterAll, expect, it } from 'vitest';
import type { Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  onBothStores,
  payment,
  prove,
  range,
  rule,
  ruleSet,
  until,
  velocity,
  type Instance,
  type Place,
} from './harness.js';

const ALWAYS = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
/** Every version has rules of its own names and a window of its own: what hit and what was asked tell the version. */
const version = (number: number): object =>
  ruleSet('switched', [
    ...range(5).map((index) => rule(`v${String(number)}-${String(index)}`, ALWAYS)),
    rule(`v${String(number)}-velocity`, [
      velocity({ fn: 'count', by: 'card', window: `${String(number)}h` }, 'greaterThanInclusive', 0),
    ]),
  ]);
/** Nothing that one of these versions does breaks it. */
const settings = (share: number) => ({ share, limits: { stopped: { maxRise: 100 } } });
const CARDS = 150;
const SHARE = 0.3;

/** Where each version may ever decide: by a scope of its own, or in canary where no narrower scope has its own. */
const SITES: Readonly<Record<number, string>> = {
  1: 'elsewhere',
  2: 'in-group',
  3: 'own',
  4: 'elsewhere',
  5: 'own',
  6: 'in-group',
};

onBothStores('versions that switch in every scope, and canaries, under load', (createPlace) => {
  let place: Place;
  afterAll(() => place.remove());

  it(
    'never mix: rules, facts, hash and site of a decision belong together, and a card stays in its arm',
    { timeout: 180_000 },
    async () => {
      place = createPlace();
      let tollgate = await place.start();
      const site = { timeZone: 'UTC', country: 'ES', currency: 'EUR' };
      await tollgate.sites.putSite({ site: { ...site, id: 'in-group', group: 'eu' } });
      await tollgate.sites.putSite({ site: { ...site, id: 'own', group: 'eu' } });
      const hashes = new Map<number, string>();
      for (const number of [1, 2, 3, 4, 5, 6]) {
        const documentJson = JSON.stringify(version(number));
        const created = await tollgate.rules.createVersion({ documentJson, author: 'test' });
        hashes.set(number, created.version?.hash ?? '');
        await prove(tollgate.rules, 'switched', number);
      }
      const said = { ruleSet: 'switched', actor: 'test', reason: 'test' };
      const { rules } = tollgate;
      await rules.activateVersion({ ...said, version: 1 });
      await rules.activateVersion({ ...said, version: 2, scope: 'group:eu' });
      await rules.activateVersion({ ...said, version: 3, scope: 'site:own' });

      const decisions: Decision[] = [];
      const cardOf = new Map<string, string>();
      let over = false;
      const lanes = Promise.all(
        range(16).map(async (lane) => {
          for (let count = 0; !over; count++) {
            const id = `${String(lane)}-${String(count)}`;
            const card = `card-${String((lane * 7919 + count * 104_729) % CARDS)}`;
            cardOf.set(id, card);
            const where = ['elsewhere', 'in-group', 'own'][count % 3] ?? '';
            decisions.push(await tollgate.screen(id, payment({ card, site: where })));
          }
        }),
      );
      const decides = (number: number): Promise<number> => {
        const { length } = decisions;
        return until(() => decisions.slice(length).some(({ ruleSets }) => ruleSets[0]?.version === number));
      };
      for (const _ of range(2)) {
        await rules.startCanary({ ...said, version: 4, settings: settings(SHARE) });
        await decides(4);
        await rules.activateVersion({ ...said, version: 6, scope: 'group:eu' });
        await decides(6);
        await rules.startCanary({ ...said, version: 5, scope: 'site:own', settings: settings(0.5) });
        await decides(5);
        await rules.stopCanary(said);
        await rules.rollBack({ ...said, scope: 'group:eu' });
        await decides(2);
        await rules.rollBack({ ...said, scope: 'site:own' });
        await decides(3);
      }
      await rules.startCanary({ ...said, version: 4, settings: settings(SHARE) });
      // Every card, at every site.
      await until(() => decisions.length > CARDS * 5);
      over = true;
      await lanes;

      /** By version and card. */
      const draws = new Map<string, number>();
      for (const decision of decisions) {
        const { ruleSets, hits, canaries, requestId } = decision;
        const where = decision.binding?.site ?? '';
        expect(ruleSets).toHaveLength(1);
        const { version: number = 0, hash } = ruleSets[0] ?? {};
        expect([number, where, hash]).toEqual([number, SITES[number], hashes.get(number)]);
        expect(hits.map((hit) => hit.rule)).toEqual([
          ...range(5).map((index) => `v${String(number)}-${String(index)}`),
          `v${String(number)}-velocity`,
        ]);
        expect(canaries.some((lot) => lot.drawn)).toBe(number === 4 || number === 5);
        for (const { version: canary, drawn, draw, share } of canaries) {
          expect(where).toBe(SITES[canary]);
          expect(share).toBe(canary === 4 ? SHARE : 0.5);
          expect(drawn).toBe(draw < share);
          if (drawn) expect(number).toBe(canary);
          const name = `${String(canary)} ${cardOf.get(requestId) ?? ''}`;
          expect(draws.get(name) ?? draw).toBe(draw);
          draws.set(name, draw);
        }
      }
      for (const { id, ruleSets } of decisions.slice(-40)) {
        const { trace } = await tollgate.decisions.getDecision({ id, withTrace: true });
        const number = String(ruleSets[0]?.version);
        expect(trace?.facts.find(({ fact }) => fact === 'velocity')?.paramsJson).toContain(
          `"window":"${number}h"`,
        );
        expect(trace?.rules.every(({ rule: name }) => name.startsWith(`v${number}-`))).toBe(true);
      }

      const tried = [...draws].filter(([name]) => name.startsWith('4 '));
      const share = tried.filter(([, draw]) => draw < SHARE).length / tried.length;
      console.info(
        `${String(decisions.length)} decisions; ${(share * 100).toFixed(1)} % of ${String(tried.length)} cards drawn`,
      );
      // Five standard deviations.
      expect(Math.abs(share - SHARE)).toBeLessThan(5 * Math.sqrt((SHARE * (1 - SHARE)) / tried.length));

      await tollgate.close();
      tollgate = await place.start();
      for (const [name, draw] of tried.slice(0, 10)) {
        const { canaries } = await stay(tollgate, name.slice(2));
        expect(canaries).toMatchObject([{ version: 4, draw, drawn: draw < SHARE }]);
      }
    },
  );
});

function stay(tollgate: Instance, card: string): Promise<Decision> {
  return tollgate.screen(`again-${card}`, payment({ card, site: 'elsewhere' }));
}
