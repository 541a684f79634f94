import type { Document } from 'mongodb';
import type { ListChange } from '../../../facts/lists/list-store.js';
import { ENDS_INDEX } from '../indexes.js';
import { SPAN, counts, lastEnd, spanOf, untouched } from './view.js';
import type { ListView, MembershipDocument, SpanDocument } from './view.js';
import type { ListCollections } from './collections.js';

const BATCH = 1_000;

/** Of a membership only what tells when it holds: so a long list is followed in less time. */
const FIELDS = { ...SPAN, _id: 0, r: 1 } as const;
type Followed = SpanDocument & Pick<MembershipDocument, 'r'>;

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
    const cursor = memberships.find<Followed>(filter, { hint, projection: FIELDS }).batchSize(BATCH);
    const next = async (): Promise<boolean> => await connection.run(() => cursor.hasNext());
    let more = next();
    try {
      while (await more) {
        const batch = cursor.readBufferedDocuments();
        // On its way while this one is taken in.
        more = next();
        more.catch(() => undefined);
        yield batch.map((one) => ({
          list,
          revision: Math.max(one.r, lastEnd(one, view)?.r ?? 0),
          entry: spanOf(one, view),
        }));
      }
    } finally {
      await more.catch(() => undefined);
      await cursor.close().catch(() => undefined);
    }
  }
}
