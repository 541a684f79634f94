import { createKeys, type Keys } from '../../src/identity/key-service.js';
import type { KeyLogEntry, KeyStore, KeyUse } from '../../src/identity/key-store.js';

/** A store of keys in memory, for tests of what stands on it. */
export function memoryKeyStore(): KeyStore & {
  readonly entries: KeyLogEntry[];
  readonly written: KeyUse[][];
} {
  const entries: KeyLogEntry[] = [];
  const written: KeyUse[][] = [];
  const uses = new Map<string, number>();
  return {
    entries,
    written,
    async append(entry) {
      if (entry.no !== entries.length + 1) return 'stale';
      entries.push(entry);
      return 'stored';
    },
    log: async (after, size) => entries.slice(after, after + size),
    async used(told) {
      written.push([...told]);
      for (const { id, at } of told) uses.set(id, Math.max(at, uses.get(id) ?? 0));
    },
    uses: async () => [...uses].map(([id, at]) => ({ id, at })),
  };
}

let made = 0;

/** Keys over a store, with a clock that a test moves, and secrets that count up. */
export function keysAt(store: KeyStore, clock: { now: number }): Keys {
  return createKeys({
    store,
    now: () => clock.now,
    randomBytes: (length) => Uint8Array.from({ length }, (_, at) => (at + 1 === length ? (made += 1) : 7)),
  });
}

/** What a call with a key shows. */
export function showing(key: string | undefined, subject?: string) {
  return { key, subject: () => subject };
}
