import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TollgateError } from '../../../src/errors/errors.js';
import type { ListEntry, ListStore, Membership } from '../../../src/facts/lists/list-store.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';
import { listStep, takeSteps, type Known } from './list-steps.js';
import { member, stream } from './lists.js';

const ana = { actor: 'ana', reason: 'a mistake' };
const info = { id: 'bad', type: 'card', kind: 'block', description: 'cards', owner: 'risk' } as const;
const code = (wanted: string) => (error: unknown) => error instanceof TollgateError && error.code === wanted;

/** What every store of lists promises about who owns lists, what was done to them, and how they go. */
export function listKeepingContract(factory: StoreFactory): void {
  describe(`keeping lists on ${factory.name}`, () => {
    let database: TestDatabase;
    let store: TestStore;
    let lists: ListStore;
    beforeEach(async () => {
      database = await factory.create();
      store = await database.open();
      lists = store.lists;
      await lists.create(info, ana, T0);
    });
    afterEach(async () => {
      await store.close();
      await database.drop();
    });

    const headOf = async (id = 'bad') => (await lists.heads()).find((head) => head.id === id);

    it('changes description and owner, for who saw what they were', async () => {
      await lists.add('bad', [member('a', T0)], T0);
      const to = { description: undefined, owner: 'card team' };
      const updated = { ...info, owner: 'card team', revision: 2, settings: 2 };
      expect(await lists.update('bad', to, 0, ana, T0 + 1)).toEqual(updated);
      expect(await lists.update('bad', { ...to, owner: 'others' }, 0, ana, T0 + 2)).toBe('stale');
      expect(await lists.update('bad', to, undefined, ana, T0 + 3)).toEqual(updated);
      await lists.add('bad', [member('b', T0 + 4)], T0 + 4);
      expect(await lists.update('bad', { description: 'x', owner: undefined }, 2, ana, T0 + 5)).toMatchObject(
        {
          description: 'x',
          owner: 'card team',
          settings: 4,
        },
      );
      await expect(lists.update('none', to, undefined, ana, T0)).rejects.toSatisfy(code('LIST_NOT_FOUND'));
    });

    it('keeps who changed a list, when and by how much, newest first', async () => {
      await lists.add('bad', [member('a', T0), member('b', T0)], T0);
      await lists.add('bad', [member('a', T0)], T0 + 1);
      await lists.remove('bad', ['a', 'z'], ana, T0 + 2);
      const note = { actor: 'ina', reason: 'weekly', source: 'file' };
      const options = { dryRun: false, by: { actor: 'ina', reason: 'replaced' }, note };
      await lists.import('bad', stream([member('c', T0)]), { ...options, replace: true, now: () => T0 + 3 });
      await lists.import('bad', stream([member('d', T0)]), { ...options, replace: false, now: () => T0 + 4 });
      await lists.update('bad', { description: '', owner: undefined }, undefined, ana, T0 + 5);
      const by = { actor: 'who', reason: 'why', source: 'where' };
      const log = [
        { revision: 5, at: T0 + 5, kind: 'updated', ...ana, source: '', added: 0, removed: 0 },
        { revision: 4, at: T0 + 4, kind: 'imported', ...note, added: 1, removed: 0 },
        { revision: 3, at: T0 + 3, kind: 'replaced', ...note, added: 1, removed: 1 },
        { revision: 2, at: T0 + 2, kind: 'removed', ...ana, source: '', added: 0, removed: 1 },
        { revision: 1, at: T0, kind: 'added', ...by, added: 2, removed: 0 },
        { revision: 0, at: T0, kind: 'created', ...ana, source: '', added: 0, removed: 0 },
      ];
      expect(await lists.log('bad', 10, undefined)).toEqual(log);
      expect(await lists.log('bad', 2, 5)).toEqual(log.slice(1, 3));
      expect(await lists.log('bad', 5, undefined)).toEqual(log.slice(0, 5));
      expect(await lists.log('bad', 5, 1)).toEqual(log.slice(5));
      expect(await lists.log('bad', 5, 0)).toEqual([]);
    });

    it('shows the first changes of an import, and which entries say so', async () => {
      const planned = member('aa', T0 + 50);
      const current = member('aa', T0, T0 + 40);
      const others = ['a', 'b', 'c', 'd'].map((value) => member(value, T0));
      await lists.add('bad', [...others, planned, current], T0);
      const entries = [
        { ...current, position: 2 },
        { ...member('new2', T0 + 1), position: 3 },
        { ...member('c', T0 + 1), position: 7 },
        { ...member('new1', T0 + 1, T0 + 9), position: 8 },
        { ...member('new3', T0 + 1), position: 9 },
        { ...member('d', T0 + 1), position: 11 },
      ];
      const options = { replace: true, by: ana, now: () => T0 + 1, show: 2 };
      const shown = [
        { effect: 'added', position: 8, entry: member('new1', T0 + 1, T0 + 9) },
        { effect: 'added', position: 3, entry: member('new2', T0 + 1) },
        { effect: 'removed', position: undefined, entry: member('a', T0) },
        { effect: 'removed', position: undefined, entry: planned },
        { effect: 'unchanged', position: 2, entry: current },
        { effect: 'unchanged', position: 7, entry: member('c', T0) },
      ];
      for (const dryRun of [true, false]) {
        const update = await lists.import('bad', stream(entries, 2), { ...options, dryRun });
        expect(update).toMatchObject({ added: 3, removed: 3, unchanged: 3 });
        expect(update.shown).toEqual(shown);
      }
    });

    it('pages through the history of values, newest first', async () => {
      await lists.add('bad', [member('a', T0, T0 + 5), member('a', T0 + 6), member('b', T0)], T0);
      await lists.remove('bad', ['a'], ana, T0 + 2);
      await lists.add('bad', [member('a', T0 + 3)], T0 + 3);
      const all = await lists.history('bad', ['a', 'b', 'z'], 10, undefined);
      const told = ({ entry, revision, ends }: Membership): string =>
        `${entry.value} ${entry.validFrom - T0} r${revision} ${ends.map((end) => `${end.at - T0} ${end.actor} r${end.revision} ${end.knownAt - T0}`).join()}`;
      expect(all.map(told)).toEqual(['a 3 r3 ', 'a 0 r1 2 ana r2 2', 'a 6 r1 6 ana r2 2', 'b 0 r1 ']);
      expect(all[1]).toMatchObject({ entry: member('a', T0, T0 + 5), knownAt: T0 });
      const paged: Membership[] = [];
      for (let last = all[0]; last !== undefined; last = paged.at(-1)) {
        const after = paged.length === 0 ? undefined : { ...last.entry, revision: last.revision };
        const page = await lists.history('bad', ['a', 'b'], 1, after);
        if (page.length === 0) break;
        paged.push(...page);
      }
      expect(paged).toEqual(all);
    });

    it('has a history that explains the list at every revision', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(listStep, { minLength: 1, maxLength: 10 }), async (steps) => {
          const id = `run${run++}`;
          await lists.create({ ...info, id }, ana, T0);
          let known: readonly Known[] = [];
          for await (const taken of takeSteps(lists, id, steps)) known = taken.known;
          const history = await lists.history(id, ['v0', 'v1', 'v2', 'v3'], 1000, undefined);
          for (const { revision, at, model } of known) {
            expect(listAt(history, revision)).toEqual(model.all());
            const known = history.filter((one) => one.revision === revision);
            expect(known.every(({ knownAt }) => knownAt === at)).toBe(true);
          }
        }),
        { numRuns: factory.shared ? 12 : 40 },
      );
    }, 60_000);

    it('deletes a list and keeps its past', async () => {
      await lists.add('bad', [member('a', T0)], T0);
      const deleted = { ...info, revision: 2, settings: 0, deleted: { at: T0 + 5, ...ana } };
      expect(await lists.delete('bad', ana, T0 + 5, async () => undefined)).toEqual(deleted);
      expect(await headOf()).toEqual(deleted);
      expect(await lists.lists()).toEqual([{ ...deleted, entries: 0 }]);
      const gone = code('LIST_NOT_FOUND');
      const to = { description: 'x', owner: undefined };
      const options = { replace: false, dryRun: false, by: ana, now: () => T0 + 6 };
      await expect(lists.add('bad', [member('b', T0)], T0 + 6)).rejects.toSatisfy(gone);
      await expect(lists.remove('bad', ['a'], ana, T0 + 6)).rejects.toSatisfy(gone);
      await expect(lists.update('bad', to, undefined, ana, T0 + 6)).rejects.toSatisfy(gone);
      await expect(lists.import('bad', stream([member('b', T0)]), options)).rejects.toSatisfy(gone);
      await expect(lists.delete('bad', ana, T0 + 6, async () => undefined)).rejects.toSatisfy(gone);
      expect(await lists.create(info, ana, T0)).toBe('exists');
      expect(await lists.check('bad', ['a'], { asOf: T0 + 1 })).toEqual([member('a', T0)]);
      expect(await lists.log('bad', 1, undefined)).toMatchObject([{ kind: 'deleted', actor: 'ana' }]);
      expect(await lists.history('bad', ['a'], 9, undefined)).toHaveLength(1);
    });

    it('does not delete a list when the check says no, and leaves it as it was', async () => {
      const used = new Error('somebody reads it');
      await expect(lists.delete('bad', ana, T0, () => Promise.reject(used))).rejects.toBe(used);
      expect(await headOf()).toEqual({ ...info, revision: 0, settings: 0 });
      expect(await lists.add('bad', [member('a', T0)], T0)).toMatchObject({ revision: 1 });
    });

    it('asks the check only when what keeps the list has ended, in whichever instance', async () => {
      const other = factory.shared ? await database.open() : store;
      const order: string[] = [];
      let begun: () => void = () => undefined;
      let goOn: () => void = () => undefined;
      const under = new Promise<void>((resolve) => (begun = resolve));
      const gate = new Promise<void>((resolve) => (goOn = resolve));
      const keeping = other.lists.keep(['bad', 'none'], async () => {
        begun();
        await gate;
        order.push('kept');
      });
      await under;
      const deleting = lists.delete('bad', ana, T0, async () => void order.push('checked'));
      // Another publication need not wait for the first.
      await lists.keep(['none'], async () => void order.push('beside'));
      goOn();
      await Promise.all([keeping, deleting]);
      expect(order).toEqual(['beside', 'kept', 'checked']);
      if (other !== store) await other.close();
    });

    it('keeps lists only once a deletion under way has ended, in whichever instance', async () => {
      const other = factory.shared ? await database.open() : store;
      let checked: () => void = () => undefined;
      let goOn: () => void = () => undefined;
      const under = new Promise<void>((resolve) => (checked = resolve));
      const gate = new Promise<void>((resolve) => (goOn = resolve));
      const deleting = lists.delete('bad', ana, T0, async () => {
        checked();
        await gate;
      });
      await under;
      const keeping = other.lists.keep(['bad'], async () =>
        (await other.lists.heads()).map((head) => head.deleted?.actor),
      );
      goOn();
      await deleting;
      expect(await keeping).toEqual(['ana']);
      if (other !== store) await other.close();
    });
  });
}

/** What a list holds at a revision, by its history. */
function listAt(history: readonly Membership[], revision: number): ListEntry[] {
  return history
    .filter((one) => one.revision <= revision)
    .flatMap(({ entry, ends }) => {
      const told = ends.filter((end) => end.revision <= revision);
      const last = told.at(-1);
      const validUntil = Math.min(entry.validUntil, ...told.map(({ at }) => at));
      if (validUntil <= entry.validFrom) return [];
      const ended = last === undefined ? {} : { ended: { actor: last.actor, reason: last.reason } };
      return [{ ...entry, validUntil, ...ended }];
    })
    .toSorted((a, b) => (a.value === b.value ? a.validFrom - b.validFrom : a.value < b.value ? -1 : 1));
}
