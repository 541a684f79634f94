import * as fc from 'fast-check';
import type { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Hold, HoldReport } from '../../../../src/decisions/ports.js';
import type { Connection } from '../../../../src/storage/mongo/connection.js';
import { MongoLimits } from '../../../../src/storage/mongo/limits/limits.js';
import type { MongoStore } from '../../../../src/storage/mongo/open.js';
import { REAL_WORLD } from '../../../../src/world/real-world.js';
import { describeMongo } from '../../../support/mongo-suite.js';
import { T0 } from '../../contract/entries.js';
import { openStore } from '../opened.js';
import { HASTY } from './hasty.js';

const EXPIRES = T0 + 3_600_000;
const CAP = 300;
const MADE: HoldReport = { kind: 'made', at: T0 };
const FAILED: HoldReport = { kind: 'failed' };

/** A step is lost, done and not heard of, or done when the rest is over. */
const FAULTS = ['lost', 'unheard', 'late'] as const;
type Fault = 'none' | (typeof FAULTS)[number];

describeMongo('limits on MongoDB whose steps are lost, not heard of or late', (uri) => {
  let database: string;
  let store: MongoStore;
  let connection: Connection;
  let client: MongoClient;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ database, store, connection, client, close } = await openStore(
      { uri, world: REAL_WORLD },
      { world: HASTY },
    ));
  });
  afterEach(() => close());

  const totals = async (names: readonly string[]): Promise<readonly number[]> =>
    Promise.all(names.map((name) => store.limits.used(name)));

  it('count each decision once, pass no cap, and end with what was made', { timeout: 300_000 }, async () => {
    let run = 0;
    const decision = fc.record({
      counters: fc.subarray([0, 1, 2], { minLength: 1 }),
      amount: fc.constantFrom(40, 100, 160),
      report: fc.constantFrom<HoldReport | undefined>(MADE, FAILED, undefined),
    });
    const fault = fc.oneof(
      { weight: 3, arbitrary: fc.constant<Fault>('none') },
      { weight: 1, arbitrary: fc.constantFrom<Fault>(...FAULTS) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(decision, { minLength: 4, maxLength: 14 }),
        fc.array(fault, { minLength: 10, maxLength: 60 }),
        async (decisions, faults) => {
          const prefix = `run${String(run++)}/`;
          const late: (() => Promise<unknown>)[] = [];
          let step = 0;
          const instance = (): MongoLimits =>
            new MongoLimits(
              {
                client: connection.client,
                collection: connection.collection.bind(connection),
                async run<T>(work: () => Promise<T>): Promise<T> {
                  const fate = faults[step++] ?? 'none';
                  if (fate === 'none') return await connection.run(work);
                  if (fate === 'late') late.push(work);
                  if (fate === 'unheard') await connection.run(work);
                  throw new Error(fate);
                },
              } as unknown as Connection,
              { world: HASTY },
            );
          const instances = [instance(), instance()] as const;
          const asked = decisions.map(({ counters, amount, report }, index) => ({
            id: `${prefix}d${String(index)}`,
            holds: counters.map((counter): Hold => ({
              counter: `${prefix}${String(counter)}`,
              amount,
              cap: CAP,
              periodEnd: T0,
            })),
            amount,
            report,
          }));
          const names = [0, 1, 2].map((counter) => `${prefix}${String(counter)}`);
          await Promise.all(
            asked.map(({ id, holds }, index) =>
              instances[index % 2]!.reserve(id, holds, EXPIRES).catch(() => undefined),
            ),
          );
          for (const work of late.splice(0)) await connection.run(work).catch(() => undefined);
          const answers = await Promise.all(
            asked.map(({ id, holds }) => store.limits.reserve(id, holds, EXPIRES)),
          );
          const held = asked.filter((_, index) => answers[index]?.reserved);
          const sum = (name: string, of: readonly (typeof asked)[number][]): number =>
            of.reduce(
              (all, { holds, amount }) => all + (holds.some(({ counter }) => counter === name) ? amount : 0),
              0,
            );
          for (const name of names) expect(sum(name, held)).toBeLessThanOrEqual(CAP);
          for (const [index, total] of (await totals(names)).entries())
            expect(total).toBeGreaterThanOrEqual(sum(names[index]!, held));
          step = 0;
          for (const one of held)
            if (one.report !== undefined)
              await instances[0].settle(one.id, one.report).catch(() => undefined);
          for (const work of late.splice(0)) await connection.run(work).catch(() => undefined);
          for (const one of held) if (one.report !== undefined) await store.limits.settle(one.id, one.report);
          await store.limits.expire(EXPIRES);
          const made = held.filter(({ report }) => report === MADE);
          expect(await totals(names)).toEqual(names.map((name) => sum(name, made)));
          const left = await client
            .db(database)
            .collection<{ p: unknown[] }>('limitCounters')
            .countDocuments({ 'p.0': { $exists: true } });
          expect(left).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });
});
