import type { Document, FindCursor } from 'mongodb';
import type { ListChange } from '../../facts/list-store.js';
import type { Connection } from './connection.js';
import { counts, entryOf } from './list-view.js';
import type { ListView, MembershipDocument } from './list-view.js';
import type { ListCollections } from './list-writer.js';

const BATCH = 2_000;

/**
 * Memberships made or ended after a revision, each once, as the view shows it, oldest change first; of one revision the
 * ends before what begins in their place.
 */
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
  const makings = buffered(connection, memberships.find(made, { sort: { r: 1 }, hint: { list: 1, r: 1 } }));
  const endings = buffered(
    connection,
    memberships.find(ended, { sort: { er: 1 }, hint: { list: 1, er: 1 } }),
  );
  try {
    let batch: ListChange[] = [];
    for (;;) {
      const one = makings.head ?? (await makings.load());
      const other = endings.head ?? (await endings.load());
      const madeFirst = one !== undefined && (other === undefined || one.r < (other.er ?? 0));
      const change = madeFirst ? one : other;
      if (!change) break;
      (madeFirst ? makings : endings).drop();
      const revision = (madeFirst ? change.r : change.er) ?? 0;
      batch.push({ list, revision, entry: entryOf(change, view) });
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await Promise.all([makings.close(), endings.close()]);
  }
}

interface Buffered {
  readonly head: MembershipDocument | undefined;
  load(): Promise<MembershipDocument | undefined>;
  drop(): void;
  close(): Promise<void>;
}

/** A cursor of which the next document can be looked at without waiting as long as some are at hand. */
function buffered(connection: Connection, cursor: FindCursor<MembershipDocument>): Buffered {
  let documents: MembershipDocument[] = [];
  let at = 0;
  cursor.batchSize(BATCH);
  return {
    get head() {
      return documents[at];
    },
    load: async () => {
      if (await connection.run(() => cursor.hasNext())) documents = cursor.readBufferedDocuments();
      else documents = [];
      at = 0;
      return documents[0];
    },
    drop: () => {
      at += 1;
    },
    close: () => cursor.close().catch(() => undefined),
  };
}
