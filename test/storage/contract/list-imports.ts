import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TollgateError } from '../../../src/errors/errors.js';
import type { ImportOptions, ListEntry } from '../../../src/facts/lists/list-store.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';
import { member, stream } from './lists.js';

/** A stream of entries that stalls before its last batch until it is told to go on. */
export class SlowStream {
  readonly #goesOn: Promise<void>;
  readonly #stalls: Promise<void>;
  #stalled: () => void = () => undefined;
  /** Lets it go on. */
  goOn: () => void = () => undefined;

  constructor(readonly batches: readonly (readonly ListEntry[])[]) {
    this.#goesOn = new Promise((resolve) => (this.goOn = resolve));
    this.#stalls = new Promise((resolve) => (this.#stalled = resolve));
  }

  /** Resolves once everything before the last batch has been taken. */
  get stalls(): Promise<void> {
    return this.#stalls;
  }

  async *entries(): AsyncIterable<readonly ListEntry[]> {
    yield* this.batches.slice(0, -1);
    this.#stalled();
    await this.#goesOn;
    yield* this.batches.slice(-1);
  }
}

/** What every store promises about imports that take long, and about changes of the list meanwhile. */
export function listImportsContract(factory: StoreFactory): void {
  describe(`slow imports on ${factory.name}`, () => {
    let database: TestDatabase;
    let store: TestStore;
    beforeEach(async () => {
      database = await factory.create();
      store = await database.open();
      await store.lists.create(
        { id: 'bad', type: 'card', kind: 'block', description: '', owner: '' },
        { actor: 'ana', reason: '' },
        T0,
      );
    });
    afterEach(async () => {
      await store.close();
      await database.drop();
    });

    const ana = { actor: 'ana', reason: 'a mistake' };
    const by = { actor: 'importer', reason: 'replaced by file' };
    const at = (now: number, more: Partial<ImportOptions> = {}): ImportOptions => ({
      replace: true,
      dryRun: false,
      by,
      now: () => T0 + now,
      ...more,
    });
    /** Every membership that reaches beyond `T0 - 1`, by all that is known or by what was known at a moment. */
    const spans = async (knownAt?: number): Promise<string[]> => {
      const query = {
        asOf: T0 - 1,
        planned: true,
        knownAt: knownAt === undefined ? undefined : T0 + knownAt,
      };
      const all = await store.lists.entries('bad', query, 100, undefined);
      return all.map(
        ({ value, validFrom, validUntil, ended }) =>
          `${value} ${validFrom - T0}..${validUntil === Infinity ? '' : validUntil - T0} ${ended?.actor ?? ''}`,
      );
    };

    it('lets others change the list, and replaces what it holds when the stream has ended', async () => {
      await store.lists.add(
        'bad',
        ['in-file', 'gone', 'old'].map((value) => member(value, T0)),
        T0,
      );
      // Began at 10; switches at 50.
      const slow = new SlowStream([[member('in-file', T0 + 10)], [member('gone', T0 + 10)]]);
      const importing = store.lists.import('bad', slow.entries(), at(50));
      await slow.stalls;
      expect(await store.lists.add('bad', [member('new', T0 + 20)], T0 + 20)).toMatchObject({ added: 1 });
      expect(await store.lists.remove('bad', ['gone'], ana, T0 + 30)).toMatchObject({ removed: 1 });
      const before = ['gone 0..30 ana', 'in-file 0.. ', 'new 20.. ', 'old 0.. '];
      expect(await spans()).toEqual(before);
      slow.goOn();
      expect(await importing).toEqual({ added: 1, removed: 2, unchanged: 1, revision: 4 });
      // What was taken off meanwhile is back, from when its entry says.
      expect(await spans()).toEqual([
        'gone 0..10 who',
        'gone 10.. ',
        'in-file 0.. ',
        'new 20..50 importer',
        'old 0..50 importer',
      ]);
      expect(await spans(49)).toEqual(before);
    });

    it('leaves what others add meanwhile where it does not replace, and puts its entries beside', async () => {
      const slow = new SlowStream([[member('a', T0 + 10)], [member('b', T0 + 10)]]);
      const importing = store.lists.import('bad', slow.entries(), at(50, { replace: false }));
      await slow.stalls;
      await store.lists.add('bad', [member('a', T0 + 20, T0 + 90), member('c', T0 + 20)], T0 + 20);
      slow.goOn();
      expect(await importing).toEqual({ added: 2, removed: 0, unchanged: 0, revision: 2 });
      expect(await spans()).toEqual(['a 10.. ', 'b 10.. ', 'c 20.. ']);
    });

    it('tells in a dry run what it would do to the list as it stands at the end of the stream', async () => {
      const slow = new SlowStream([[member('a', T0)], [member('b', T0)]]);
      const importing = store.lists.import('bad', slow.entries(), at(50, { dryRun: true }));
      await slow.stalls;
      await store.lists.add('bad', [member('a', T0), member('c', T0)], T0 + 20);
      slow.goOn();
      expect(await importing).toEqual({ added: 1, removed: 1, unchanged: 1, revision: 1 });
      expect(await spans()).toEqual(['a 0.. ', 'c 0.. ']);
    });

    it('takes two at once one after the other: the list is what the one that ends last holds', async () => {
      const slow = new SlowStream([[member('a', T0)], [member('b', T0)]]);
      const first = store.lists.import('bad', slow.entries(), at(50));
      await slow.stalls;
      await store.lists.import('bad', stream([member('b', T0), member('c', T0)]), at(40));
      expect(await spans()).toEqual(['b 0.. ', 'c 0.. ']);
      slow.goOn();
      expect(await first).toEqual({ added: 1, removed: 1, unchanged: 1, revision: 2 });
      expect(await spans()).toEqual(['a 0.. ', 'b 0.. ', 'c 0..50 importer']);
    });

    it('takes two that switch at once, each whole', async () => {
      const files = ['a', 'b'].map((name) =>
        Array.from({ length: 2500 }, (_, index) => member(`${name}${index}`, T0)),
      );
      await Promise.all(files.map((file) => store.lists.import('bad', stream(file, 500), at(50))));
      const held = await store.lists.entries('bad', { asOf: T0 + 50 }, 5000, undefined);
      expect(new Set(held.map(({ value }) => value.slice(0, 1))).size).toBe(1);
      expect(held).toHaveLength(2500);
    });

    it('keeps the entries of a value together, in the order of the stream, however many came in between', async () => {
      const rounds = 30;
      const names = Array.from({ length: 150 }, (_, index) => `v${index}`);
      const entries = Array.from({ length: rounds }, (_, round) =>
        names.map((value) => member(value, T0 + round, T0 + round + 10)),
      ).flat();
      const update = await store.lists.import('bad', stream(entries, 1000), at(0));
      expect(update).toMatchObject({ added: entries.length });
      const found = await store.lists.check('bad', names, { asOf: T0 + rounds + 8 });
      expect(found).toEqual(names.map((value) => member(value, T0 + rounds - 1, T0 + rounds + 9)));
      const planned = { asOf: T0, planned: true };
      expect(await store.lists.entries('bad', planned, 10_000, undefined)).toHaveLength(entries.length);
    });

    it('leaves the list as it was when the stream breaks off or holds too many entries of one value', async () => {
      await store.lists.add('bad', [member('old', T0)], T0);
      const many = Array.from({ length: 4000 }, (_, index) => member(`v${index}`, T0));
      const crowd = Array.from({ length: 101 }, (_, index) => member('z', T0 + index, T0 + index + 1));
      const refused = store.lists.import('bad', stream([...many, ...crowd]), at(10));
      await expect(refused).rejects.toSatisfy(
        (error) => error instanceof TollgateError && error.message.includes('more than 100 of z'),
      );
      expect(await spans()).toEqual(['old 0.. ']);
      expect(await store.lists.add('bad', [member('v1', T0)], T0 + 20)).toMatchObject({ added: 1 });
      expect(await spans()).toEqual(['old 0.. ', 'v1 0.. ']);
      expect(await store.lists.import('bad', stream(many), at(30))).toMatchObject({
        added: 3999,
        removed: 1,
      });
    });
  });
}
