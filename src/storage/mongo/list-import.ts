import type { ListEntry, ListUpdate } from '../../facts/list-store.js';
import { holding } from './list-view.js';
import { ListWriter } from './list-writer.js';
import type { ListCollections } from './list-writer.js';

/** How an import ends. */
export interface ImportOptions {
  readonly replace: boolean;
  readonly dryRun: boolean;
  /** Epoch ms. */
  readonly now: number;
}

const CHUNK = 2_000;
/** Memberships looked through in one step. */
const STRETCH = 20_000;

/**
 * Takes a stream of entries into a list. Memory stays bounded: what was taken is remembered in the database alone, under
 * the import's own revision. Of a value that comes twice the last entry counts. A dry run does the same and takes it back.
 */
export async function importEntries(
  on: ListCollections,
  list: string,
  batches: AsyncIterable<readonly ListEntry[]>,
  { replace, dryRun, now }: ImportOptions,
): Promise<ListUpdate> {
  return await ListWriter.change(on, list, now, async (writer) => {
    for await (const batch of batches) {
      for (let from = 0; from < batch.length; from += CHUNK)
        await take(on, writer, batch.slice(from, from + CHUNK));
    }
    if (replace) await endTheRest(on, writer);
    return dryRun ? 'discard' : 'commit';
  });
}

async function take(on: ListCollections, writer: ListWriter, chunk: readonly ListEntry[]): Promise<void> {
  await writer.renew();
  const { list } = writer.view;
  const { revision } = writer;
  const byValue = new Map(chunk.map((entry) => [entry.value, entry]));
  await writer.takeBack([...byValue.keys()]);
  const unchanged = await writer.add([...byValue.values()]);
  const again = unchanged.filter((same) => same.some(({ kept }) => kept === revision));
  writer.counts.unchanged -= again.length;
  const ids = unchanged.flat().flatMap(({ _id, kept }) => (_id && kept !== revision ? [_id] : []));
  if (ids.length === 0) return;
  writer.marked = true;
  await on.connection.run(() =>
    on.memberships.updateMany({ list, _id: { $in: ids } }, { $set: { kept: revision } }),
  );
}

/** Ends what is in force and did not come with the stream, stretch by stretch so that no step takes long. */
async function endTheRest(on: ListCollections, writer: ListWriter): Promise<void> {
  const { revision, view, now } = writer;
  const { list } = view;
  for (let after: string | undefined, more = true; more;) {
    await writer.renew();
    const from = after === undefined ? {} : { $gt: after };
    const beyond = await on.connection.run(() =>
      on.memberships
        .find(after === undefined ? { list } : { list, v: from }, { projection: { _id: 0, v: 1 } })
        .sort({ v: 1 })
        .skip(STRETCH)
        .limit(1)
        .toArray(),
    );
    const end = beyond[0]?.v;
    const rest = { ...holding(view, now), kept: { $ne: revision }, er: { $ne: revision } };
    const stretch = { ...from, ...(end === undefined ? {} : { $lte: end }) };
    const found = await on.connection.run(() =>
      on.memberships
        .find(
          { ...rest, ...(Object.keys(stretch).length > 0 ? { v: stretch } : {}) },
          { projection: { v: 1 } },
        )
        .toArray(),
    );
    for (let at = 0; at < found.length; at += CHUNK) await writer.end(found.slice(at, at + CHUNK));
    writer.counts.removed += found.length;
    after = end;
    more = end !== undefined;
  }
}
