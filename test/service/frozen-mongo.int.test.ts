import { describe, expect, it } from 'vitest';
import { HOW_TO_GET_ONE, findMongod } from '../../scripts/lib/mongod.mjs';
import { killableMongod, killableReplicaSet } from '../support/killable-mongod.js';
import { ownTime } from '../support/own-time.js';
import { mongoPlace, until } from './harness.js';
import { expectExact, expectKept, health, LOAD_RULES, startLoad, type Failed } from './load.js';

const found = findMongod();
const binary = found?.kind === 'binary' ? found.path : undefined;
const why = found
  ? 'MONGODB_URI names servers that are not ours to stop'
  : `no MongoDB server: ${HOW_TO_GET_ONE}`;

/** Servers of which some stop in their tracks, their connections open. */
interface Freezing {
  readonly uri: string;
  /** What it resolves with lets them go on. */
  freeze(): Promise<() => void>;
  remove(): Promise<void>;
}

/** Longer than any wait of the service: the primary stays primary while it hears of nobody. */
const LONG_TERM_MS = 60_000;

const CASES: readonly (readonly [
  what: string,
  heals: 'by itself' | 'when they go on',
  () => Promise<Freezing>,
])[] = [
  [
    'the only server',
    'when they go on',
    async () => {
      const server = await killableMongod(binary ?? '');
      const freeze = (): Promise<() => void> => {
        server.freeze();
        return Promise.resolve(() => server.thaw());
      };
      return { uri: server.uri, freeze, remove: () => server.remove() };
    },
  ],
  ['the primary of three', 'by itself', () => three('primary', 2_000)],
  ['all but the primary of three', 'when they go on', () => three('others', LONG_TERM_MS)],
];

async function three(which: 'primary' | 'others', electionTimeoutMs: number): Promise<Freezing> {
  const set = await killableReplicaSet(binary ?? '', electionTimeoutMs);
  return { uri: set.uri, freeze: () => set.freeze(which), remove: () => set.remove() };
}

describe.skipIf(binary === undefined)(
  `MongoDB servers that do not answer any more${binary === undefined ? ` (${why})` : ''}`,
  () => {
    for (const [what, heals, servers] of CASES)
      it(
        `${what}, under load: refused in time, then at once, all heals, nothing is lost`,
        { timeout: 240_000 },
        async () => {
          const mongo = await servers();
          const place = mongoPlace(mongo.uri);
          try {
            const tollgate = await place.start();
            await tollgate.activate(LOAD_RULES);
            const load = startLoad(tollgate, 16);
            await load.goesOn(100);
            const thaw = await mongo.freeze();
            const frozen = ownTime();
            const unhealthy = await until(async () => (await health(tollgate)) === 'NOT_SERVING', 3_000);
            const later = () => load.failed.filter(({ at }) => at > frozen + 3_000);
            const slowestOf = (calls: readonly Failed[]): number => Math.max(0, ...calls.map(({ ms }) => ms));
            let healed = 0;
            if (heals === 'by itself') healed = await load.goesOn(100);
            else await until(() => later().length > 300);
            const slowest = slowestOf(load.failed);
            const slowestLater = slowestOf(later());
            thaw();
            healed = Math.max(healed, await load.goesOn(100));
            await until(async () => (await health(tollgate)) === 'SERVING', 5_000);
            await load.stop();
            console.info(
              `NOT_SERVING after ${unhealthy.toFixed(0)} ms; slowest refusal ${slowest.toFixed(0)} ms, slowest later ` +
                `${slowestLater.toFixed(0)} ms; ${String(load.failed.length)} refused; 100 decided after ${healed.toFixed(0)} ms`,
            );
            expect(new Set(load.failed.map(({ code }) => code))).toEqual(new Set(['STORE_UNAVAILABLE']));
            expect(slowest).toBeLessThan(3_000);
            // Those that had an answer after all.
            expect(load.slowest).toBeLessThan(10_000);
            if (heals !== 'by itself') expect(slowestLater).toBeLessThan(500);
            await expectKept(tollgate, load);
            await expectExact(tollgate, load.cards);
          } finally {
            await place.remove().catch(() => undefined);
            await mongo.remove();
          }
        },
      );
  },
);
