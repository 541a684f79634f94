import type { AnyBulkWriteOperation, ObjectId } from 'mongodb';
import { isConnectionLoss } from '../errors.js';
import type { ListCollections } from './collections.js';
import { chunks } from './difference.js';
import type { EndDocument, MembershipDocument } from './view.js';

/** So many memberships that end alike are ended by one operation. */
const MANY = 100;

/** An end, and the membership to which it is given. */
export interface WrittenEnd {
  readonly id: ObjectId;
  readonly end: EndDocument;
}

/** Memberships that end in one and the same way, each way with its own. */
function alike(
  endings: readonly WrittenEnd[],
): readonly { readonly end: EndDocument; readonly ids: readonly ObjectId[] }[] {
  const ways = new Map<string, { readonly end: EndDocument; readonly ids: ObjectId[] }>();
  for (const { id, end } of endings) {
    const way = JSON.stringify([end.u, end.never, end.actor, end.reason]);
    const same = ways.get(way);
    if (same) same.ids.push(id);
    else ways.set(way, { end, ids: [id] });
  }
  return [...ways.values()];
}

/** Many at once where there are many. Said again, it changes nothing: a change gives a membership one end at most. */
function endingOf(
  list: string,
  ids: readonly ObjectId[],
  end: EndDocument,
): readonly AnyBulkWriteOperation<MembershipDocument>[] {
  const update = { $push: { ends: end } };
  const where = { list, 'ends.r': { $ne: end.r } };
  // By their ids, never through the whole list.
  if (ids.length >= MANY)
    return [{ updateMany: { filter: { ...where, _id: { $in: [...ids] } }, update, hint: { _id: 1 } } }];
  return ids.map((_id) => ({ updateOne: { filter: { ...where, _id }, update } }));
}

/** Gives memberships of a list their ends. */
export async function writeEnds(
  { connection, memberships }: ListCollections,
  list: string,
  endings: readonly WrittenEnd[],
): Promise<void> {
  const all = alike(endings).flatMap(({ end, ids }) => endingOf(list, ids, end));
  for (const operations of chunks(all)) {
    const write = (): Promise<unknown> => memberships.bulkWrite([...operations], { ordered: false });
    // When the primary changes the driver sends again what changes one document each, but not this.
    await connection.write(async () => {
      try {
        await write();
      } catch (error) {
        if (!isConnectionLoss(error)) throw error;
        await write();
      }
    });
  }
}
