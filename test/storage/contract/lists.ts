import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TollgateError } from '../../../src/errors/errors.js';
import type { ListChange, ListEntry } from '../../../src/facts/lists/list-store.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

/** What every store of lists promises. */
export function listsContract(factory: StoreFactory): void {
  describe(`lists on ${factory.name}`, () => {
    let database: TestDatabase;
    let store: TestStore;

    beforeEach(async () => {
      database = await factory.create();
      store = await database.open();
      await store.lists.create(info, { actor: 'ana', reason: '' }, T0);
    });
    afterEach(async () => {
      await store.close();
      await database.drop();
    });

    const by = { actor: 'bob', reason: 'over' };
    const info = { id: 'bad', type: 'card', kind: 'block', description: 'cards', owner: 'risk' } as const;
    const values = async (asOf: number): Promise<string[]> =>
      (await store.lists.entries('bad', { asOf }, 100, undefined)).map(({ value }) => value);
    const revision = async (): Promise<number> =>
      (await store.lists.lists()).find(({ id }) => id === 'bad')?.revision ?? -1;

    it('makes a list once', async () => {
      expect(await store.lists.create({ ...info, kind: 'allow' }, { actor: 'ana', reason: '' }, T0)).toBe(
        'exists',
      );
      expect(
        await store.lists.create({ ...info, id: 'good', kind: 'allow' }, { actor: 'ana', reason: '' }, T0),
      ).toBe('created');
      expect(await store.lists.lists()).toEqual([
        { ...info, entries: 0, revision: 0, settings: 0 },
        { ...info, id: 'good', kind: 'allow', entries: 0, revision: 0, settings: 0 },
      ]);
    });

    it('refuses a list that is not there', async () => {
      const notFound = (error: unknown): boolean =>
        error instanceof TollgateError && error.code === 'LIST_NOT_FOUND';
      await expect(store.lists.add('none', [member('a', T0)], T0)).rejects.toSatisfy(notFound);
      await expect(store.lists.remove('none', ['a'], by, T0)).rejects.toSatisfy(notFound);
      await expect(store.lists.check('none', ['a'], { asOf: T0 })).rejects.toSatisfy(notFound);
      await expect(store.lists.entries('none', { asOf: T0 }, 1, undefined)).rejects.toSatisfy(notFound);
      const options = { replace: false, dryRun: false, by, now: () => T0 };
      await expect(store.lists.import('none', stream([]), options)).rejects.toSatisfy(notFound);
    });

    it('keeps entries whole and says who, why and until when', async () => {
      const one = { ...member('a', T0, T0 + 500), reason: 'chargeback', actor: 'ann', source: 'file.csv' };
      await store.lists.add('bad', [one, member('b', T0)], T0);
      expect(await store.lists.check('bad', ['a', 'b', 'c'], { asOf: T0 + 1 })).toEqual([
        one,
        member('b', T0),
      ]);
      expect(await store.lists.check('bad', ['a', 'b'], { asOf: T0 - 1 })).toEqual([]);
      expect(await values(T0 + 499)).toEqual(['a', 'b']);
      expect(await values(T0 + 500)).toEqual(['b']);
    });

    it('counts a change and gives it a revision, nothing else does', async () => {
      const add = await store.lists.add('bad', [member('a', T0), member('b', T0)], T0);
      expect(add).toEqual({ added: 2, removed: 0, unchanged: 0, revision: 1 });
      const again = await store.lists.add('bad', [member('a', T0 + 5), member('c', T0 + 5)], T0 + 5);
      expect(again).toEqual({ added: 1, removed: 0, unchanged: 1, revision: 2 });
      const nothing = await store.lists.add('bad', [member('a', T0 + 9)], T0 + 9);
      expect(nothing).toEqual({ added: 0, removed: 0, unchanged: 1, revision: 2 });
      const removed = await store.lists.remove('bad', ['a', 'nobody'], by, T0 + 10);
      expect(removed).toEqual({ added: 0, removed: 1, unchanged: 1, revision: 3 });
      expect(await revision()).toBe(3);
    });

    it('changes an end by ending the old membership and beginning a new one', async () => {
      await store.lists.add('bad', [member('a', T0)], T0);
      await store.lists.add('bad', [member('a', T0 + 100, T0 + 200)], T0 + 100);
      const ends = async (asOf: number): Promise<number[]> =>
        (await store.lists.check('bad', ['a'], { asOf })).map(({ validUntil }) => validUntil);
      expect(await ends(T0 + 99)).toEqual([T0 + 100]);
      expect(await ends(T0 + 100)).toEqual([T0 + 200]);
      expect(await ends(T0 + 200)).toEqual([]);
    });

    it('counts what is in force when asked', async () => {
      const now = Date.now();
      const far = now + 1e9;
      await store.lists.add(
        'bad',
        [member('a', now - 9), member('b', now - 9, now - 5), member('c', now - 9, far), member('d', far)],
        now - 9,
      );
      expect((await store.lists.lists())[0]?.entries).toBe(2);
      await store.lists.remove('bad', ['a'], by, now - 1);
      expect((await store.lists.lists())[0]?.entries).toBe(1);
    });

    it('shows entries page by page in the order of values', async () => {
      const all = Array.from({ length: 25 }, (_, index) => member(`v${String(index).padStart(2, '0')}`, T0));
      await store.lists.add('bad', all, T0);
      const found: ListEntry[] = [];
      for (let after: ListEntry | undefined; ; after = found.at(-1)) {
        const page = await store.lists.entries('bad', { asOf: T0 }, 10, after);
        if (page.length === 0) break;
        found.push(...page);
      }
      expect(found).toEqual(all);
    });

    it('imports in one step: readers see all of it or nothing', async () => {
      await store.lists.add('bad', [member('old', T0), member('v5', T0)], T0);
      const seen = new Set<string>();
      const reading = new AbortController();
      const reader = (async () => {
        while (!reading.signal.aborted) {
          const now = await store.lists.entries('bad', { asOf: T0 + 10 }, 5000, undefined);
          seen.add(`${now.length} ${now.some(({ value }) => value === 'old')}`);
        }
      })();
      const entries = Array.from({ length: 3000 }, (_, index) => member(`v${index}`, T0 + 10));
      const options = { replace: true, dryRun: false, by, now: () => T0 + 10 };
      const update = await store.lists.import('bad', stream(entries, 250), options);
      reading.abort();
      await reader;
      expect(update).toEqual({ added: 2999, removed: 1, unchanged: 1, revision: 2 });
      expect([...seen].every((one) => one === '2 true' || one === '3000 false')).toBe(true);
      expect(await store.lists.entries('bad', { asOf: T0 + 10 }, 5000, undefined)).toHaveLength(3000);
      expect(await values(T0 + 9)).toEqual(['old', 'v5']);
    });

    it('tells the difference without making it in a dry run', async () => {
      await store.lists.add('bad', [member('a', T0), member('b', T0)], T0);
      const before = await revision();
      const options = { replace: true, dryRun: true, by, now: () => T0 + 1 };
      const update = await store.lists.import(
        'bad',
        stream([member('b', T0 + 1), member('c', T0 + 1)]),
        options,
      );
      expect(update).toEqual({ added: 1, removed: 1, unchanged: 1, revision: before });
      expect(await values(T0 + 1)).toEqual(['a', 'b']);
    });

    it('takes nothing of an import that breaks off', async () => {
      await store.lists.add('bad', [member('a', T0)], T0);
      const broken = (async function* () {
        yield [member('b', T0 + 1)];
        throw new Error('the connection broke');
      })();
      const options = { replace: true, dryRun: false, by, now: () => T0 + 1 };
      await expect(store.lists.import('bad', broken, options)).rejects.toThrow('the connection broke');
      expect(await values(T0 + 1)).toEqual(['a']);
      await store.lists.add('bad', [member('c', T0 + 2)], T0 + 2);
      expect(await values(T0 + 2)).toEqual(['a', 'c']);
    });

    it('takes an import and other changes of the same list at once', async () => {
      const entries = Array.from({ length: 500 }, (_, index) => member(`v${index}`, T0));
      const options = { replace: false, dryRun: false, by, now: () => T0 };
      const [imported] = await Promise.all([
        store.lists.import('bad', stream(entries, 50), options),
        ...Array.from({ length: 10 }, (_, index) => store.lists.add('bad', [member(`w${index}`, T0)], T0)),
        store.lists.remove('bad', ['nobody'], by, T0),
      ]);
      expect(imported.added).toBe(500);
      expect(await store.lists.entries('bad', { asOf: T0 }, 1000, undefined)).toHaveLength(510);
      expect(await revision()).toBe(11);
    });

    it('lets a follower catch up from any revision', async () => {
      type Followed = ListChange['entry'];
      const span = ({ value, validFrom, validUntil }: Followed): Followed => ({
        value,
        validFrom,
        validUntil,
      });
      const states: Followed[][] = [[]];
      const known: Map<string, Followed>[] = [new Map()];
      const changed = async (): Promise<void> => {
        states.push((await store.lists.entries('bad', { asOf: T0 + 1000 }, 5000, undefined)).map(span));
        known.push(await follow(new Map(known.at(-1)), states.length - 2));
      };
      const follow = async (map: Map<string, Followed>, after: number): Promise<Map<string, Followed>> => {
        for await (const batch of store.lists.changes('bad', after)) {
          for (const { list, revision, entry } of batch) {
            expect(list).toBe('bad');
            expect(revision).toBeGreaterThan(after);
            map.set(`${entry.value}/${entry.validFrom}`, entry);
          }
        }
        return map;
      };
      await store.lists.add('bad', [member('a', T0), member('b', T0)], T0);
      await changed();
      await store.lists.remove('bad', ['a'], by, T0 + 1);
      await changed();
      const entries = Array.from({ length: 1200 }, (_, index) => member(`v${index}`, T0 + 2));
      await store.lists.import('bad', stream(entries, 300), {
        replace: true,
        dryRun: false,
        by,
        now: () => T0 + 2,
      });
      await changed();
      await store.lists.add('bad', [member('a', T0 + 3, T0 + 2000)], T0 + 3);
      await changed();
      const inForce = (map: Map<string, Followed>): Followed[] =>
        [...map.values()]
          .filter(({ validFrom, validUntil }) => validFrom <= T0 + 1000 && T0 + 1000 < validUntil)
          .sort((a, b) => (a.value < b.value ? -1 : 1));
      for (const [index, map] of known.entries()) expect(inForce(map)).toEqual(states[index]);
      for (const [from, map] of known.entries()) {
        expect(inForce(await follow(new Map(map), from))).toEqual(states.at(-1));
      }
    });

    it('remembers after it was opened again', async () => {
      await store.lists.add('bad', [member('a', T0), member('b', T0, T0 + 50)], T0);
      await store.lists.remove('bad', ['a'], by, T0 + 10);
      await store.close();
      store = await database.open();
      expect(await store.lists.check('bad', ['a', 'b'], { asOf: T0 + 9 })).toEqual([
        { ...member('a', T0, T0 + 10), ended: by },
        member('b', T0, T0 + 50),
      ]);
      expect(await revision()).toBe(2);
    });
  });
}

/** A membership. */
export function member(value: string, validFrom: number, validUntil = Infinity): ListEntry {
  return { value, reason: 'why', actor: 'who', source: 'where', validFrom, validUntil };
}

/** Entries as a stream of batches. */
export async function* stream(
  entries: readonly ListEntry[],
  size = 100,
): AsyncIterable<readonly ListEntry[]> {
  for (let at = 0; at < entries.length; at += size) yield entries.slice(at, at + size);
}
