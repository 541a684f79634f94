import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEntry } from '../../../src/decisions/ports.js';
import { COUNTER, loadEntry } from './append-until-killed.js';
import type { Acknowledged } from './append-until-killed.js';
import { keyOf, plain, whole } from './entries.js';
import type { StoreFactory, TestDatabase } from './factory.js';

const NONE: ReadonlyMap<number, number> = new Map();

/** Whatever was acknowledged is there after the process was killed, and nothing is there in part. */
export function killContract(factory: StoreFactory): void {
  describe(`a killed process on ${factory.name}`, () => {
    let database: TestDatabase;

    beforeEach(async () => {
      database = await factory.create();
    });
    afterEach(() => database.drop());

    it('loses nothing that was acknowledged', { timeout: 240_000 }, async () => {
      const acknowledged: Acknowledged[] = [];
      for (const batches of [15, 60, 150]) {
        acknowledged.push(...(await killedAfter(batches, database.appender)));
        const store = await database.open();
        try {
          const places = acknowledged.flatMap(({ log, first, count }) =>
            Array.from({ length: count }, (_, index) => ({ log, seq: first + index })),
          );
          const expected = places.map(({ log, seq }) => loadEntry(log, seq));
          const ids = expected.map(({ id }) => id);
          const { entries } = await store.journal.query({ ids, ranges: [], seen: NONE });
          expect(entries.map(plain)).toEqual(expected.map(plain));

          // Read before the keys: what a server had taken in from the killed process may become visible in between.
          const scanned: StoredEntry[] = [];
          for await (const part of store.journal.scan(NONE, 500)) scanned.push(...part);
          const keys = Array.from({ length: 10 }, (_, index) => keyOf('card', `c${index}`));
          const ranges = keys.map((key) => ({ key, from: -Infinity }));
          const found = whole(await store.journal.query({ ids: [], ranges, seen: NONE }));
          const byKey = new Set(found.flat().map(({ log, seq }) => `${log}/${seq}`));
          expect(places.filter(({ log, seq }) => !byKey.has(`${log}/${seq}`))).toEqual([]);
          expect(found.flat()).toHaveLength(byKey.size);

          for (const one of scanned) {
            expect(plain(one)).toEqual(plain(loadEntry(one.event.log, one.event.seq)));
            expect(byKey.has(`${one.event.log}/${one.event.seq}`)).toBe(true);
          }
          expect(await store.limits.used(COUNTER)).toBeGreaterThanOrEqual(acknowledged.length);
        } finally {
          await store.close();
        }
      }
    });
  });
}

/** Runs the appender until it has acknowledged so many batches, kills it, and tells which. */
async function killedAfter(batches: number, [script, ...args]: readonly string[]): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', script ?? '', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<string | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  const acknowledged: Acknowledged[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(JSON.parse(line) as Acknowledged);
    if (acknowledged.length === batches) child.kill('SIGKILL');
  }
  expect(await ended).toBe('SIGKILL');
  return acknowledged;
}
