import type { AnyBulkWriteOperation, ClientSession, Document } from 'mongodb';
import { HOLD_MEMORY_MS } from '../../decisions/hold-state.js';
import type { Connection } from './connection.js';
import { COLLECTIONS } from './indexes.js';
import type { HoldsDocument } from './limit-documents.js';

/** The layout of the database that this release reads and writes, kept in the collection `meta`. */
export const SCHEMA = 2;

/** How long one counter may take, ms. */
const STEP_MS = 60_000;

/** A hold as it stood inside its counter in schema 1. */
interface OldHold {
  /** Decision. */
  readonly d: string;
  /** Amount left. */
  readonly a: number;
  /** Expires at; Infinity once confirmed or expired. */
  readonly e: number;
  /** Expired. */
  readonly g?: boolean;
  /** Given back as a whole. */
  readonly b?: number;
  /** Ids of what gave back. */
  readonly r?: readonly string[];
}

interface OldCounter {
  readonly _id: string;
  readonly periodEnd: number;
  readonly h: readonly OldHold[];
}

/** Leads the database from an older layout to this one; going on after a crash, and from several instances at once. */
export async function migrate(connection: Connection, from: number, now: number): Promise<void> {
  if (from >= SCHEMA) return;
  const counters = connection.collection<OldCounter>(COLLECTIONS.counters);
  await connection.run(() => counters.deleteMany({ refused: { $exists: true } } as Document), STEP_MS);
  for (;;) {
    const next = await connection.run(() =>
      counters.findOne({ h: { $exists: true } }, { projection: { _id: 1 } }),
    );
    if (!next) break;
    await connection.run(
      () =>
        connection.client.withSession((session) =>
          session.withTransaction(() => moveHolds(connection, session, next._id, now)),
        ),
      STEP_MS,
    );
  }
  await connection.run(() => dropOldIndexes(connection));
  const meta = connection.collection<{ _id: string }>(COLLECTIONS.meta);
  await connection.run(() => meta.updateOne({ _id: 'store' }, { $max: { schema: SCHEMA } }));
}

async function dropOldIndexes(connection: Connection): Promise<void> {
  const counters = connection.collection(COLLECTIONS.counters);
  for (const name of ['h.d_1', 'h.e_1']) if (await counters.indexExists(name)) await counters.dropIndex(name);
}

/** Schema 1 kept all holds of a period inside the counter: each decision gets a document of its own. */
async function moveHolds(
  connection: Connection,
  session: ClientSession,
  counter: string,
  now: number,
): Promise<void> {
  const counters = connection.collection<OldCounter>(COLLECTIONS.counters);
  const found = await counters.findOne({ _id: counter, h: { $exists: true } }, { session });
  if (!found) return;
  const f = Math.max(found.periodEnd, now) + HOLD_MEMORY_MS;
  const moved = found.h.map((hold) => ({
    updateOne: {
      filter: { _id: hold.d },
      update: {
        $setOnInsert: { v: 1, u: [], refused: false, m: [], ...stateOf(hold, found.periodEnd) },
        // Forgotten with the first of its periods, before any of its counters.
        $min: { f },
        $push: { h: { c: counter, a: hold.a + (hold.b ?? 0), r: 0 } },
      },
      upsert: true,
    },
  }));
  const holds = connection.collection<HoldsDocument>(COLLECTIONS.holds);
  if (moved.length > 0) await holds.bulkWrite(moved as AnyBulkWriteOperation<HoldsDocument>[], { session });
  await counters.updateOne(
    { _id: counter },
    { $set: { f, p: [] }, $unset: { h: '', periodEnd: '' } } as Document,
    { session },
  );
}

/** What was given back as a whole counts nothing now either: as cancelled where it had been confirmed, else as failed. */
function stateOf({ e, g, b, r }: OldHold, periodEnd: number): Document {
  const lapsed = g === true;
  const made = e === Infinity && !lapsed;
  const given = (b ?? 0) > 0;
  return {
    x: e === Infinity ? periodEnd : e,
    ...(e === Infinity ? {} : { e }),
    ...(made ? { made: 0 } : {}),
    ...(made && given ? { cancelled: 0 } : {}),
    failed: given && !made,
    lapsed,
    refunds: r ?? [],
  };
}
