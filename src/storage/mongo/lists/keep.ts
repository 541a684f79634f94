import type { Document } from 'mongodb';
import { TollgateError } from '../../../errors/errors.js';
import type { ListCollections } from './collections.js';

/** How long a publication, or a deletion, may take, ms of the server's clock. */
const HOLD_MS = 60_000;
/** How long to wait for one another, ms. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

const DELETING = { $gt: ['$deleting.until', '$$NOW'] };
const USES = {
  $filter: { input: { $ifNull: ['$uses', []] }, cond: { $gt: ['$$this.until', '$$NOW'] } },
};

/**
 * Does some work while none of these lists can be deleted: it writes into each of their documents that it is under way.
 * Either that comes before the mark of a deletion, which then waits, or it finds the mark, and waits itself.
 */
export async function keepLists<T>(
  on: ListCollections,
  lists: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  if (lists.length === 0) return await work();
  const { connection, lists: collection } = on;
  const token = newToken(on);
  const ids = { _id: { $in: [...new Set(lists)] } };
  const there = { ...ids, deleted: { $exists: false } };
  const use = { token, until: { $add: ['$$NOW', HOLD_MS] } };
  const release = (): Promise<unknown> =>
    connection.run(() => collection.updateMany(ids, { $pull: { uses: { token } } as Document }));
  try {
    await patiently(on, 'a list that it names is being deleted', async () => {
      await connection.run(() =>
        collection.updateMany({ ...there, 'uses.token': { $ne: token }, $expr: { $not: [DELETING] } }, [
          { $set: { uses: { $concatArrays: [USES, [use]] } } },
          // A deletion that was held up for too long has lost its place.
          { $unset: 'deleting' },
        ]),
      );
      const others = await connection.run(() =>
        collection.countDocuments({ ...there, 'uses.token': { $ne: token } }, { limit: 1 }),
      );
      return others === 0;
    });
    return await work();
  } finally {
    // What cannot be released lapses.
    await release().catch(() => undefined);
  }
}

/**
 * Does some work while no publication that names the list is under way, nor can begin. `where` is what the list's document
 * says as long as that is so.
 */
export async function keepOff<T>(
  on: ListCollections,
  list: string,
  work: (where: Document) => Promise<T>,
): Promise<T> {
  const { connection, lists: collection } = on;
  const token = newToken(on);
  const where = { 'deleting.token': token };
  const mark = { deleting: { token, until: { $add: ['$$NOW', HOLD_MS] } }, uses: USES };
  const free = { $and: [{ $not: [DELETING] }, { $eq: [{ $size: USES }, 0] }] };
  try {
    await patiently(
      on,
      `rules that name list ${list} are being published, or it is being deleted`,
      async () => {
        const { matchedCount } = await connection.run(() =>
          collection.updateOne({ _id: list, $expr: free }, [{ $set: mark }]),
        );
        return (
          matchedCount > 0 || (await connection.run(() => collection.countDocuments({ _id: list }))) === 0
        );
      },
    );
    return await work(where);
  } finally {
    const back = { $unset: { deleting: '' as const } };
    await connection.run(() => collection.updateOne({ _id: list, ...where }, back)).catch(() => undefined);
  }
}

/** Tries until it works; LIST_BUSY when it does not in time. */
async function patiently(
  { world }: ListCollections,
  busy: string,
  attempt: () => Promise<boolean>,
): Promise<void> {
  const begun = world.clock.monotonicUs();
  while (!(await attempt())) {
    if (world.clock.monotonicUs() - begun >= PATIENCE_MS * 1000)
      throw new TollgateError('LIST_BUSY', `${busy}; try again`);
    await new Promise<void>((resolve) => world.timers.after(PAUSE_MS, resolve));
  }
}

function newToken({ world }: ListCollections): string {
  return Buffer.from(world.randomBytes(12)).toString('hex');
}
