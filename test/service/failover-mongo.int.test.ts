import { describe, expect, it } from 'vitest';
import { HOW_TO_GET_ONE, findMongod } from '../../scripts/lib/mongod.mjs';
import { killableReplicaSet } from '../support/killable-mongod.js';
import { mongoPlace, payment, rule, ruleSet, until, type Instance } from './harness.js';
import { expectExact, expectKept, LOAD_RULES, startLoad } from './load.js';

const found = findMongod();
const binary = found?.kind === 'binary' ? found.path : undefined;
const why = found
  ? 'MONGODB_URI names servers that are not ours to kill'
  : `no MongoDB server: ${HOW_TO_GET_ONE}`;

describe.skipIf(binary === undefined)(
  `a MongoDB replica set of three${binary === undefined ? ` (${why})` : ''}`,
  () => {
    it(
      'loses its primary under load, twice: all heals, nothing is lost, limits are exact, changes are told of again',
      { timeout: 240_000 },
      async () => {
        const set = await killableReplicaSet(binary ?? '');
        const place = mongoPlace(set.uri);
        try {
          const tollgate = await place.start();
          await tollgate.activate(LOAD_RULES);
          // It looks for changes itself so seldom that only the change stream can tell it of any.
          const told = await place.start({}, undefined, { followMs: 3_600_000 });
          const load = startLoad(tollgate, 8);
          await load.goesOn(60);
          await set.stepDown();
          await load.goesOn(60);
          const startAgain = await set.killPrimary();
          const healed = await load.goesOn(60);
          await startAgain();
          await load.goesOn(60);
          await load.stop();
          await expectTold(tollgate, told);
          console.info(
            `${String(load.decided.size)} decided, ${String(load.failed.length)} refused; slowest call ${load.slowest.toFixed(0)} ms; ` +
              `60 decided ${healed.toFixed(0)} ms after there was another primary`,
          );
          for (const { code } of load.failed) expect(code).toBe('STORE_UNAVAILABLE');
          expect(load.slowest).toBeLessThan(10_000);
          await expectKept(tollgate, load);
          await expectExact(tollgate, load.cards);
        } finally {
          await place.remove().catch(() => undefined);
          await set.remove();
        }
      },
    );
  },
);

/** What one publishes after the failovers the other hears of. */
async function expectTold(one: Instance, other: Instance): Promise<void> {
  const always = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
  await one.activate(ruleSet('late', [rule('late', always)]));
  let tries = 0;
  const took = await until(async () => {
    const { ruleSets } = await other.screen(`late-${String(tries++)}`, payment({ card: 'late' }));
    return ruleSets.some(({ ruleSet: id }) => id === 'late');
  }, 2_000);
  console.info(`told of a change after two failovers within ${took.toFixed(0)} ms`);
}
