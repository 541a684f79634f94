import { KeyedTurns } from '../../collections/keyed-turns.js';
import type { ListStore } from '../../facts/lists/list-store.js';
import type { Clock } from '../../world/world.js';
import type { Connection } from './connection.js';
import type { FeedPlace } from './worker/lists/feed.js';
import type { SwitchOptions } from './worker/lists/import.js';
import { stagedText } from './worker/lists/staging.js';

/** Entries in one message. */
const BATCH = 1_000;

/** What keeps lists: any number of publications at once. */
const PUBLISHING = 'publishing';

/** Lists as the main thread sees them. Changes of one list wait for one another, so that an import switches alone. */
export function sqliteLists(connection: Connection, clock: Clock): ListStore {
  const turns = new KeyedTurns();
  const uses = new KeyedTurns();
  return {
    create: (list, by, now) => connection.call('lists.create', [list, by, now]),
    lists: () => connection.call('lists.all', [clock.now()]),
    heads: () => connection.call('lists.heads', []),
    update: (list, settings, expected, by, now) =>
      turns.alone([list], () => connection.call('lists.update', [list, settings, expected, by, now])),
    delete: (list, by, now, check) =>
      turns.alone([list], () =>
        // This process alone has the file: a lock in memory is one.
        uses.alone([list], async () => {
          await check();
          return await connection.call('lists.delete', [list, by, now]);
        }),
      ),
    keep: (lists, work) => uses.together(PUBLISHING, [...new Set(lists)], work),
    log: (list, limit, before) => connection.call('lists.log', [list, limit, before]),
    history: (list, values, limit, after) => connection.call('lists.history', [list, values, limit, after]),
    add: (list, entries, now) =>
      turns.alone([list], () => connection.call('lists.add', [list, entries, now])),
    remove: (list, values, by, now) =>
      turns.alone([list], () => connection.call('lists.remove', [list, values, by, now])),
    check: (list, values, query) => connection.call('lists.check', [list, values, query]),
    entries: (list, query, limit, after) => connection.call('lists.entries', [list, query, limit, after]),
    import: async (list, batches, { replace, dryRun, by, now, show = 0, note = { ...by, source: '' } }) => {
      const number = await connection.call('lists.importBegin', [list]);
      let position = 0;
      // While one batch is written the next one is read.
      let written: Promise<unknown> = Promise.resolve();
      try {
        for await (const batch of batches) {
          for (let at = 0; at < batch.length; at += BATCH) {
            const texts = batch.slice(at, at + BATCH).map((entry) => stagedText(entry, ++position));
            await written;
            written = connection.call('lists.importBatch', [number, JSON.stringify(texts)]);
            written.catch(() => undefined);
          }
        }
        await written;
        return await turns.alone([list], () => {
          const kind = replace ? 'replaced' : 'imported';
          const options: SwitchOptions = { replace, dryRun, by, now: now(), show, note: { kind, ...note } };
          return connection.call('lists.importSwitch', [number, list, options]);
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
        const rows = await connection.call('lists.changes', [list, after]);
        const last = rows.at(-1);
        if (!last) return;
        after = last.place;
        yield rows.map(({ place: [revision, , value, validFrom], validUntil }) => ({
          list,
          revision,
          entry: { value, validFrom, validUntil },
        }));
      }
    },
  };
}
