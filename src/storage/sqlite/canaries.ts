import type { CanaryStore } from '../../decisions/canary/canary-store.js';
import { lookJson, lookOf } from '../../decisions/canary/look-json.js';
import type { Connection } from './connection.js';

/** Runs of canaries, as the main thread sees them. */
export function sqliteCanaries(connection: Connection): CanaryStore {
  return {
    begin: (run) => connection.call('canaries.begin', [run]),
    count: (name, part) => connection.call('canaries.count', [name, part]),
    async read(name) {
      const found = await connection.call('canaries.read', [name]);
      if (found === undefined) return undefined;
      const { run, latest, parts } = found;
      return { run, latest: latest === undefined ? undefined : lookOf(latest), parts };
    },
    look: (name, look, before) => connection.call('canaries.look', [name, look.look, lookJson(look), before]),
  };
}
