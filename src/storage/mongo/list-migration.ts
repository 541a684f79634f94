import { MongoServerError } from 'mongodb';
import type { Db } from 'mongodb';
import { COLLECTIONS } from './indexes.js';
import type { ListChangeDocument, ListDocument } from './list-view.js';

/** Indexes of former builds. The first is there as long as memberships have at most one end, in fields of their own. */
const SINGLE_END = 'list_1_er_1';
const ONE_OF_VALUE = 'list_1_v_1_r_1';
const INDEX_NOT_FOUND = 27;

/** Brings memberships of former builds into the form of today. Several instances may do so at once. */
export async function migrateLists(db: Db): Promise<void> {
  const memberships = db.collection(COLLECTIONS.memberships);
  if (!(await db.listCollections({ name: COLLECTIONS.memberships }).hasNext())) return;
  const there = new Set((await memberships.indexes()).map(({ name }) => name));
  const drop = async (name: string): Promise<void> => {
    try {
      await memberships.dropIndex(name);
    } catch (error) {
      // Another instance was first.
      if (!(error instanceof MongoServerError && error.code === INDEX_NOT_FOUND)) throw error;
    }
  };
  if (there.has(SINGLE_END)) {
    const end = { r: '$er', u: '$eu', actor: '', reason: '' };
    const never = { $cond: [{ $lte: ['$eu', '$from'] }, { never: true }, {}] };
    await memberships.updateMany({ er: { $exists: true } }, [
      { $set: { ends: [{ $mergeObjects: [end, never] }] } },
      { $unset: ['er', 'eu'] },
    ]);
    await knowWhatIsThere(db);
    await drop(SINGLE_END);
  }
  if (there.has(ONE_OF_VALUE)) await drop(ONE_OF_VALUE);
}

/** When former changes were made is not known: they count as known from the first. */
async function knowWhatIsThere(db: Db): Promise<void> {
  const changes = db.collection<ListChangeDocument>(COLLECTIONS.listChanges);
  const lists = db.collection<ListDocument>(COLLECTIONS.lists);
  for await (const { _id: list, revision: r } of lists.find({ revision: { $gt: 0 }, at: { $exists: false } }))
    await changes.replaceOne({ _id: `${list}/${String(r)}` }, { list, r, at: 0 }, { upsert: true });
}
