import type { AnyBulkWriteOperation, ObjectId } from 'mongodb';
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

/** Many at once where there are many; else one by one, which the driver sends again when the primary changes. */
function endingOf(
  list: string,
  ids: readonly ObjectId[],
  end: EndDocument,
): readonly AnyBulkWriteOperation<MembershipDocument>[] {
  const update = { $push: { ends: end } };
  // By their ids, never through the whole list.
  const filter = { list, _id: { $in: [...ids] } };
  if (ids.length >= MANY) return [{ updateMany: { filter, update, hint: { _id: 1 } } }];
  return ids.map((_id) => ({ updateOne: { filter: { list, _id }, update } }));
}

/** What gives memberships of a list their ends. */
export function endingOperations(
  list: string,
  endings: readonly WrittenEnd[],
): AnyBulkWriteOperation<MembershipDocument>[] {
  return alike(endings).flatMap(({ end, ids }) => endingOf(list, ids, end));
}
