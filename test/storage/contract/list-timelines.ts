import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TollgateError } from '../../../src/errors/errors.js';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import { ListIndex } from '../../../src/facts/lists/list-index.js';
import {
  MAX_ENTRIES_OF_VALUE,
  type ListEntry,
  type ListHead,
  type ListStore,
} from '../../../src/facts/lists/list-store.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';
import { FIRST, LAST, listStep, takeSteps, type Known } from './list-steps.js';
import { member, stream } from './lists.js';

const hash = createKeyHash(Uint8Array.from({ length: 32 }, (_, i) => i));
const by = { actor: 'ann', reason: 'mistake' };

/** What every store of lists promises about memberships that follow one another. */
export function listTimelinesContract(factory: StoreFactory): void {
  describe(`memberships one after the other on ${factory.name}`, () => {
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

    /** When `a` is on the list, by all that is known or by what was known at a moment: `from..until`. */
    const spans = async (knownAt?: number): Promise<string[]> =>
      (await store.lists.entries('bad', { asOf: T0 - 100, planned: true, knownAt }, 100, undefined)).map(
        ({ validFrom, validUntil }) => `${validFrom - T0}..${validUntil === Infinity ? '' : validUntil - T0}`,
      );
    const add = (...[now, from, until]: [number, number, number?]): Promise<unknown> =>
      store.lists.add('bad', [member('a', T0 + from, until === undefined ? Infinity : T0 + until)], T0 + now);

    it('leaves a value on the list until an entry that begins later begins', async () => {
      await add(0, 0);
      await add(10, 50, 80);
      expect(await spans()).toEqual(['0..50', '50..80']);
      expect(await store.lists.check('bad', ['a'], { asOf: T0 + 49 })).toHaveLength(1);
      expect(await spans(T0 + 9)).toEqual(['0..']);
      expect(await spans(T0 + 10)).toEqual(['0..50', '50..80']);
    });

    it('does not bring the longer entry back after a shorter one', async () => {
      await add(0, 0);
      await add(10, 10, 20);
      expect(await spans()).toEqual(['0..10', '10..20']);
    });

    it('drops what would begin while the new entry lasts, and keeps what begins after it', async () => {
      await add(0, 50, 60);
      await add(0, 100);
      await add(10, 10, 100);
      expect(await spans()).toEqual(['10..100', '100..']);
    });

    it('changes a past that was told wrong, and still knows what was known', async () => {
      await add(0, 0, 40);
      await add(50, -10, 20);
      expect(await spans()).toEqual(['-10..20']);
      expect(await spans(T0 + 49)).toEqual(['0..40']);
    });

    it('takes the same entry again, held or planned, for no change', async () => {
      await add(0, 0, 50);
      await add(0, 60);
      expect(await store.lists.add('bad', [member('a', T0 + 5, T0 + 50)], T0 + 5)).toMatchObject({
        added: 0,
        unchanged: 1,
        revision: 2,
      });
      expect(await store.lists.add('bad', [member('a', T0 + 60)], T0 + 5)).toMatchObject({
        unchanged: 1,
        revision: 2,
      });
      expect(await spans()).toEqual(['0..50', '60..']);
    });

    it('removes what is in force and what would begin later, and says who did', async () => {
      await add(0, 0, 50);
      await add(0, 60);
      const removed = await store.lists.remove('bad', ['a', 'b'], by, T0 + 10);
      expect(removed).toEqual({ added: 0, removed: 1, unchanged: 1, revision: 3 });
      expect(await store.lists.check('bad', ['a'], { asOf: T0 + 9 })).toEqual([
        { ...member('a', T0, T0 + 10), ended: by },
      ]);
      expect(await spans()).toEqual(['0..10']);
      await add(10, 10);
      expect(await spans()).toEqual(['0..10', '10..']);
      await store.lists.remove('bad', ['a'], by, T0 + 10);
      expect(await spans()).toEqual(['0..10']);
      expect(await spans(T0 + 9)).toEqual(['0..50', '60..']);
    });

    it('keeps a value of a replacing import on the list until its entry begins', async () => {
      await add(0, 0);
      await store.lists.add('bad', [member('b', T0), member('c', T0 + 90)], T0);
      const options = { replace: true, dryRun: true, by, now: () => T0 + 10 };
      const entries = [member('a', T0 + 50, T0 + 70)];
      const difference = { added: 1, removed: 2, unchanged: 0 };
      expect(await store.lists.import('bad', stream(entries), options)).toEqual({
        ...difference,
        revision: 2,
      });
      const done = await store.lists.import('bad', stream(entries), { ...options, dryRun: false });
      expect(done).toEqual({ ...difference, revision: 3 });
      expect(await spans()).toEqual(['0..50', '50..70', '0..10']);
    });

    it('finds no difference when all there is is imported again', async () => {
      await add(0, 0);
      await add(0, 20, 30);
      await store.lists.add('bad', [member('b', T0), member('c', T0 + 90, T0 + 95)], T0);
      const all = await store.lists.entries('bad', { asOf: T0 + 10, planned: true }, 100, undefined);
      const options = { replace: true, dryRun: false, by, now: () => T0 + 10 };
      const update = await store.lists.import('bad', stream(all, 1), options);
      expect(update).toEqual({ added: 0, removed: 0, unchanged: 4, revision: 3 });
    });

    it('refuses an import with too many entries of one value', async () => {
      const entries = Array.from({ length: 5 * MAX_ENTRIES_OF_VALUE }, (_, i) =>
        member('a', T0 + 2 * i, T0 + 2 * i + 1),
      );
      const options = { replace: false, dryRun: false, by, now: () => T0 };
      await expect(store.lists.import('bad', stream(entries, 1000), options)).rejects.toSatisfy(
        (error) => error instanceof TollgateError && error.code === 'INVALID_REQUEST',
      );
      expect(await spans()).toEqual([]);
    });

    it('agrees with a model as of every moment, by what was known at every moment, in memory too', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(listStep, { maxLength: 10 }), fc.nat(9), async (steps, pause) => {
          const list = `run${run++}`;
          await store.lists.create(
            { id: list, type: 'card', kind: 'block', description: '', owner: '' },
            { actor: 'ana', reason: '' },
            T0,
          );
          const ofThis = (all: readonly ListHead[]) =>
            all.filter(({ id }) => id === list).map((head) => ({ ...head, entries: 0 }));
          const following = {
            heads: async () => ofThis(await store.lists.heads()),
            lists: async () => ofThis(await store.lists.heads()),
            changes: (...of: Parameters<ListStore['changes']>) => store.lists.changes(...of),
            log: (...of: Parameters<ListStore['log']>) => store.lists.log(...of),
          } as Partial<ListStore> as ListStore;
          const index = new ListIndex(hash);
          let known: readonly Known[] = [];
          let number = 0;
          for await (const taken of takeSteps(store.lists, list, steps)) {
            known = taken.known;
            expect(taken.update).toEqual(taken.told);
            if (number++ % (pause + 1) === 0) await index.follow(following);
          }
          await index.follow(following);
          const fresh = new ListIndex(hash);
          await fresh.follow(following);
          const model = known.at(-1)?.model;
          if (model === undefined) return;
          const revisions = known.map(({ revision }) => revision);
          expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
          for (const { at, revision, model: then } of known) {
            const asKnown = known.findLast((one) => one.at <= at)?.model.all();
            const query = { asOf: FIRST - 1, planned: true };
            const knownAt = Math.max(at, FIRST);
            expect(await store.lists.entries(list, { ...query, knownAt }, 100, undefined)).toEqual(asKnown);
            expect(await store.lists.entries(list, { ...query, revision }, 100, undefined)).toEqual(
              then.all(),
            );
          }
          for (let asOf = FIRST; asOf < LAST; asOf++) {
            const expected = model.at(asOf);
            const on = new Set(expected.map(({ value }) => value));
            for (const one of ['v0', 'v1', 'v2', 'v3'])
              expect([asOf, one, index.has(list, one, asOf), fresh.has(list, one, asOf)]).toEqual([
                asOf,
                one,
                on.has(one),
                on.has(one),
              ]);
            if (asOf % 3 !== 0) continue;
            expect(await store.lists.entries(list, { asOf }, 100, undefined)).toEqual(expected);
            expect(await store.lists.check(list, ['v1', 'v3'], { asOf })).toEqual(
              expected.filter(({ value }) => value === 'v1' || value === 'v3'),
            );
          }
        }),
        { numRuns: factory.shared ? 20 : 100 },
      );
    }, 60_000);

    async function infoOf(id: string) {
      const info = (await store.lists.lists()).find((one) => one.id === id);
      if (info === undefined) throw new Error(`no list ${id}`);
      return info;
    }

    it('counts what is in force, planned ends and beginnings included', async () => {
      const now = Date.now();
      const far = now + 1e9;
      const inForce = async (): Promise<number> => (await infoOf('bad')).entries;
      await store.lists.add('bad', [member('a', now - 9), member('b', now - 9, far)], now - 9);
      await store.lists.add('bad', [member('a', far), member('c', far)], now - 8);
      expect(await inForce()).toBe(2);
      await store.lists.remove('bad', ['a'], by, now - 7);
      expect(await inForce()).toBe(1);
      await store.lists.add('bad', [member('a', now - 6)], now - 6);
      expect(await inForce()).toBe(2);
    });

    it('pages through memberships of one value', async () => {
      const all: ListEntry[] = [
        member('a', T0, T0 + 5),
        member('a', T0 + 5, T0 + 9),
        member('a', T0 + 20),
        member('b', T0),
      ];
      await store.lists.add('bad', [member('a', T0 + 5, T0 + 6)], T0);
      await store.lists.add('bad', all, T0);
      const found: ListEntry[] = [];
      for (let after: ListEntry | undefined; ; after = found.at(-1)) {
        const page = await store.lists.entries('bad', { asOf: T0, planned: true }, 1, after);
        if (page.length === 0) break;
        found.push(...page);
      }
      expect(found).toEqual(all);
    });
  });
}
