import { TollgateError } from '../../errors/errors.js';
import { MAX_ENTRIES_OF_VALUE } from '../../facts/list-store.js';
import type { Ender, ImportOptions, ListEntry, ListUpdate } from '../../facts/list-store.js';
import { byValue, endRest } from '../../facts/list-timeline.js';
import { counts, reaching } from './list-view.js';
import { ListWriter } from './list-writer.js';
import type { ListCollections } from './list-writer.js';

const CHUNK = 2_000;
/** Memberships looked through in one step. */
const STRETCH = 20_000;

/**
 * Takes a stream of entries into a list. Memory stays bounded: what was taken is remembered in the database alone, under
 * the import's own revision. A dry run does the same and takes it back.
 */
export async function importEntries(
  on: ListCollections,
  list: string,
  batches: AsyncIterable<readonly ListEntry[]>,
  { replace, dryRun, by, now }: ImportOptions,
): Promise<ListUpdate> {
  return await ListWriter.change(on, list, now, async (writer) => {
    for await (const batch of batches) {
      for (let from = 0; from < batch.length; from += CHUNK)
        await take(on, writer, batch.slice(from, from + CHUNK));
    }
    if (replace) await endTheRest(on, writer, by);
    return dryRun ? 'discard' : 'commit';
  });
}

async function take(on: ListCollections, writer: ListWriter, chunk: readonly ListEntry[]): Promise<void> {
  await writer.renew();
  const { list } = writer.view;
  for (const [value, { length }] of byValue(chunk))
    if (length > MAX_ENTRIES_OF_VALUE)
      throw new TollgateError('INVALID_REQUEST', `entries: more than ${MAX_ENTRIES_OF_VALUE} of ${value}`);
  const kept = await writer.add(chunk);
  const ids = kept.flatMap(({ document }) =>
    document._id && !writer.isOfChange(document) ? [document._id] : [],
  );
  if (ids.length === 0) return;
  writer.marked = true;
  await on.connection.run(() =>
    on.memberships.updateMany({ list, _id: { $in: ids } }, { $set: { kept: writer.revision } }),
  );
}

/** Ends what did not come with the stream, stretch by stretch so that no step takes long. */
async function endTheRest(on: ListCollections, writer: ListWriter, by: Ender): Promise<void> {
  const { revision, ownView } = writer;
  const { list } = ownView;
  const now = writer.now();
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
    const rest = { ...reaching(ownView, now), r: counts(writer.view), kept: { $ne: revision } };
    const stretch = { ...from, ...(end === undefined ? {} : { $lte: end }) };
    const found = await on.connection.run(() =>
      on.memberships
        .find(
          { ...rest, ...(Object.keys(stretch).length > 0 ? { v: stretch } : {}) },
          { projection: { _id: 0, v: 1 } },
        )
        .toArray(),
    );
    const values = [...new Set(found.map(({ v }) => v))];
    for (let at = 0; at < values.length; at += CHUNK)
      await endRestOf(writer, values.slice(at, at + CHUNK), by, now);
    after = end;
    more = end !== undefined;
  }
}

async function endRestOf(
  writer: ListWriter,
  values: readonly string[],
  by: Ender,
  now: number,
): Promise<void> {
  const standing = await writer.standing(values, now);
  const ended = [...standing.values()].flatMap((all) => {
    const given = all.filter(({ document }) => writer.isOfChange(document));
    const rest = all.filter(({ document }) => !writer.isOfChange(document));
    return endRest(rest, given, by, now);
  });
  await writer.end(ended);
  writer.counts.removed += new Set(ended.map(({ membership }) => membership.value)).size;
}
