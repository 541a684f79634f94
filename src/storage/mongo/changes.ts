import type { ChangeStream, Document } from 'mongodb';
import type { StoreChanges } from '../../decisions/ports.js';
import type { Timers } from '../../world/world.js';
import type { Connection } from './connection.js';
import { COLLECTIONS } from './indexes.js';

/** Where what all instances follow shows itself: each change of it changes a document here. */
const FOLLOWED: readonly string[] = [
  COLLECTIONS.publications,
  COLLECTIONS.lists,
  COLLECTIONS.sites,
  COLLECTIONS.keyLog,
  COLLECTIONS.exceptions,
];

/** How long the server may wait for a change before it says that there is none, ms. */
const AWAIT_MS = 500;
/** After how long another change stream is opened when one has broken, ms. */
const AGAIN_MS = 250;

/**
 * Changes by a change stream, on a connection of its own. The driver goes on by itself where it can: after a failover, a
 * lost cursor. What it cannot go on from ends the stream, and another begins.
 */
export function mongoChanges(connection: Connection, timers: Timers): StoreChanges {
  return {
    watch(changed) {
      let closed = false;
      let stream: ChangeStream | undefined;
      let wake: () => void = () => undefined;
      const pause = (): Promise<void> =>
        new Promise((resolve) => {
          const cancel = timers.after(AGAIN_MS, resolve);
          wake = () => {
            cancel();
            resolve();
          };
        });

      async function follow(): Promise<void> {
        const client = connection.waiting();
        try {
          stream = connection.dbOf(client).watch(pipeline(), { maxAwaitTimeMS: AWAIT_MS });
          for (let first = true; !closed; first = false) {
            const change = await stream.tryNext();
            // From the first answer on nothing is missed; what came before may have been.
            if (!closed && (first || change !== null)) changed();
          }
        } finally {
          await stream?.close().catch(() => undefined);
          await connection.waited(client);
        }
      }

      async function goOn(): Promise<void> {
        while (!closed) {
          // Whatever broke it: the next one shows whether the server is there, and health tells where it is not.
          await follow().catch(() => undefined);
          if (!closed) await pause();
        }
      }

      const ended = goOn();
      return {
        async close() {
          closed = true;
          wake();
          await stream?.close().catch(() => undefined);
          await ended;
        },
      };
    },
  };
}

/** Only that something changed is asked, not what. */
function pipeline(): Document[] {
  return [{ $match: { 'ns.coll': { $in: FOLLOWED } } }, { $project: { _id: 1, operationType: 1 } }];
}
