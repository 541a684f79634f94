import { MongoServerError, type Document, type MongoClient } from 'mongodb';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ImportOptions } from '../../../../src/facts/lists/list-store.js';
import { Connection } from '../../../../src/storage/mongo/connection.js';
import type { ImportSizes } from '../../../../src/storage/mongo/lists/import.js';
import type { Instances } from '../../../../src/storage/mongo/lists/staging.js';
import type { ListDocument, MembershipDocument } from '../../../../src/storage/mongo/lists/view.js';
import { storeUnavailable } from '../../../../src/errors/store-unavailable.js';
import { MongoLists } from '../../../../src/storage/mongo/lists/lists.js';
import { RUN_SIZES } from '../../../../src/storage/mongo/lists/sorted-runs.js';
import { openMongoStore, type MongoStore } from '../../../../src/storage/mongo/open.js';
import { resolveOptions } from '../../../../src/storage/mongo/options.js';
import type { World } from '../../../../src/world/world.js';
import { describeMongo } from '../../../support/mongo-suite.js';
import { OWN_TIME_WORLD } from '../../../support/own-time.js';
import { T0 } from '../../contract/entries.js';
import { SlowStream } from '../../contract/list-imports.js';
import { FIRST, listStep, takeSteps } from '../../contract/list-steps.js';
import { member, stream } from '../../contract/lists.js';
import { openStore } from '../opened.js';

type Run = Connection['run'];

/** As if memory held next to nothing: every entry is kept in the store by itself. */
const EVERY_ENTRY = { run: 1, part: 1, length: 1, read: 1, stretch: 1 };

/** The log of the instance that has gone. */
const GONE = 900;
const OLD = ['both 0.. ', 'old 0.. '];
const NEW = ['both 0.. ', 'new 10.. ', 'old 0..10 importer'];

describeMongo('an import on MongoDB', (uri) => {
  let database: string;
  let store: MongoStore;
  let connection: Connection;
  let client: MongoClient;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ database, store, connection, client, close } = await openStore(
      { uri, world: OWN_TIME_WORLD },
      { beatMs: 20, silentMs: 60 },
    ));
  });
  afterEach(() => close());

  /** Lists of an instance whose steps and collections are tampered with. */
  const listsOf = (
    tampered: Partial<Pick<Connection, 'run' | 'collection'>> = {},
    instances: Instances = { own: GONE, lives: () => true },
    world: World = OWN_TIME_WORLD,
    sizes: ImportSizes = EVERY_ENTRY,
  ): MongoLists => {
    const { db } = connection;
    const through = {
      db,
      run: connection.run.bind(connection),
      // Through the other, that tests may tamper with.
      write: (step: () => Promise<unknown>) => through.run(step),
      healed: connection.healed.bind(connection),
      closed: false,
      patiently: connection.patiently.bind(connection),
      collection: connection.collection.bind(connection),
      ...tampered,
    };
    const resolved = resolveOptions({ uri, world });
    return new MongoLists(through as unknown as Connection, resolved, instances, sizes);
  };
  /** Lists that make a call of a collection in another way. */
  const listsWhere = (
    collection: string,
    call: 'bulkWrite' | 'insertMany' | 'replaceOne' | 'updateOne',
    otherwise: (given: readonly unknown[], make: () => Promise<unknown>) => Promise<unknown>,
    world = OWN_TIME_WORLD,
  ): MongoLists => {
    const tampered: Partial<Pick<Connection, 'collection'>> = {
      collection: <T extends Document>(name: string) => {
        const real = connection.collection<T>(name);
        if (name !== collection) return real;
        const made = real[call].bind(real) as (...given: unknown[]) => Promise<unknown>;
        const get = (_: unknown, key: string | symbol): unknown =>
          key === call
            ? (...given: unknown[]) => otherwise(given, () => made(...given))
            : Reflect.get(real, key, real);
        return new Proxy<typeof real>(real, { get });
      },
    };
    return listsOf(tampered, undefined, world);
  };
  /** Lists that are held up before a call of a collection until they are let go. */
  const heldUpBefore = (collection: string, call: 'insertMany' | 'replaceOne') => {
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    let reached: () => void = () => undefined;
    const there = new Promise<void>((resolve) => (reached = resolve));
    const lists = listsWhere(collection, call, async (_, make) => {
      reached();
      await gate;
      return await make();
    });
    return { lists, goOn, reached: there };
  };
  /** Another instance, which has found out that the first one has gone. */
  const sweepByAnother = (): Promise<void> => listsOf({}, { own: 1, lives: (log) => log !== GONE }).sweep();
  const options: ImportOptions = {
    replace: true,
    dryRun: false,
    by: { actor: 'importer', reason: '' },
    now: () => T0 + 10,
  };
  const file = [member('both', T0), member('new', T0 + 10)];
  const makeEmpty = async (id: string): Promise<void> => {
    await store.lists.create(
      { id, type: 'card', kind: 'block', description: '', owner: '' },
      { actor: 'ana', reason: '' },
      T0,
    );
  };
  const makeList = async (id: string): Promise<void> => {
    await makeEmpty(id);
    await store.lists.add(id, [member('both', T0), member('old', T0)], T0);
  };
  const spans = async (list: string): Promise<string[]> =>
    (await store.lists.entries(list, { asOf: T0, planned: true }, 100, undefined)).map(
      ({ value, validFrom, validUntil, ended }) =>
        `${value} ${validFrom - T0}..${validUntil === Infinity ? '' : validUntil - T0} ${ended?.actor ?? ''}`,
    );
  const heads = () => client.db(database).collection<ListDocument>('lists');
  const memberships = () => client.db(database).collection<MembershipDocument>('listMemberships');
  const staged = async (): Promise<string[]> =>
    (await client.db(database).listCollections({}, { nameOnly: true }).toArray())
      .map(({ name }) => name)
      .filter((name) => name.startsWith('listStaging'));
  /** Waits until so many parts are staged. */
  const haveStaged = (count: number): Promise<void> =>
    vi.waitFor(async () => {
      const counts = (await staged()).map((name) => client.db(database).collection(name).countDocuments());
      expect(await Promise.all(counts)).toEqual([count]);
    });
  /** As if as much time had passed. */
  const loseLease = async (list: string): Promise<void> => {
    await heads().updateOne(
      { _id: list, writer: { $exists: true } },
      { $set: { 'writer.until': new Date(0) } },
    );
  };
  /** What changes wrote that failed. */
  const failed = async (list: string): Promise<number> => {
    const r = { $in: [...((await heads().findOne({ _id: list }))?.void ?? [])] };
    return await memberships().countDocuments({ list, $or: [{ r }, { 'ends.r': r }] });
  };

  it.each(['before', 'after'] as const)(
    'interrupted by the death of its instance %s any step: the list is the old one or the new one, and nothing stays behind',
    async (when) => {
      const outcomes: string[] = [];
      const left: string[] = [];
      for (let last = 1; ; last++) {
        const list = `l${last}`;
        await makeList(list);
        let step = 0;
        const run: Run = async (work, timeoutMs) => {
          step += 1;
          if (step > last || (step === last && when === 'before')) throw new Error('killed');
          const result = await connection.run(work, timeoutMs);
          if (step === last) throw new Error('killed');
          return result;
        };
        await listsOf({ run })
          .import(list, stream(file, 1), options)
          .catch(() => undefined);
        const done = (await spans(list)).includes('new 10.. ');
        expect(await spans(list)).toEqual(done ? NEW : OLD);
        outcomes.push(done ? 'new' : 'old');
        await loseLease(list);
        expect(await store.lists.add(list, [member('z', T0 + 20)], T0 + 20)).toMatchObject({ added: 1 });
        expect(await spans(list)).toEqual([...(done ? NEW : OLD), 'z 20.. ']);
        await vi.waitFor(async () => expect(await failed(list)).toBe(0));
        left.push(...(await staged()));
        await sweepByAnother();
        expect(await staged()).toEqual([]);
        if (step < last) break;
      }
      // Each step once, the switch among them.
      expect(outcomes.length).toBeGreaterThan(10);
      expect(outcomes).toEqual(outcomes.toSorted((a, b) => b.localeCompare(a)));
      expect(left.length).toBeGreaterThan(5);
    },
  );

  it.each(['before', 'after'] as const)(
    'goes on where the store goes away %s any step: every entry is there once',
    async (when) => {
      let outages = 0;
      for (let at = 1; ; at++) {
        const list = `away${at}`;
        await makeList(list);
        let step = 0;
        const run: Run = async (work, timeoutMs) => {
          step += 1;
          if (step !== at) return await connection.run(work, timeoutMs);
          outages += 1;
          if (when === 'after') await connection.run(work, timeoutMs);
          throw storeUnavailable('it went away');
        };
        // The steps before the list is staged are not tried again: nothing is lost yet.
        const importing = listsOf({ run }).import(list, stream(file, 1), options);
        const done = await importing.then(
          ({ added, removed }) => [added, removed],
          (error: unknown) => error,
        );
        if (step < at) break;
        if (at <= 2) expect(done).toMatchObject({ code: 'STORE_UNAVAILABLE' });
        else expect([at, done]).toEqual([at, [1, 1]]);
        expect(await spans(list)).toEqual(at <= 2 ? OLD : NEW);
        const stored = await memberships().find({ list }).toArray();
        expect(stored.map(({ v, ends }) => `${v} ${String(ends?.length ?? 0)}`).toSorted()).toEqual(
          at <= 2 ? ['both 0', 'old 0'] : ['both 0', 'new 0', 'old 1'],
        );
      }
      expect(outages).toBeGreaterThan(10);
    },
    60_000,
  );

  it('finds what stood at what came and between it, however little is looked at at once', async () => {
    let number = 0;
    const name = fc.constantFrom('a', 'b', 'ba', 'c', '\u{1f600}', '\uff5e', '\uff5ex', 'z');
    const names = fc.uniqueArray(name);
    const size = fc.integer({ min: 1, max: 4 });
    const sizes = fc.record({ run: size, part: size, length: fc.nat(200), read: size, stretch: size });
    await fc.assert(
      fc.asyncProperty(names, names, names, sizes, async (stood, over, came, held) => {
        const id = `list-${String((number += 1))}`;
        await makeList(id);
        await store.lists.remove(id, ['both', 'old'], options.by, T0 + 1);
        await store.lists.add(
          id,
          [...stood, ...over].map((value) => member(value, T0 + 2)),
          T0 + 2,
        );
        await store.lists.remove(id, over, options.by, T0 + 3);
        const before = new Set(stood.filter((value) => !over.includes(value)));
        const after = new Set(came);
        const lists = listsOf({}, undefined, undefined, held);
        const entries = came.map((value) => member(value, T0 + 10));
        const importing = { ...options, show: 100 };
        const told = await lists.import(id, stream(entries, 2), { ...importing, dryRun: true });
        const done = await lists.import(id, stream(entries, 2), importing);
        const added = [...after].filter((value) => !before.has(value));
        const removed = [...before].filter((value) => !after.has(value));
        expect(done).toMatchObject({
          added: added.length,
          removed: removed.length,
          unchanged: after.size - added.length,
        });
        expect(told).toEqual({ ...done, revision: told.revision });
        const shown = (effect: string) =>
          done.shown?.filter((one) => one.effect === effect).map(({ entry }) => entry.value);
        const inOrder = (values: readonly string[]): readonly string[] =>
          values.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
        expect(shown('added')).toEqual(inOrder(added));
        expect(shown('removed')).toEqual(inOrder(removed));
        const now = await store.lists.entries(id, { asOf: T0 + 10 }, 100, undefined);
        expect(now.map(({ value }) => value)).toEqual(inOrder(came));
      }),
      { numRuns: 40 },
    );
  });

  it('does to a list what is said, and tells what that was, however little is looked at at once', async () => {
    let number = 0;
    const size = fc.integer({ min: 1, max: 3 });
    const sizes = fc.record({ run: size, part: size, length: fc.nat(200), read: size, stretch: size });
    await fc.assert(
      fc.asyncProperty(fc.array(listStep, { maxLength: 10 }), sizes, async (steps, held) => {
        const id = `said-${String((number += 1))}`;
        await makeEmpty(id);
        for await (const { update, told, known } of takeSteps(
          listsOf({}, undefined, undefined, held),
          id,
          steps,
        )) {
          expect(update).toEqual(told);
          const all = await store.lists.entries(id, { asOf: FIRST - 1, planned: true }, 100, undefined);
          expect(all).toEqual(known.at(-1)?.model.all());
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['before', false],
    ['after', true],
  ])('ends memberships once when the primary changes %s it was done', async (_, done) => {
    await makeList('l');
    const values = Array.from({ length: 150 }, (_, index) => `w${String(index)}`);
    const entries = values.map((value) => member(value, T0));
    await store.lists.add('l', entries, T0);
    let calls = 0;
    const lists = listsWhere('listMemberships', 'bulkWrite', async (_, make) => {
      calls += 1;
      if (calls > 1) return await make();
      if (done) await make();
      throw new MongoServerError({ message: 'not primary', code: 10_107 });
    });
    expect(await lists.remove('l', values, options.by, T0 + 10)).toMatchObject({ removed: 150 });
    const left = await store.lists.entries('l', { asOf: T0 + 10 }, 100, undefined);
    expect(left.map(({ value }) => value)).toEqual(['both', 'old']);
    const ended = await memberships().find({ list: 'l', v: /^w/ }).toArray();
    expect(ended.map(({ ends }) => ends?.length)).toEqual(values.map(() => 1));
    expect(calls).toBe(2);
  });

  it('interrupted by the death of its instance while it streams: another one removes what it staged', async () => {
    await makeList('l');
    const dying = await openMongoStore({ uri, database, world: OWN_TIME_WORLD, beatMs: 20 });
    const long = Array.from({ length: RUN_SIZES.run }, (_, index) => member(`m${String(index)}`, T0));
    const slow = new SlowStream([long, []]);
    const importing = dying.lists.import('l', slow.entries(), options);
    await slow.stalls;
    await haveStaged(RUN_SIZES.run / RUN_SIZES.part);
    await dying.close();
    slow.goOn();
    await expect(importing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect.poll(staged).toEqual([]);
    expect(await spans('l')).toEqual(OLD);
  });

  it('interrupted by losing what it staged, because it was held up and taken for dead: it fails, the list stays', async () => {
    await makeList('l');
    const slow = new SlowStream([[member('first', T0)], file]);
    const importing = listsOf().import('l', slow.entries(), options);
    await slow.stalls;
    await haveStaged(1);
    await sweepByAnother();
    slow.goOn();
    await expect(importing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await spans('l')).toEqual(OLD);
    await vi.waitFor(async () => expect(await failed('l')).toBe(0));
  });

  it.each([
    ['listMemberships', 'insertMany'],
    ['listChanges', 'replaceOne'],
  ] as const)(
    'interrupted by losing its place in the switch, just before %s.%s: it fails, the other change counts',
    async (collection, call) => {
      await makeList('l');
      const held = heldUpBefore(collection, call);
      const importing = held.lists.import('l', stream(file), options);
      await held.reached;
      await loseLease('l');
      expect(await store.lists.add('l', [member('z', T0 + 20)], T0 + 20)).toMatchObject({ added: 1 });
      held.goOn();
      await expect(importing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await spans('l')).toEqual([...OLD, 'z 20.. ']);
      expect(await store.lists.import('l', stream(file), { ...options, now: () => T0 + 30 })).toMatchObject({
        added: 1,
        removed: 2,
      });
    },
  );

  it('keeps everything when it has switched and only the answer is lost', async () => {
    await makeList('l');
    const lists = listsWhere('lists', 'updateOne', async ([, update], make) => {
      const answer = await make();
      if (JSON.stringify(update).includes('"revision"')) throw new Error('the answer is lost');
      return answer;
    });
    await expect(lists.import('l', stream(file), options)).rejects.toThrow('the answer is lost');
    expect(await store.lists.add('l', [member('z', T0 + 20)], T0 + 20)).toMatchObject({ added: 1 });
    expect(await spans('l')).toEqual([...NEW, 'z 20.. ']);
  });

  it('is not busy because changes take their turns, however slow the server is', async () => {
    await makeList('l');
    let time = 0;
    const clock = { ...OWN_TIME_WORLD.clock, monotonicUs: () => time };
    const slowly = async (_: unknown, make: () => Promise<unknown>): Promise<unknown> => {
      time += 500_000;
      return await make();
    };
    const lists = listsWhere('listMemberships', 'insertMany', slowly, { ...OWN_TIME_WORLD, clock });
    const adding = Array.from({ length: 10 }, (_, index) => lists.add('l', [member(`w${index}`, T0)], T0));
    await Promise.all(adding);
    expect(await spans('l')).toHaveLength(OLD.length + adding.length);
  });

  it('is busy while it switches: others are told so, unless they import; it is free afterwards', async () => {
    await makeList('l');
    const held = heldUpBefore('listChanges', 'replaceOne');
    const importing = held.lists.import('l', stream(file), options);
    await held.reached;
    const another = store.lists.import('l', stream([member('last', T0)]), options);
    await expect(store.lists.add('l', [member('x', T0)], T0)).rejects.toMatchObject({ code: 'LIST_BUSY' });
    held.goOn();
    expect(await importing).toMatchObject({ added: 1, removed: 1 });
    // A whole upload is worth more patience.
    expect(await another).toMatchObject({ added: 1 });
    expect(await store.lists.add('l', [member('y', T0 + 30)], T0 + 30)).toMatchObject({ added: 1 });
  });
});
