import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StreamEvent } from '../../../src/facts/stream.js';
import { openMongoStore } from '../../../src/storage/mongo/open.js';
import type { MongoStore } from '../../../src/storage/mongo/open.js';
import type { MongoStoreOptions } from '../../../src/storage/mongo/options.js';
import { describeMongo, emptyDatabase, giveBack } from '../../support/mongo-suite.js';
import { OWN_TIME_WORLD } from '../../support/own-time.js';
import { entries, entry } from '../contract/entries.js';

for (const followMarks of [false, true]) {
  describeMongo(`several instances on one MongoDB database${followMarks ? ', by marks' : ''}`, (uri) => {
    let database: string;
    let stores: MongoStore[];

    const open = async (more: Partial<MongoStoreOptions> = {}): Promise<MongoStore> => {
      const store = await openMongoStore({ uri, database, world: OWN_TIME_WORLD, followMarks, ...more });
      stores.push(store);
      return store;
    };
    const tail = async (store: MongoStore, seen: ReadonlyMap<number, number>): Promise<StreamEvent[]> => {
      const answer = await store.journal.query({ ids: [], ranges: [], seen });
      return [...answer.tail];
    };
    /** By marks, what was appended shows a moment later. */
    const eventually = async (look: () => Promise<void>): Promise<void> => {
      for (let attempts = followMarks ? 1_000 : 0; attempts > 0; attempts--) {
        try {
          return await look();
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
      await look();
    };

    beforeEach(() => {
      database = emptyDatabase();
      stores = [];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
      await giveBack(uri, database);
    });

    it('have logs of their own and share the key', async () => {
      const opened = await Promise.all([open(), open(), open()]);
      expect(new Set(opened.map(({ journal }) => journal.log)).size).toBe(3);
      const keys = opened.map(({ journal }) => Buffer.from(journal.hashKey).toString('hex'));
      expect(new Set(keys).size).toBe(1);
    });

    it('see what others appended with the next question, also of one that came later', async () => {
      const one = await open({ beatMs: 60_000 });
      const two = await open({ beatMs: 60_000 });
      await two.journal.append(entries(two.journal.log, 1, 5));
      const seen = new Map<number, number>();
      await eventually(async () => expect((await tail(one, seen)).map(place)).toEqual(places(two, 1, 5)));
      seen.set(two.journal.log, 3);
      expect((await tail(one, seen)).map(place)).toEqual(places(two, 4, 5));
      await one.journal.append(entries(one.journal.log, 1, 2));
      await eventually(async () =>
        expect((await tail(two, new Map())).map(place)).toEqual(places(one, 1, 2)),
      );
      expect((await tail(one, new Map([[two.journal.log, 5]]))).map(place)).toEqual([]);
    });

    it('see every log as a prefix, whatever the moment', async () => {
      const reader = await open();
      const writers = [await open(), await open()];
      const seen = new Map<number, number>();
      const batches = 40;
      const work = writers.map(async ({ journal }) => {
        const appends: Promise<unknown>[] = [];
        for (let batch = 0; batch < batches; batch++)
          appends.push(journal.append(entries(journal.log, 1 + batch * 7, 7)));
        await Promise.all(appends);
      });
      const written = Promise.all(work).then(() => true);
      const follow = async (): Promise<void> => {
        for (const { log, seq } of await tail(reader, seen)) {
          expect(seq).toBe((seen.get(log) ?? 0) + 1);
          seen.set(log, seq);
        }
      };
      do await follow();
      while (!(await Promise.race([written, Promise.resolve(false)])));
      await eventually(async () => {
        await follow();
        expect(seen).toEqual(new Map(writers.map(({ journal }) => [journal.log, batches * 7])));
      });
    });

    it('leave a gap where an entry was known before, and nobody waits for it', async () => {
      const one = await open();
      const two = await open();
      const { log } = two.journal;
      const first = entry({ log, seq: 1 });
      await two.journal.append([first, entry({ log, seq: 2, id: first.id }), entry({ log, seq: 3 })]);
      await eventually(async () =>
        expect((await tail(one, new Map())).map(({ seq }) => seq)).toEqual([1, 3]),
      );
    });

    it('leave a log ended, whatever sign of life was on its way', async () => {
      const client = await MongoClient.connect(uri);
      try {
        const logs = client.db(database).collection<{ _id: number; alive: boolean }>('logs');
        for (let time = 0; time < 25; time++) {
          const store = await open({ beatMs: 1 });
          await new Promise((resolve) => setTimeout(resolve, 5 + time));
          await store.close();
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(await logs.countDocuments({ alive: true })).toBe(0);
      } finally {
        await client.close();
      }
    });

    it('start to follow at the heads, also of logs that have ended', async () => {
      const gone = await open();
      await gone.journal.append(entries(gone.journal.log, 1, 4));
      await gone.close();
      const alive = await open();
      await alive.journal.append(entries(alive.journal.log, 1, 6));
      const late = await open();
      const expected = new Map([
        [gone.journal.log, 4],
        [alive.journal.log, 6],
      ]);
      await eventually(async () => expect(await late.journal.heads()).toEqual(expected));
      expect(await tail(late, await late.journal.heads())).toEqual([]);
      expect((await tail(late, new Map([[alive.journal.log, 6]]))).map(place)).toEqual(places(gone, 1, 4));
    });

    it('stop asking for the log of one that died, and follow again should it come back', async () => {
      const died = await open({ beatMs: 60_000 });
      await died.journal.append(entries(died.journal.log, 1, 3));
      const other = await open({ beatMs: 20, silentMs: 60 });
      const client = await MongoClient.connect(uri);
      try {
        const logs = client.db(database).collection<{ _id: number; alive: boolean; last: number }>('logs');
        const state = async (): Promise<unknown> =>
          await logs.findOne({ _id: died.journal.log }, { projection: { alive: 1, last: 1, _id: 0 } });
        await expect.poll(state).toEqual({ alive: false, last: 3 });
        expect((await tail(other, new Map())).map(place)).toEqual(places(died, 1, 3));
        await died.journal.append(entries(died.journal.log, 4, 1));
        await logs.updateOne({ _id: died.journal.log }, { $set: { alive: true, last: 4 }, $inc: { b: 1 } });
        const seen = new Map([[died.journal.log, 3]]);
        await expect.poll(async () => (await tail(other, seen)).map(place)).toEqual(places(died, 4, 4));
      } finally {
        await client.close();
      }
    });

    it('see what one appends that was taken for dead, although it dies before its next sign of life', async () => {
      const slow = await open({ beatMs: 60_000, silentMs: 60 });
      await slow.journal.append(entries(slow.journal.log, 1, 3));
      const other = await open({ beatMs: 20, silentMs: 60 });
      const client = await MongoClient.connect(uri);
      try {
        const logs = client.db(database).collection<{ _id: number; alive: boolean; last: number }>('logs');
        const state = async (): Promise<unknown> =>
          await logs.findOne({ _id: slow.journal.log }, { projection: { alive: 1, last: 1, _id: 0 } });
        await expect.poll(state).toEqual({ alive: false, last: 3 });
        await slow.journal.append(entries(slow.journal.log, 4, 1));
        const seen = new Map([[slow.journal.log, 3]]);
        await expect.poll(async () => (await tail(other, seen)).map(place)).toEqual(places(slow, 4, 4));
        await expect.poll(state).toEqual({ alive: false, last: 4 });
        const late = await open();
        expect((await late.journal.heads()).get(slow.journal.log)).toBe(4);
      } finally {
        await client.close();
      }
    });

    it('read all logs in order', async () => {
      const one = await open();
      const two = await open();
      await one.journal.append(entries(one.journal.log, 1, 12));
      await two.journal.append(entries(two.journal.log, 1, 9));
      await eventually(async () => {
        const found: string[] = [];
        for await (const part of two.journal.scan(new Map([[one.journal.log, 8]]), 5))
          found.push(...part.map(({ event }) => place(event)));
        expect(found).toEqual([...places(one, 9, 12), ...places(two, 1, 9)]);
      });
    });
  });
}

function place({ log, seq }: { readonly log: number; readonly seq: number }): string {
  return `${log}/${seq}`;
}

function places({ journal: { log } }: MongoStore, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => place({ log, seq: first + index }));
}
