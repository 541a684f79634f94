import { describe, expect, it } from 'vitest';
import { HOW_TO_GET_ONE, findMongod } from '../../scripts/lib/mongod.mjs';
import { killableReplicaSet } from '../support/killable-mongod.js';
import { mongoPlace } from './harness.js';
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
      'loses its primary under load, twice: calls wait or are refused, all heals, nothing is lost, limits are exact',
      { timeout: 240_000 },
      async () => {
        const set = await killableReplicaSet(binary ?? '');
        const place = mongoPlace(set.uri);
        try {
          const tollgate = await place.start();
          await tollgate.activate(LOAD_RULES);
          const load = startLoad(tollgate, 8);
          await load.goesOn(60);
          await set.stepDown();
          await load.goesOn(60);
          const startAgain = await set.killPrimary();
          const healed = await load.goesOn(60);
          await startAgain();
          await load.goesOn(60);
          await load.stop();
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
