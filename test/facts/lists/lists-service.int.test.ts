import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeUnavailable } from '../../../src/errors/store-unavailable.js';
import type { EntryInput } from '../../../src/facts/lists/entry-input.js';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import { ListIndex } from '../../../src/facts/lists/list-index.js';
import {
  MAX_ENTRIES_OF_IMPORT,
  type ListEntry,
  type ListStore,
} from '../../../src/facts/lists/list-store.js';
import { createListsService, type ListsService } from '../../../src/facts/lists/lists-service.js';
import { createListValueReader } from '../../../src/facts/lists/normalise-value.js';
import { createPhoneReader } from '../../../src/facts/normalise/phone.js';
import { openSqliteStore, type SqliteStore } from '../../../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../../../src/world/real-world.js';

const ann = { actor: 'ann', reason: 'to begin with' };

describe('the lists', () => {
  let folder: string;
  let store: SqliteStore;
  let lists: ListsService;
  let now: number;

  beforeEach(async () => {
    now = 1000;
    folder = mkdtempSync(join(tmpdir(), 'tollgate-lists-'));
    store = await openSqliteStore({ file: join(folder, 'lists.db'), world: REAL_WORLD });
    lists = createListsService({
      store: store.lists,
      index: new ListIndex(createKeyHash(store.journal.hashKey)),
      normalise: createListValueReader(createPhoneReader()),
      now: () => now,
      readers: async () => [],
    });
    const more = { kind: 'block', description: '', owner: '' } as const;
    await lists.create({ id: 'blocked', type: 'customer', ...more }, ann);
    await lists.create({ id: 'networks', type: 'ip', ...more }, ann);
    await lists.create({ id: 'allowed', type: 'customer', ...more, kind: 'allow' }, ann);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const input = (value: string, more: Partial<EntryInput> = {}): EntryInput => ({
    value,
    reason: 'why',
    actor: 'ann',
    source: 'manual',
    validFrom: undefined,
    validUntil: undefined,
    ...more,
  });
  async function* once(...entries: EntryInput[]) {
    yield entries;
  }
  const settings = { list: 'blocked', replace: true, dryRun: false, actor: 'bob', source: 'file' };

  it('let a decision see an entry from its beginning to its end, without any event in between', async () => {
    await lists.add('blocked', [input('c')], []);
    await lists.add('blocked', [input('c', { validFrom: 2000, validUntil: 3000 })], []);
    const at = [999, 1000, 1999, 2000, 2999, 3000];
    expect(at.map((moment) => lists.has('blocked', 'c', moment))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('say who took a value off, and why', async () => {
    await lists.add('blocked', [input('c')], []);
    now = 1500;
    expect(
      await lists.remove('blocked', ['c', 'd'], { actor: 'bob', reason: 'a mistake' }, []),
    ).toMatchObject({
      removed: 1,
      unknown: 1,
    });
    const { entry } = await lists.check('blocked', 'c', { asOf: 1499 });
    expect(entry).toMatchObject({
      actor: 'ann',
      validUntil: 1500,
      ended: { actor: 'bob', reason: 'a mistake' },
    });
    expect((await lists.check('blocked', 'c', { asOf: 1600, knownAt: 1499 })).entry).toMatchObject({
      validUntil: Infinity,
    });
  });

  it('name the entry that covers an address most closely', async () => {
    await lists.add(
      'networks',
      [input('100.100.100.0/22'), input('100.100.100.1'), input('100.0.0.0/8')],
      [],
    );
    expect((await lists.check('networks', '100.100.100.1', {})).entry?.value).toBe('100.100.100.1');
    expect((await lists.check('networks', '100.100.100.2', {})).entry?.value).toBe('100.100.100.0/22');
  });

  it('take no entry on an allow list that does not expire, nor one that ends before it begins', async () => {
    const entries = [input('c'), input('c', { validUntil: 1000 })];
    await expect(lists.add('allowed', entries, [])).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'entries[0].valid_until' }, { field: 'entries[1].valid_until' }],
    });
    expect(lists.has('allowed', 'c', 1000)).toBe(false);
  });

  it('name every field at fault, of the entries and of what is taken off, each once', async () => {
    const found = [
      { field: 'entries[1].actor', description: 'is required' },
      { field: 'entries[2].value', description: 'looks like a card number' },
    ];
    const entries = [input('x'), input('192.0.2.1'), input('y', { validUntil: 5 })];
    await expect(lists.add('networks', entries, found)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [...found, { field: 'entries[0].value' }, { field: 'entries[2].valid_until' }],
    });
    const nobody = { field: 'actor', description: 'is required' };
    const by = { actor: '', reason: 'over' };
    await expect(lists.remove('networks', ['x', '192.0.2.1', 'y'], by, [nobody])).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [nobody, { field: 'values[0]' }, { field: 'values[2]' }],
    });
  });

  it('replace nothing when an entry cannot be taken, and say which', async () => {
    await lists.add('networks', [input('192.0.2.1')], []);
    const networks = { ...settings, list: 'networks' };
    const replaced = lists.import(networks, once(input('192.0.2.2'), input('nowhere')));
    await expect(replaced).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'entries[1].value' }],
    });
    expect(lists.has('networks', '192.0.2.1', now)).toBe(true);
    const tried = await lists.import(
      { ...networks, dryRun: true },
      once(input('192.0.2.2'), input('nowhere')),
    );
    expect(tried).toMatchObject({ added: 1, removed: 1, invalid: 1 });
    const faults = [{ field: 'value', description: 'looks like a card number' }];
    const broken = { ...input('192.0.2.3'), faults };
    expect(await lists.import({ ...networks, dryRun: true }, once(input('192.0.2.2'), broken))).toMatchObject(
      { added: 1, removed: 1, invalid: 1, problems: [{ position: 2, faults }] },
    );
    const added = await lists.import(
      { ...networks, replace: false },
      once(input('192.0.2.2'), input('nowhere')),
    );
    expect(added).toMatchObject({ added: 1, removed: 0, invalid: 1 });
  });

  it('take nothing of an import that holds too many entries, and name the bound', async () => {
    await lists.add('blocked', [input('c')], []);
    async function* batches() {
      yield [input('d')];
      const one = input('e');
      yield Array.from({ length: MAX_ENTRIES_OF_IMPORT }, () => one);
    }
    await expect(lists.import(settings, batches())).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'entries: more than 5,000,000 in one import',
      violations: [{ field: 'entries' }],
    });
    expect(['c', 'd'].map((value) => lists.has('blocked', value, now))).toEqual([true, false]);
  });

  it('give out what is imported again without a difference', async () => {
    await lists.add('blocked', [input('c'), input('c', { validFrom: 2000, validUntil: 2500 })], []);
    await lists.add('blocked', [input('d', { validFrom: 1900 })], []);
    now = 1200;
    const exported: ListEntry[] = [];
    for await (const part of lists.export('blocked', { planned: true })) exported.push(...part);
    const back = await lists.import(
      settings,
      once(
        ...exported.map((entry) =>
          input(entry.value, {
            ...entry,
            validUntil: entry.validUntil === Infinity ? undefined : entry.validUntil,
          }),
        ),
      ),
    );
    expect(back).toMatchObject({ added: 0, removed: 0, unchanged: 3, revision: 2 });
  });

  it('give out one state of a list, whatever is changed meanwhile', async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `c${String(index).padStart(4, '0')}`);
    await lists.import(settings, once(...names.map((name) => input(name))));
    const exported: string[] = [];
    for await (const part of lists.export('blocked', {})) {
      exported.push(...part.map(({ value }) => value));
      await lists.remove('blocked', ['c1499'], { actor: 'bob', reason: 'over' }, []);
      await lists.add('blocked', [input('z')], []);
    }
    expect(exported).toEqual(names);
  });

  it('acknowledge a change that was stored before the store went away, and follow it when it is back', async () => {
    let away = false;
    const leaving = createListsService({
      store: leavingAfterChanges(
        store.lists,
        () => away,
        () => (away = true),
      ),
      index: new ListIndex(createKeyHash(store.journal.hashKey)),
      normalise: createListValueReader(createPhoneReader()),
      now: () => now,
      readers: async () => [],
    });
    const changes: readonly (readonly [
      change: () => Promise<unknown>,
      answer: object,
      on: readonly string[],
    ])[] = [
      [
        () => leaving.create({ id: 'new', type: 'customer', kind: 'block', description: '', owner: '' }, ann),
        { id: 'new', entries: 0, revision: 0 },
        [],
      ],
      [() => leaving.add('new', [input('a')], []), { added: 1, revision: 1 }, ['a']],
      [() => leaving.import({ ...settings, list: 'new' }, once(input('b'))), { added: 1, removed: 1 }, ['b']],
      [
        () => leaving.remove('new', ['b'], { actor: 'bob', reason: 'over' }, []),
        { removed: 1, revision: 3 },
        [],
      ],
    ];
    const listed = () => ['a', 'b'].filter((value) => leaving.has('new', value, now) === true);
    for (const [change, answer, on] of changes) {
      const before = listed();
      expect(await change()).toMatchObject(answer);
      expect(away).toBe(true);
      expect(listed()).toEqual(before);
      const known = [leaving.knownAt(), leaving.revision('new')];
      now += 1;
      await expect(leaving.refresh()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect([leaving.knownAt(), leaving.revision('new')]).toEqual(known);
      away = false;
      await leaving.refresh();
      expect(leaving.knownAt()).toBe(now);
      expect(leaving.typeOf('new')).toBe('customer');
      expect(listed()).toEqual(on);
    }
  });

  it('page through entries, and refuse a token that they did not give', async () => {
    await lists.add('blocked', [input('a'), input('b 1'), input('b', { validFrom: 5000 })], []);
    const seen: string[] = [];
    let token = '';
    do {
      const page = await lists.entries('blocked', { planned: true }, { size: 1, token });
      seen.push(...page.items.map(({ value }) => value));
      token = page.next;
    } while (token !== '');
    expect(seen).toEqual(['a', 'b', 'b 1']);
    const broken = Buffer.from('1:a').toString('base64url');
    await expect(lists.entries('blocked', {}, { size: 1, token: broken })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});

/** A store of lists that is away as soon as it has stored a change. */
function leavingAfterChanges(store: ListStore, away: () => boolean, leave: () => void): ListStore {
  const check = (): void => {
    if (away()) throw storeUnavailable('it is away');
  };
  const changing = async <T>(change: () => Promise<T>): Promise<T> => {
    check();
    const answer = await change();
    leave();
    return answer;
  };
  return {
    create: (...given) => changing(() => store.create(...given)),
    add: (...given) => changing(() => store.add(...given)),
    remove: (...given) => changing(() => store.remove(...given)),
    import: (...given) => changing(() => store.import(...given)),
    async lists() {
      check();
      return store.lists();
    },
    async heads() {
      check();
      return store.heads();
    },
    update: (...given) => store.update(...given),
    delete: (...given) => store.delete(...given),
    keep: (...given) => store.keep(...given),
    log: (...given) => store.log(...given),
    history: (...given) => store.history(...given),
    check: (...given) => store.check(...given),
    entries: (...given) => store.entries(...given),
    changes: (...given) => store.changes(...given),
  };
}
