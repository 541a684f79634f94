import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { TollgateError } from '../../../src/errors/errors.js';
import { openMongoStore } from '../../../src/storage/mongo/open.js';
import type { MongoStore } from '../../../src/storage/mongo/open.js';
import type { MongoStoreOptions } from '../../../src/storage/mongo/options.js';
import { describeMongo, dropDatabase, freshDatabase, primaryOf } from '../../support/mongo-suite.js';
import { OWN_TIME_WORLD, ownTime } from '../../support/own-time.js';
import { faultyProxy } from '../../support/proxy.js';
import type { FaultyProxy, ProxyMode } from '../../support/proxy.js';
import { entries, entry } from '../contract/entries.js';

const NONE: ReadonlyMap<number, number> = new Map();
/** What the beginning of an insert of entries looks like on its way, of a change of a stage, and of what asks for a majority. */
const INSERT = 'insert\0\b\0\0\0entries\0';
const STAGE = 'update\0\v\0\0\0ruleStages\0';
const CONFIRM = 'update\0\b\0\0\0entries\0';

describeMongo('a MongoDB server that fails, behind a proxy', (uri) => {
  let database: string;
  let proxy: FaultyProxy;
  let store: MongoStore;

  const openThrough = (more: Partial<MongoStoreOptions>): Promise<MongoStore> => {
    const direct = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    return openMongoStore({ uri: direct, database, world: OWN_TIME_WORLD, ...more });
  };

  beforeEach(async () => {
    database = freshDatabase();
    proxy = await faultyProxy(await primaryOf(uri));
    store = await openThrough({});
    await store.lists.create(
      { id: 'l', type: 'card', kind: 'block', description: '', owner: '' },
      { actor: 'ana', reason: '' },
      0,
    );
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await dropDatabase(uri, database);
  });

  const everyCall = (): Promise<unknown>[] => {
    const site = { id: 's', name: '', group: '', timeZone: 'UTC', country: 'DE', currency: 'EUR' };
    return [
      store.health.ping(),
      store.journal.append([entry({ log: store.journal.log, seq: 1000 })]),
      store.journal.query({ ids: ['x'], ranges: [{ key: 1, from: 0 }], seen: NONE }),
      store.journal.list({}, 1, undefined),
      store.journal.heads(),
      store.limits.reserve('d', [{ counter: 'c', amount: 1, cap: 2, periodEnd: 1 }], 1),
      store.limits.settle('d', { kind: 'failed' }),
      store.limits.expire(1),
      store.lists.lists(),
      store.lists.add('l', [], 1),
      store.lists.check('l', ['x'], { asOf: 1 }),
      store.rules.staged(),
      store.sites.put('site', { ...site, languages: [], revision: 0 }),
    ];
  };

  const healed = async (): Promise<number> => {
    const start = ownTime();
    for (;;) {
      try {
        await store.health.ping();
        return ownTime() - start;
      } catch (error) {
        expect(error).toSatisfy(isUnavailable);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };

  for (const fault of ['cut', 'silent'] as const) {
    it(`that is ${fault}: every call fails in time, then at once, and the store heals by itself`, async () => {
      await Promise.all(everyCall());
      proxy.set(fault);
      const first = await failures(everyCall());
      expect(first.slowest).toBeLessThan(3_000);
      const second = await failures(everyCall());
      expect(second.slowest).toBeLessThan(100);
      proxy.set('pass');
      expect(await healed()).toBeLessThan(5_000);
      const found = await store.journal.query({ ids: [], ranges: [], seen: NONE });
      expect(found.entries).toEqual([]);
      expect(await store.journal.append([entry({ log: store.journal.log, seq: 2000 })])).toEqual(['stored']);
    });
  }

  /** Appends twenty entries and one of an id among them; resolves when they have arrived and the answer was swallowed. */
  async function appendUnheard(): Promise<{ readonly answered: Promise<void> }> {
    const { log } = store.journal;
    const batch = entries(log, 1, 20);
    const other = entry({ log, seq: 21, id: batch[3]?.id ?? '' });
    const arrived = await arrivals(uri, database);
    proxy.set('no-answers');
    const answered = expect(store.journal.append([...batch, other])).resolves.toEqual([
      ...batch.map(() => 'stored'),
      'duplicate',
    ]);
    await arrived(20);
    return { answered };
  }

  it('and swallows an answer: the batch is sent again and counted as stored once', async () => {
    const { answered } = await appendUnheard();
    proxy.set('pass');
    await answered;
  });

  it('and swallows an answer until it is taken for gone: what it had stored is no duplicate', async () => {
    await store.close();
    // Time enough to be sent again, however slow the machine is.
    store = await openThrough({ callTimeoutMs: 30_000 });
    const { answered } = await appendUnheard();
    // From here on it is the store, and not the driver, that sends the batch again.
    await expect(store.health.ping()).rejects.toSatisfy(isUnavailable);
    proxy.set('pass');
    await answered;
  });

  it('and swallows an answer for long: what proves durable is handed out once, in front of the tail', async () => {
    const { log } = store.journal;
    const batch = entries(log, 1, 20);
    const other = entry({ log, seq: 21, id: batch[3]?.id ?? '' });
    const arrived = await arrivals(uri, database);
    proxy.set('no-answers');
    const refused = expect(store.journal.append([...batch, other])).rejects.toSatisfy(isUnavailable);
    await arrived(20);
    await refused;
    proxy.set('pass');
    await healed();
    const ask = (): Promise<readonly number[]> =>
      store.journal.query({ ids: [], ranges: [], seen: NONE }).then(({ tail }) => tail.map(({ seq }) => seq));
    expect(await ask()).toEqual(batch.map(({ event }) => event.seq));
    expect(await ask()).toEqual([]);
    expect(await store.journal.append([entry({ log, seq: 22 })])).toEqual(['stored']);
  });

  it('and swallows the last answer of an instance that then ends: what proves durable belongs to its log', async () => {
    const { log } = store.journal;
    const arrived = await arrivals(uri, database);
    proxy.set('no-answers');
    const refused = expect(store.journal.append(entries(log, 1, 20))).rejects.toSatisfy(isUnavailable);
    await arrived(20);
    await refused;
    proxy.set('pass');
    await healed();
    await store.journal.query({ ids: [], ranges: [], seen: NONE });
    await store.close();
    store = await openThrough({});
    expect(await store.journal.heads()).toEqual(new Map([[log, 20]]));
  });

  it('and refuses a batch is not asked without a pause', async () => {
    const { log } = store.journal;
    const client = await MongoClient.connect(uri);
    onTestFinished(() => client.close());
    // Of this collection alone: others use the server at the same time.
    const writes = async (): Promise<number> => {
      const stages = [{ $collStats: { latencyStats: {} } }];
      const [stats] = await client.db(database).collection('entries').aggregate<CollStats>(stages).toArray();
      return stats?.latencyStats.writes.ops ?? 0;
    };
    await store.journal.append([entry({ log, seq: 1 })]);
    await client.db(database).command({ collMod: 'entries', validator: { refused: true } });
    const before = await writes();
    await expect(store.journal.append(entries(log, 2, 20))).rejects.toSatisfy(isUnavailable);
    const tried = (await writes()) - before;
    expect(tried).toBeGreaterThan(1);
    expect(tried).toBeLessThan(50);
    await client.db(database).command({ collMod: 'entries', validator: {} });
    expect(await store.journal.append([entry({ log, seq: 22 })])).toEqual(['stored']);
  });

  it('one connection of which falls silent in the middle of an append: soon all goes on', async () => {
    const { log } = store.journal;
    await store.journal.append([entry({ log, seq: 1 })]);
    const stalled = proxy.stall(INSERT);
    const start = ownTime();
    await expect(store.journal.append([entry({ log, seq: 2 })])).rejects.toSatisfy(isUnavailable);
    let seq = 3;
    await expect.poll(() => worksOut(store.journal.append([entry({ log, seq: seq++ })]))).toBe(true);
    expect(ownTime() - start).toBeLessThan(6_000);
    expect(stalled.count()).toBe(1);
    const { tail } = await store.journal.query({ ids: [], ranges: [], seen: NONE });
    expect(tail.map(({ seq }) => seq)).toContain(2);
  });

  it('and gets an insert so late that it was given up: that never becomes visible', async () => {
    const { log } = store.journal;
    await store.journal.append([entry({ log, seq: 1 })]);
    // The driver sends it a second time.
    const stalled = proxy.stall(INSERT, 2);
    const late = entry({ log, seq: 2 });
    await expect(store.journal.append([late])).rejects.toSatisfy(isUnavailable);
    let seq = 3;
    await expect.poll(() => worksOut(store.journal.append([entry({ log, seq: seq++ })]))).toBe(true);
    expect(stalled.count()).toBe(2);
    const there = async (): Promise<boolean> => {
      const { entries: found } = await store.journal.query({ ids: [late.id], ranges: [], seen: NONE });
      return found[0] !== undefined;
    };
    expect(await there()).toBe(false);
    await stalled.release();
    expect(await there()).toBe(false);
    expect(await store.journal.append([late])).toEqual(['stored']);
  });

  it('and never hears that a majority has to confirm an insert: that is in doubt, and counts once it is settled', async () => {
    const { log } = store.journal;
    await store.journal.append([entry({ log, seq: 1 })]);
    // The driver asks a second time.
    const stalled = proxy.stall(CONFIRM, 2);
    await expect(store.journal.append([entry({ log, seq: 2 })])).rejects.toSatisfy(isUnavailable);
    expect(stalled.count()).toBeGreaterThan(0);
    let seq = 3;
    await expect.poll(() => worksOut(store.journal.append([entry({ log, seq: seq++ })]))).toBe(true);
    const { tail } = await store.journal.query({ ids: [], ranges: [], seen: NONE });
    expect(tail.map(({ seq }) => seq)).toContain(2);
  });

  it('as many connections of which fall silent as there are: soon all goes on', async () => {
    const ask = (): Promise<unknown> => store.journal.query({ ids: ['x'], ranges: [], seen: undefined });
    await ask();
    const stalled = proxy.stall('find\0\b\0\0\0entries\0', 20);
    const start = ownTime();
    const { slowest } = await failures(Array.from({ length: 20 }, ask));
    expect(slowest).toBeLessThan(3_000);
    expect(stalled.count()).toBe(20);
    await expect.poll(() => worksOut(ask())).toBe(true);
    expect(ownTime() - start).toBeLessThan(6_000);
  });

  it('and holds up a publisher in the middle: what it published stands, and others go on from there', async () => {
    await store.close();
    store = await openThrough({ callTimeoutMs: 500 });
    const beside = await openMongoStore({ uri, database, world: OWN_TIME_WORLD });
    onTestFinished(() => beside.close());
    const publish = ({ rules }: MongoStore, revision: number): Promise<'published' | 'stale'> => {
      const said = { ruleSet: 'cards', scope: 'all', actor: 'ann', reason: '', at: 1 } as const;
      const staged = { ruleSet: 'cards', scope: 'all', since: revision, sinceAt: 1 } as const;
      return rules.publish(
        { ...said, step: 'activate', revision, version: revision, from: revision - 1, to: revision },
        [
          { ...staged, version: revision, stage: 'active' },
          { ...staged, version: revision - 1, stage: 'archived' },
        ],
      );
    };
    const active = async ({ rules }: MongoStore) =>
      (await rules.staged()).map(({ version, stage }) => [version, stage]);
    const stalled = proxy.stall(STAGE);
    expect(await publish(store, 1)).toBe('published');
    expect(stalled.count()).toBe(1);
    expect(await active(beside)).toEqual([[1, 'active']]);
    expect(await publish(beside, 1)).toBe('stale');
    expect(await publish(beside, 2)).toBe('published');
    const stood = await beside.rules.stagesOf('cards');
    // What was held up arrives, late.
    await stalled.release();
    expect(await beside.rules.stagesOf('cards')).toEqual(stood);
    expect(await active(beside)).toEqual([[2, 'active']]);
    expect(await publish(beside, 3)).toBe('published');
    const log = await beside.rules.publications('cards', 9, undefined);
    expect(log.map(({ revision, to }) => [revision, to])).toEqual([
      [3, 3],
      [2, 2],
      [1, 1],
    ]);
  });

  it('loses nothing that was acknowledged and doubles nothing, whatever happens in between', async () => {
    const { log } = store.journal;
    const acknowledged: number[] = [];
    let seq = 1;
    const modes: readonly ProxyMode[] = ['pass', 'no-answers', 'pass', 'silent', 'pass', 'cut', 'pass'];
    for (const mode of modes) {
      proxy.set(mode);
      if (mode === 'pass') await healed();
      for (let round = 0; round < 4; round++) {
        const batch = entries(log, seq, 8);
        seq += 8;
        try {
          await store.journal.append(batch);
          acknowledged.push(...batch.map(({ event }) => event.seq));
        } catch (error) {
          expect(error).toSatisfy(isUnavailable);
        }
      }
    }
    const stored: number[] = [];
    for await (const part of store.journal.scan(NONE, 100))
      stored.push(...part.map(({ event }) => event.seq));
    expect(stored).toEqual([...new Set(stored)].sort((a, b) => a - b));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((one) => !stored.includes(one))).toEqual([]);
  });
});

interface CollStats {
  readonly latencyStats: { readonly writes: { readonly ops: number } };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof TollgateError && error.code === 'STORE_UNAVAILABLE';
}

/** Whether a call works out; it may only fail as it should. */
async function worksOut(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    expect(error).toSatisfy(isUnavailable);
    return false;
  }
}

/** That all calls fail as they should, and how long the slowest took, ms of own time. */
async function failures(calls: readonly Promise<unknown>[]): Promise<{ readonly slowest: number }> {
  const start = ownTime();
  const results = await Promise.allSettled(calls);
  const slowest = ownTime() - start;
  for (const result of results) {
    expect(result.status).toBe('rejected');
    if (result.status === 'rejected') expect(result.reason).toSatisfy(isUnavailable);
  }
  return { slowest };
}

/** Connects beside the proxy; what it gives waits until the server has taken in a number of entries. */
async function arrivals(uri: string, database: string): Promise<(count: number) => Promise<void>> {
  const client = await MongoClient.connect(uri);
  onTestFinished(() => client.close());
  const entries = client.db(database).collection('entries');
  await entries.countDocuments();
  return async (count) => {
    while ((await entries.countDocuments()) < count) await new Promise((resolve) => setTimeout(resolve, 10));
  };
}
