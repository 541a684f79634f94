import type { Collection, Filter, UpdateFilter } from 'mongodb';
import type { ShadowBatch } from '../../../decisions/shadow/shadow-store.js';
import type { Connection } from '../connection.js';
import { isDuplicateKey } from '../errors.js';

/** A document of counters that several instances add to. */
export interface Counted {
  readonly _id: string;
  /** The last batch of each writer that is in it. */
  readonly by?: Readonly<Record<string, number>>;
}

/** Adds what a batch has for a document, which is made where it is not there; nothing where that is in it already. */
export async function addOnce<T extends Counted>(
  connection: Connection,
  collection: Collection<T>,
  { writer, number }: Pick<ShadowBatch, 'writer' | 'number'>,
  id: string,
  update: UpdateFilter<T>,
): Promise<void> {
  const mark = `by.${writer}`;
  const filter = { _id: id, [mark]: { $not: { $gte: number } } } as unknown as Filter<T>;
  const marked = { ...update, $max: { ...update.$max, [mark]: number } } as UpdateFilter<T>;
  const apply = (upsert: boolean) =>
    connection.write(async () => {
      try {
        await collection.updateOne(filter, marked, { upsert });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  // It is there: made by another instance just now, or this batch is in it. Without making it the filter tells which.
  if (!(await apply(true))) await apply(false);
}
