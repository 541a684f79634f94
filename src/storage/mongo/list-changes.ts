import type { Document, FindCursor } from 'mongodb';
import type { ListChange } from '../../facts/list-store.js';
import { counts, entryOf } from './list-view.js';
import type { ListView, MembershipDocument } from './list-view.js';
import type { ListCollections } from './list-writer.js';

const BATCH = 2_000;

/** Memberships made or ended after a revision, each once, as the view shows it, oldest change first. */
export async function* changesAfter(
  { connection, memberships }: ListCollections,
  view: ListView,
  after: number,
): AsyncIterable<readonly ListChange[]> {
  const { list } = view;
  const reached = counts(view);
  const later = { ...reached, $gt: after };
  const made = { list, r: later, $nor: [{ er: reached }] } as Document;
  const ended = { list, r: reached, er: later } as Document;
  const cursors = [
    memberships.find(made, { sort: { r: 1 }, hint: { list: 1, r: 1 }, batchSize: BATCH }),
    memberships.find(ended, { sort: { er: 1 }, hint: { list: 1, er: 1 }, batchSize: BATCH }),
  ] as const;
  const next = (cursor: FindCursor<MembershipDocument>): Promise<MembershipDocument | null> =>
    connection.run(() => cursor.next());
  try {
    let [one, other] = [await next(cursors[0]), await next(cursors[1])];
    let batch: ListChange[] = [];
    while (one || other) {
      const madeFirst = one !== null && (other === null || one.r <= (other.er ?? 0));
      const change = madeFirst ? one : other;
      if (!change) break;
      const revision = (madeFirst ? change.r : change.er) ?? 0;
      batch.push({ list, revision, entry: entryOf(change, view) });
      if (batch.length === BATCH) {
        yield batch;
        batch = [];
      }
      if (madeFirst) one = await next(cursors[0]);
      else other = await next(cursors[1]);
    }
    if (batch.length > 0) yield batch;
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close().catch(() => undefined)));
  }
}
