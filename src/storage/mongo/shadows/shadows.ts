import type { Collection, Filter } from 'mongodb';
import {
  runName,
  type DecisionDifference,
  type DifferenceFilter,
  type DifferenceRetention,
  type RunAddition,
  type ShadowBatch,
  type ShadowRun,
  type ShadowStore,
} from '../../../decisions/shadow/shadow-store.js';
import { shadowTallyOf } from '../../../rules/publish/shadow-tally.js';
import type { Connection } from '../connection.js';
import { COLLECTIONS } from '../indexes.js';
import { addOnce, type Counted } from './add-once.js';
import { addDifferences, type DifferenceDocument } from './differences.js';
import { increments } from './tallies.js';

interface RunDocument extends ShadowRun, Counted {
  readonly lastAt: number;
  readonly left: number;
}

interface TallyDocument extends Counted {
  readonly run: string;
  readonly hour: number;
  readonly live: number;
  /** Counters other than 0. */
  readonly t?: unknown;
}

const BUCKETS = 50;
/** Differences that leave in one step. */
const LEAVING = 1_000;

/** What shadows said, on MongoDB. Instances add to the same documents, by increments. */
export function mongoShadows(connection: Connection): ShadowStore {
  const runs: Collection<RunDocument> = connection.collection(COLLECTIONS.shadowRuns);
  const tallies: Collection<TallyDocument> = connection.collection(COLLECTIONS.shadowTallies);
  const differences: Collection<DifferenceDocument> = connection.collection(COLLECTIONS.shadowDifferences);

  async function addTo(addition: RunAddition, batch: ShadowBatch): Promise<void> {
    const { run, buckets, unkept } = addition;
    const name = runName(run);
    await addOnce(connection, runs, batch, name, {
      $setOnInsert: { ...run },
      $max: { lastAt: batch.at },
      $inc: { left: unkept },
    });
    for (const { hour, liveVersion: live, tally } of buckets)
      await addOnce(connection, tallies, batch, `${name}/${hour}/${live}`, {
        $setOnInsert: { run: name, hour, live },
        $inc: increments(tally),
      });
    await addDifferences(connection, differences, name, addition.differences);
  }

  /** The oldest of a run, as many as there are too many, but no more than a step's. */
  async function drop(run: string, leaving: number): Promise<number> {
    const oldest = await connection.run(() =>
      differences
        .find({ run }, { projection: { _id: 1 } })
        .sort({ run: 1, at: 1, decision: 1 })
        .limit(Math.min(leaving, LEAVING))
        .toArray(),
    );
    const ids = oldest.map(({ _id }) => _id);
    const { deletedCount } = await connection.run(() => differences.deleteMany({ _id: { $in: ids } }));
    if (deletedCount > 0)
      await connection.run(() => runs.updateOne({ _id: run }, { $inc: { left: deletedCount } }));
    return ids.length;
  }

  const keptOf = (run: string): Promise<number> =>
    connection.run(() => differences.countDocuments({ run }, { hint: { run: 1, at: -1, decision: -1 } }));

  return {
    async add(batch) {
      for (const addition of batch.additions) await addTo(addition, batch);
    },

    async runs(ruleSet, version) {
      const found = await connection.run(() =>
        runs.find({ ruleSet, version }).sort({ since: -1, scope: 1 }).toArray(),
      );
      return Promise.all(
        found.map(async ({ _id, scope, since, lastAt, left }) => ({
          ruleSet,
          version,
          scope,
          since,
          lastAt,
          left,
          kept: await keptOf(_id),
        })),
      );
    },

    async *buckets(run, from, to) {
      const name = runName(run);
      let after = { hour: from, live: -1 };
      for (;;) {
        const { hour, live } = after;
        const behind = [
          { hour: { $gt: hour, $lt: to } },
          { hour: { $eq: hour, $lt: to }, live: { $gt: live } },
        ];
        const found = await connection.run(() =>
          tallies
            .find({ run: name, $or: behind })
            .sort({ run: 1, hour: 1, live: 1 })
            .limit(BUCKETS)
            .toArray(),
        );
        const last = found.at(-1);
        if (last === undefined) return;
        yield found.map((one) => ({ hour: one.hour, liveVersion: one.live, tally: shadowTallyOf(one.t) }));
        after = last;
      }
    },

    async differences(run, filter, limit, after) {
      const behind =
        after === undefined
          ? {}
          : {
              // Twice: the index begins at the moment, whatever is made of the rest.
              at: { $lte: after.at },
              $or: [{ at: { $lt: after.at } }, { decision: { $lt: after.decision } }],
            };
      const found = await connection.run(() =>
        differences
          .find({ run: runName(run), ...wanted(filter), ...behind })
          .sort({ run: 1, at: -1, decision: -1 })
          .limit(limit + 1)
          .toArray(),
      );
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        differences: page.map(({ json }) => JSON.parse(json) as DecisionDifference),
        next: last && { at: last.at, decision: last.decision },
      };
    },

    async trim({ most, idleBefore }: DifferenceRetention) {
      const all = await connection.run(() => runs.find({}, { projection: { lastAt: 1 } }).toArray());
      for (const { _id, lastAt } of all) {
        const may = lastAt < idleBefore ? 0 : most;
        for (let over = (await keptOf(_id)) - may; over > 0;) {
          const gone = await drop(_id, over);
          over = gone === 0 ? 0 : over - gone;
        }
      }
    },
  };
}

function wanted({
  rule,
  verdictDiffers,
  liveOutcome,
  shadowOutcome,
}: DifferenceFilter): Filter<DifferenceDocument> {
  return {
    ...(rule === undefined ? {} : { rules: rule }),
    ...(verdictDiffers === true ? { differs: true } : {}),
    ...(liveOutcome === undefined ? {} : { live: liveOutcome }),
    ...(shadowOutcome === undefined ? {} : { shadow: shadowOutcome }),
  };
}
