import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FACT_CATALOGUE, RULE_VOCABULARY } from '../../src/facts/catalogue.js';
import { createKeyHash } from '../../src/facts/attributes/key-hash.js';
import { ListIndex } from '../../src/facts/lists/list-index.js';
import { createListsService, type ListsService } from '../../src/facts/lists/lists-service.js';
import { createListValueReader } from '../../src/facts/lists/normalise-value.js';
import { createPhoneReader } from '../../src/facts/normalise/phone.js';
import { createRuleSets } from '../../src/rules/rule-set-service.js';
import type { RuleSets } from '../../src/rules/rule-sets.js';
import { readShippedRules, SHIPPED } from '../../src/serve/assets.js';
import { seed } from '../../src/serve/seed.js';
import { openSqliteStore, type SqliteStore } from '../../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../../src/world/real-world.js';

describe('seeding an empty store', () => {
  const shipped = readShippedRules(SHIPPED);
  let folder: string;
  let store: SqliteStore;
  let lists: ListsService;
  /** Counts down; throws when it gets to zero: the process dies here. */
  let breath: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-seed-'));
    store = await openSqliteStore({ file: join(folder, 'seed.db'), world: REAL_WORLD });
    breath = Infinity;
    lists = createListsService({
      store: store.lists,
      index: new ListIndex(createKeyHash(store.journal.hashKey)),
      normalise: createListValueReader(createPhoneReader()),
      now: () => 1,
      readers: async () => [],
    });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function breathe<T>(work: () => T): Promise<Awaited<T>> {
    breath -= 1;
    if (breath < 0) throw new Error('killed');
    return await work();
  }

  const ruleSets = (): RuleSets =>
    createRuleSets({
      store: new Proxy(store.rules, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          const method = value.bind(target) as (...args: unknown[]) => unknown;
          return name === 'publish' ? (...args: unknown[]) => breathe(() => method(...args)) : method;
        },
      }),
      catalogue: FACT_CATALOGUE,
      ...RULE_VOCABULARY,
      lists: () => lists.types(),
      now: () => 1,
      development: false,
      runCases: () => Promise.reject(new Error('what ships is not run again')),
      changed: async () => undefined,
    });
  const active = async (): Promise<string[]> =>
    (await store.rules.staged())
      .filter(({ version, stage }) => version === 1 && stage === 'active')
      .map(({ ruleSet }) => ruleSet);

  it('makes all that ships active, once', async () => {
    const names = await seed(() => shipped, ruleSets(), lists);
    expect(names).toHaveLength(shipped.documents.length);
    expect((await active()).toSorted()).toEqual(names.toSorted());
    expect(await seed(() => shipped, ruleSets(), lists)).toEqual([]);
  });

  it('says which entry of a list cannot be one, and puts none of the list in', async () => {
    const list = { id: 'l', type: 'country', kind: 'block', description: '', owner: '' } as const;
    const broken = { documents: [], lists: [{ ...list, entries: ['FR', 'Atlantis'] }] };
    await expect(seed(() => broken, ruleSets(), lists)).rejects.toThrow(
      /lists\.json: list 'l': .*entries\[1\]\.value: is no ISO 3166-1/,
    );
    expect(await store.lists.entries('l', { asOf: 1 }, 10, undefined)).toEqual([]);
  });

  it('goes on at the next start when it was killed half-way', async () => {
    breath = 2;
    await expect(seed(() => shipped, ruleSets(), lists)).rejects.toThrow('killed');
    expect(await active()).toHaveLength(2);
    breath = Infinity;
    expect(await seed(() => shipped, ruleSets(), lists)).toHaveLength(shipped.documents.length - 2);
    expect(await active()).toHaveLength(shipped.documents.length);
  });

  it('leaves alone what somebody has taken out of service', async () => {
    const [first = ''] = await seed(() => shipped, ruleSets(), lists);
    const who = { actor: 'ana', reason: 'not ours', revision: undefined };
    await ruleSets().deactivate({ ruleSet: first, scope: 'all', ...who });
    expect(await seed(() => shipped, ruleSets(), lists)).toEqual([]);
    expect(await active()).not.toContain(first);
  });
});
