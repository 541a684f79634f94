import { KeyedTurns } from '../../collections/keyed-turns.js';
import type { ListEntry, ListHead, ListInfo, ListStore, ListUpdate } from '../../facts/list-store.js';
import type { Clock } from '../../world/world.js';
import type { Connection } from './connection.js';
import type { FeedPlace, FeedRow } from './worker/list-feed.js';
import type { SwitchOptions } from './worker/list-import.js';

/** Entries in one message. */
const BATCH = 1_000;

/** Lists as the main thread sees them. Changes of one list wait for one another, so that an import switches alone. */
export function sqliteLists(connection: Connection, clock: Clock): ListStore {
  const turns = new KeyedTurns();
  return {
    create: (list) => connection.call<'created' | 'exists'>('lists.create', [list]),
    lists: () => connection.call<readonly ListInfo[]>('lists.all', [clock.now()]),
    heads: () => connection.call<readonly ListHead[]>('lists.heads', []),
    add: (list, entries, now) =>
      turns.run([list], () => connection.call<ListUpdate>('lists.add', [list, entries, now])),
    remove: (list, values, by, now) =>
      turns.run([list], () => connection.call<ListUpdate>('lists.remove', [list, values, by, now])),
    check: (list, values, query) =>
      connection.call<readonly ListEntry[]>('lists.check', [list, values, query]),
    entries: (list, query, limit, after) =>
      connection.call<readonly ListEntry[]>('lists.entries', [list, query, limit, after]),
    import: async (list, batches, { replace, dryRun, by, now }) => {
      const number = await connection.call<number>('lists.importBegin', [list]);
      let position = 0;
      try {
        for await (const batch of batches) {
          for (let at = 0; at < batch.length; at += BATCH) {
            const part = batch.slice(at, at + BATCH);
            await connection.call('lists.importBatch', [number, position, part]);
            position += part.length;
          }
        }
        return await turns.run([list], () => {
          const options: SwitchOptions = { replace, dryRun, by, now: now() };
          return connection.call<ListUpdate>('lists.importSwitch', [number, list, options]);
        });
      } finally {
        // Where the store has gone, the next start does it.
        await connection.call('lists.importEnd', [number]).catch(() => undefined);
      }
    },
    async *changes(list, afterRevision) {
      // After the last of the beginnings of that revision.
      let after: FeedPlace = [afterRevision, 1, '\u{10ffff}', 0, 0];
      for (;;) {
        const rows = await connection.call<readonly FeedRow[]>('lists.changes', [list, after]);
        const last = rows.at(-1);
        if (!last) return;
        after = last.place;
        yield rows.map(({ place, entry }) => ({ list, revision: place[0], entry }));
      }
    },
  };
}
