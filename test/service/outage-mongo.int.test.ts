import { describe, expect, it } from 'vitest';
import { HOW_TO_GET_ONE, findMongod } from '../../scripts/lib/mongod.mjs';
import { ownTime } from '../support/own-time.js';
import { killableMongod } from '../support/killable-mongod.js';
import { failure, mongoPlace, pause, payment, until } from './harness.js';
import { expectExact, expectKept, health, LOAD_RULES, readiness, startLoad } from './load.js';

const found = findMongod();
const binary = found?.kind === 'binary' ? found.path : undefined;
const why = found
  ? 'MONGODB_URI names a server that is not ours to kill'
  : `no MongoDB server: ${HOW_TO_GET_ONE}`;
const OUTAGE_MS = 60_000;

describe.skipIf(binary === undefined)(
  `a MongoDB server of its own${binary === undefined ? ` (${why})` : ''}`,
  () => {
    it(
      'is stopped for a minute under load: refused at once, nothing hangs, all heals, nothing is lost',
      { timeout: 360_000 },
      async () => {
        const server = await killableMongod(binary ?? '');
        const place = mongoPlace(server.uri);
        try {
          const tollgate = await place.start();
          await tollgate.activate(LOAD_RULES);
          const load = startLoad(tollgate, 16);
          await until(() => load.decided.size > 200);

          await server.kill();
          const stopped = ownTime();
          const over = performance.now() + OUTAGE_MS;
          const [unhealthy, unready] = await Promise.all([
            until(async () => (await health(tollgate)) === 'NOT_SERVING', 3_000),
            until(async () => (await readiness(tollgate)) === 503, 3_000),
          ]);
          const before = load.decided.size;
          while (performance.now() < over) {
            await pause(50);
            expect(load.slowest).toBeLessThan(5_000);
          }
          expect(await health(tollgate)).toBe('NOT_SERVING');
          expect(load.decided.size).toBe(before);
          const during = load.failed.filter(({ at }) => at > stopped + 3_000);
          // More than if every call waited for as long as the driver looks for a server.
          expect(during.length).toBeGreaterThan(1_000);
          expect(new Set(load.failed.map(({ code }) => code))).toEqual(new Set(['STORE_UNAVAILABLE']));
          const slowest = during.reduce((most, { ms }) => Math.max(most, ms), 0);
          expect(slowest).toBeLessThan(1_000);
          for (const call of [
            tollgate.decisions.listDecisions({}),
            tollgate.decisions.getDecision({ site: 'shop', requestId: 'x' }),
            tollgate.rules.listRuleSets({}),
            tollgate.lists.listLists({}),
            tollgate.sites.listSites({}),
          ])
            expect(await failure(call)).toBe('STORE_UNAVAILABLE');

          await server.start();
          const healed = await until(() => load.decided.size > before + 100, 20_000);
          await until(async () => (await health(tollgate)) === 'SERVING', 5_000);
          expect(await readiness(tollgate)).toBe(200);
          await load.stop();
          console.info(
            `NOT_SERVING after ${unhealthy.toFixed(0)} ms, 503 after ${unready.toFixed(0)} ms; slowest call ${load.slowest.toFixed(0)} ms, ` +
              `slowest refusal later ${slowest.toFixed(0)} ms; ${String(load.failed.length)} refused; 100 decided ${healed.toFixed(0)} ms after the start`,
          );
          await expectKept(tollgate, load);
          await expectExact(tollgate, load.cards);
          await tollgate.close();
          const again = await place.start();
          await expectKept(again, load);
          await expectExact(again, load.cards);
          expect(await failure(again.screen('after', payment()))).toBe('none');
        } finally {
          await place.remove().catch(() => undefined);
          await server.remove();
        }
      },
    );
  },
);
