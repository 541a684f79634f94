import type { ListChange, ListEntry, ListInfo, ListStore, ListUpdate } from '../../facts/list-store.js';
import type { Clock } from '../../world/world.js';
import type { Connection } from './connection.js';

/** Entries in one message. */
const BATCH = 1_000;

type FeedRow = readonly [
  change: number,
  value: string,
  validFrom: number,
  begun: number,
  until: number | null,
  reason: string,
  actor: string,
  source: string,
];

/** Lists as the main thread sees them. Changes of one list wait for one another, so that an import switches alone. */
export function sqliteLists(connection: Connection, clock: Clock): ListStore {
  const waiting = new Map<string, Promise<unknown>>();
  const alone = async <T>(list: string, work: () => Promise<T>): Promise<T> => {
    const before = waiting.get(list) ?? Promise.resolve();
    const result = before.then(work, work);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    waiting.set(list, settled);
    try {
      return await result;
    } finally {
      if (waiting.get(list) === settled) waiting.delete(list);
    }
  };
  return {
    create: (list) => connection.call<'created' | 'exists'>('lists.create', [list]),
    lists: () => connection.call<readonly ListInfo[]>('lists.all', [clock.now()]),
    add: (list, entries, now) =>
      alone(list, () => connection.call<ListUpdate>('lists.add', [list, entries, now])),
    remove: (list, values, now) =>
      alone(list, () => connection.call<ListUpdate>('lists.remove', [list, values, now])),
    check: (list, values, asOf) => connection.call<readonly ListEntry[]>('lists.check', [list, values, asOf]),
    entries: (list, asOf, limit, after) =>
      connection.call<readonly ListEntry[]>('lists.entries', [list, asOf, limit, after]),
    import: async (list, batches, options) => {
      const number = await connection.call<number>('lists.importBegin', [list]);
      try {
        for await (const batch of batches) {
          for (let at = 0; at < batch.length; at += BATCH) {
            await connection.call('lists.importBatch', [number, batch.slice(at, at + BATCH)]);
          }
        }
        return await alone(list, () =>
          connection.call<ListUpdate>('lists.importSwitch', [number, list, options]),
        );
      } finally {
        // Where the store has gone, the next start does it.
        await connection.call('lists.importEnd', [number]).catch(() => undefined);
      }
    },
    async *changes(list, afterRevision) {
      // After the last of the beginnings of that revision.
      let after: readonly [number, number, string, number] = [afterRevision, 1, '\u{10ffff}', 0];
      for (;;) {
        const rows = await connection.call<readonly FeedRow[]>('lists.changes', [list, after]);
        const last = rows.at(-1);
        if (!last) return;
        after = [last[0], last[3], last[1], last[2]];
        yield rows.map((row) => change(list, row));
      }
    },
  };
}

function change(list: string, row: FeedRow): ListChange {
  const [revision, value, validFrom, , until, reason, actor, source] = row;
  return {
    list,
    revision,
    entry: { value, reason, actor, source, validFrom, validUntil: until ?? Infinity },
  };
}
