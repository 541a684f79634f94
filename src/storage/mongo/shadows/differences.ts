import type { Collection } from 'mongodb';
import type { DecisionDifference } from '../../../decisions/shadow/shadow-store.js';
import type { Outcome } from '../../../rules/outcome.js';
import type { Connection } from '../connection.js';
import { duplicatesOf } from '../errors.js';

/** Differences inserted at a time: so many hold up this thread for a millisecond. */
const AT_ONCE = 100;

/** A difference as it is stored. */
export interface DifferenceDocument {
  /** Run and decision: added again, it is there already. */
  readonly _id: string;
  readonly run: string;
  readonly at: number;
  readonly decision: string;
  readonly differs: boolean;
  readonly live: Outcome;
  readonly shadow: Outcome;
  /** That ended otherwise. */
  readonly rules: readonly string[];
  readonly json: string;
}

/** Adds differences to a run; those that are there stay as they are. */
export async function addDifferences(
  connection: Connection,
  collection: Collection<DifferenceDocument>,
  run: string,
  differences: readonly DecisionDifference[],
): Promise<void> {
  for (let from = 0; from < differences.length; from += AT_ONCE) {
    const some = differences.slice(from, from + AT_ONCE);
    const documents = some.map((difference) => documentOf(run, difference));
    await connection.write(async () => {
      try {
        await collection.insertMany(documents, { ordered: false });
      } catch (error) {
        if (duplicatesOf(error, documents.length) === undefined) throw error;
      }
    });
  }
}

function documentOf(run: string, difference: DecisionDifference): DifferenceDocument {
  const { decision, at, verdictDiffers, live, shadow, rules } = difference;
  return {
    _id: `${run}/${decision}`,
    run,
    at,
    decision,
    differs: verdictDiffers,
    live: live.outcome,
    shadow: shadow.outcome,
    rules: rules.map(({ rule }) => rule),
    json: JSON.stringify(difference),
  };
}
