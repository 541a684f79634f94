import { describe, expect, it } from 'vitest';
import { HOW_TO_GET_ONE, findMongod } from '../../../scripts/lib/mongod.mjs';
import { TollgateError } from '../../../src/errors/errors.js';
import { openMongoStore, type MongoStore } from '../../../src/storage/mongo/open.js';
import { killableReplicaSet } from '../../support/killable-mongod.js';
import { OWN_TIME_WORLD } from '../../support/own-time.js';
import { entries } from '../contract/entries.js';

const found = findMongod();
const binary = found?.kind === 'binary' ? found.path : undefined;
const why = found
  ? 'MONGODB_URI names servers that are not ours to kill'
  : `no MongoDB server: ${HOW_TO_GET_ONE}`;

/** Takes what a query's tail holds, log by log; resolves once the server answers. */
async function tailOf(store: MongoStore, seen: Map<number, number>): Promise<readonly number[]> {
  for (;;) {
    try {
      const { tail } = await store.journal.query({ ids: [], ranges: [], seen });
      for (const { log, seq } of tail) if (log !== store.journal.log) seen.set(log, seq);
      return tail.map(({ seq }) => seq);
    } catch (error) {
      expect(error).toSatisfy(isUnavailable);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof TollgateError && error.code === 'STORE_UNAVAILABLE';
}

describe.skipIf(binary === undefined)(
  `a log on a MongoDB replica set of three${binary === undefined ? ` (${why})` : ''}`,
  () => {
    it(
      'whose primary dies with what nobody had followed: that was refused, and is seen by nobody',
      { timeout: 120_000 },
      async () => {
        const set = await killableReplicaSet(binary ?? '');
        const writer = await openMongoStore({ uri: set.uri, world: OWN_TIME_WORLD });
        const reader = await openMongoStore({ uri: set.uri, world: OWN_TIME_WORLD });
        const { journal } = writer;
        try {
          const acknowledged: number[] = [];
          const refused: number[] = [];
          let seq = 0;
          let over = false;
          const lane = async (): Promise<void> => {
            while (!over) {
              const batch = entries(journal.log, seq + 1, 3);
              seq += 3;
              const seqs = batch.map(({ event }) => event.seq);
              await journal.append(batch).then(
                () => acknowledged.push(...seqs),
                async (error: unknown) => {
                  expect(error).toSatisfy(isUnavailable);
                  refused.push(...seqs);
                  await new Promise((resolve) => setTimeout(resolve, 5));
                },
              );
            }
          };
          const followed: number[] = [];
          const seen = new Map<number, number>();
          const follow = async (): Promise<void> => {
            while (!over) followed.push(...(await tailOf(reader, seen)));
          };
          const reached = async (count: number): Promise<void> => {
            while (acknowledged.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
          };
          const work = [lane(), lane(), lane(), lane(), follow()];
          await reached(100);
          const startAgain = await set.killPrimary();
          await reached(acknowledged.length + 100);
          await startAgain();
          await reached(acknowledged.length + 100);
          over = true;
          await Promise.all(work);
          const recovered = await tailOf(writer, new Map());
          followed.push(...(await tailOf(reader, seen)));
          const stored: number[] = [];
          for await (const part of journal.scan(new Map(), 100))
            stored.push(...part.map(({ event }) => event.seq));
          console.info(
            `${String(acknowledged.length)} acknowledged, ${String(refused.length)} refused, of which durable ${String(recovered.length)}`,
          );
          expect(refused.length).toBeGreaterThan(0);
          expect(stored).toEqual([...acknowledged, ...recovered].sort((a, b) => a - b));
          expect(followed).toEqual(stored);
        } finally {
          await reader.close();
          await writer.close();
          await set.remove();
        }
      },
    );
  },
);
