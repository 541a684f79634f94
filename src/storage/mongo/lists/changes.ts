import type { Document } from 'mongodb';
import type { ListChange } from '../../../facts/lists/list-store.js';
import { ENDS_INDEX } from '../indexes.js';
import { counts, entryOf, lastEnd, untouched } from './view.js';
import type { ListView } from './view.js';
import type { ListCollections } from './collections.js';

const BATCH = 1_000;

/**
 * Memberships made or ended after a revision, each once, as the view shows it: first those that never come to hold, so
 * that what took their place is told after them.
 */
export async function* changesAfter(
  { connection, memberships }: ListCollections,
  view: ListView,
  after: number,
): AsyncIterable<readonly ListChange[]> {
  const { list } = view;
  const reached = counts(view);
  const later = { ...reached, $gt: after };
  const never = { $elemMatch: { r: reached, never: true } };
  const ended = { $exists: true, $elemMatch: { r: later } };
  const parts: readonly (readonly [filter: Document, hint: Document | string])[] = [
    [{ list, r: reached, ends: ended, $and: [{ ends: never }] }, ENDS_INDEX],
    [{ list, r: reached, ends: ended, $nor: [{ ends: never }] }, ENDS_INDEX],
    [
      { ...untouched(view), r: later },
      { list: 1, r: 1 },
    ],
  ];
  for (const [filter, hint] of parts) {
    const cursor = memberships.find(filter, { hint }).batchSize(BATCH);
    try {
      while (await connection.run(() => cursor.hasNext())) {
        yield cursor.readBufferedDocuments().map((one) => ({
          list,
          revision: Math.max(one.r, lastEnd(one, view)?.r ?? 0),
          entry: entryOf(one, view),
        }));
      }
    } finally {
      await cursor.close().catch(() => undefined);
    }
  }
}
