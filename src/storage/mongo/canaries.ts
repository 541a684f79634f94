import type { Collection } from 'mongodb';
import type { CanaryPart, CanaryRun, CanaryStore, RunName } from '../../decisions/canary/canary-store.js';
import { lookJson, lookOf } from '../../decisions/canary/look-json.js';
import type { Connection } from './connection.js';
import { COLLECTIONS } from './indexes.js';
import { inserted } from './rules/inserted.js';

interface RunDocument {
  /** Rule set and revision. */
  readonly _id: string;
  readonly run: string;
  /** The number of the latest look; 0: none yet. */
  readonly look: number;
  readonly latest?: string;
}

interface PartDocument {
  /** Run and instance. */
  readonly _id: string;
  readonly run: string;
  readonly number: number;
  readonly counts: string;
}

/** Runs of canaries: each a document, and one for each instance that counted something of it. */
export function mongoCanaries(connection: Connection): CanaryStore {
  const runs: Collection<RunDocument> = connection.collection(COLLECTIONS.canaryRuns);
  const parts: Collection<PartDocument> = connection.collection(COLLECTIONS.canaryParts);
  return {
    async begin(run) {
      const document = { _id: idOf(run), run: JSON.stringify(run), look: 0 };
      await inserted(connection, () => runs.insertOne(document));
    },

    async count(name, { instance, number, stable, canary }) {
      const run = idOf(name);
      const older = { _id: `${run}/${instance}`, number: { $lt: number } };
      const $set = { run, number, counts: JSON.stringify({ stable, canary }) };
      // Where there is a newer one the insert meets it.
      await inserted(connection, () => parts.updateOne(older, { $set }, { upsert: true }));
    },

    async read(name) {
      const _id = idOf(name);
      const found = await connection.run(() => runs.findOne({ _id }));
      if (found === null) return undefined;
      const counted = await connection.run(() => parts.find({ run: _id }).toArray());
      return {
        run: JSON.parse(found.run) as CanaryRun,
        latest: found.latest === undefined ? undefined : lookOf(found.latest),
        parts: counted.map(({ counts }) => JSON.parse(counts) as Pick<CanaryPart, 'stable' | 'canary'>),
      };
    },

    async look(name, look, before) {
      const $set = { look: look.look, latest: lookJson(look) };
      const { matchedCount } = await connection.write(() =>
        runs.updateOne({ _id: idOf(name), look: before }, { $set }),
      );
      return matchedCount === 1 ? 'kept' : 'stale';
    },
  };
}

function idOf({ ruleSet, since }: RunName): string {
  return `${ruleSet}/${since}`;
}
