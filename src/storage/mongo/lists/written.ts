import type { OptionalUnlessRequiredId } from 'mongodb';
import { onlyDuplicates } from '../errors.js';
import { COLLECTIONS, ENDS_INDEX } from '../indexes.js';
import type { ListCollections } from './collections.js';
import type { MembershipDocument } from './view.js';

/** How long the removal of what failed changes wrote may take, ms. */
const REMOVAL_MS = 60_000;

/** Inserts documents; those that are there already have been inserted by the same step, made before. */
export async function insertOnce(
  collection: ListCollections['memberships'],
  documents: OptionalUnlessRequiredId<MembershipDocument>[],
): Promise<void> {
  try {
    await collection.insertMany(documents, { ordered: false });
  } catch (error) {
    if (!onlyDuplicates(error)) throw error;
  }
}

/** Removes what failed changes wrote. It never counts, so nobody waits for this, and what is left does no harm. */
export async function removeFailed(
  { connection }: ListCollections,
  list: string,
  numbers: readonly number[],
): Promise<void> {
  if (numbers.length === 0) return;
  const r = { $in: [...numbers] };
  const ended = { list, ends: { $exists: true, $elemMatch: { r } } };
  try {
    await connection.patiently(async (db) => {
      const memberships = db.collection<MembershipDocument>(COLLECTIONS.memberships);
      await memberships.deleteMany({ list, r });
      await memberships.updateMany(ended, { $pull: { ends: { r } } }, { hint: ENDS_INDEX });
    }, REMOVAL_MS);
  } catch {
    return;
  }
}
