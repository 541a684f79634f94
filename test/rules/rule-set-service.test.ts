import { describe, expect, it } from 'vitest';
import { TollgateError } from '../../src/errors/errors.js';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';
import type { FactCatalogue } from '../../src/rules/catalogue.js';
import { createRuleSets } from '../../src/rules/rule-set-service.js';
import type { NewVersion } from '../../src/rules/rule-set-info.js';
import type { RuleSets } from '../../src/rules/rule-sets.js';
import type { StoredVersion } from '../../src/rules/version-store.js';
import { memoryVersions } from './memory-versions.js';
import { CATALOGUE } from './small-catalogue.js';

const document = (value: number): string =>
  JSON.stringify({
    id: 'a-set',
    description: 'for tests',
    owner: 'risk',
    rules: [
      {
        name: 'a-rule',
        conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value }] },
        event: { type: 'review', params: { reason: 'a.reason' } },
      },
    ],
  });

/** A store in memory, and rule sets over it that may know other facts. */
function openStore() {
  const { store, versions, log, evidence } = memoryVersions();
  const over = (catalogue: FactCatalogue, changed = async (): Promise<void> => undefined): RuleSets =>
    createRuleSets({
      store,
      catalogue,
      attributes: new Set(),
      currencies: new Set(),
      holdsCardNumber: () => false,
      lists: async () => new Map(),
      now: () => 0,
      development: true,
      runCases: async () => ({ ok: { casesHash: 'c', passed: 1, failed: 0, failures: [] } }),
      changed,
    });
  /** From now on the store answers nothing. */
  const goAway = (): void => {
    const away = (): Promise<never> => Promise.reject(storeUnavailable('it is away'));
    for (const name of Object.keys(store)) Object.assign(store, { [name]: away });
  };
  return { over, store, versions, log, evidence, goAway };
}

/** Stores a document and has all it needs to go live. */
async function create(sets: RuleSets, value: number): Promise<void> {
  const { version } = await sets.create(newVersion(document(value)));
  const said = { ruleSet: 'a-set', version: version.version, actor: 'a', comment: 'no backtests yet' };
  await sets.waive({ ...said, waives: ['backtest'] });
}

const newVersion = (text: string): NewVersion => ({
  document: text,
  cases: '{}',
  lists: '',
  author: 'a',
  editors: [],
  comment: '',
  expectedLatestHash: '',
});

const code = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof TollgateError ? error.code : String(error)),
  );

describe('a document', () => {
  it('is not even read when it is larger than a mebibyte', async () => {
    const sets = openStore().over(CATALOGUE);
    const padded = (bytes: number): string => document(5).padEnd(bytes, ' ');
    expect(await sets.validate(padded(1024 * 1024))).toMatchObject({ valid: true });
    expect(await sets.validate(padded(1024 * 1024 + 1))).toMatchObject({
      valid: false,
      findings: [{ code: 'too-large' }],
    });
    const large = newVersion(padded(1024 * 1024 + 1));
    expect(await code(sets.create(large))).toBe('RULE_SET_INVALID');
  });
});

describe('what is active', () => {
  it('does not become a version that this release cannot decide by', async () => {
    const { over } = openStore();
    const older = over(CATALOGUE);
    for (const value of [5, 6]) await create(older, value);
    const publication = {
      ruleSet: 'a-set',
      scope: 'all',
      actor: 'a',
      reason: '',
      revision: undefined,
    } as const;
    await older.activate({ ...publication, version: 1 });
    const newer = over(new Map([...CATALOGUE].filter(([name]) => name !== 'amount')));
    expect(await code(newer.activate({ ...publication, version: 2 }))).toBe('RULE_SET_INVALID');
    expect((await older.inForce()).versions.map(({ version }) => version.version)).toEqual([1]);
  });

  it('is what was published, also when the store goes away before this instance has switched', async () => {
    const { over, goAway } = openStore();
    const sets = over(CATALOGUE, async () => {
      goAway();
      await sets.inForce();
    });
    await create(sets, 5);
    const publication = {
      ruleSet: 'a-set',
      scope: 'all',
      actor: 'a',
      reason: '',
      revision: undefined,
    } as const;
    expect(await sets.activate({ ...publication, version: 1 })).toMatchObject({
      id: 'a-set',
      activeVersion: 1,
      latestVersion: 1,
      revision: 1,
    });
    expect(await code(sets.activate({ ...publication, version: 1 }))).toBe('STORE_UNAVAILABLE');
  });

  it('is one of several at once that all succeed, unless they say what they follow on or roll back', async () => {
    const { over, log } = openStore();
    const sets = over(CATALOGUE);
    for (const value of [1, 2, 3, 4]) await create(sets, value);
    const input = { ruleSet: 'a-set', scope: 'all', actor: 'a', reason: '' } as const;
    const activate = (version: number, revision?: number): Promise<string> =>
      code(sets.activate({ ...input, version, revision }));
    expect(await Promise.all([activate(1), activate(2), activate(3)])).toEqual(Array(3).fill('no error'));
    expect(log.map(({ from }) => from)).toEqual([0, ...log.slice(0, -1).map(({ to }) => to)]);
    expect(new Set(log.map(({ to }) => to))).toEqual(new Set([1, 2, 3]));
    const seen = await Promise.all([activate(1, 3), activate(4, 3)]);
    expect(new Set(seen)).toEqual(new Set(['STALE_ETAG', 'no error']));
    const rollBack = (): Promise<string> => code(sets.rollBack({ ...input, revision: undefined }));
    expect(new Set(await Promise.all([rollBack(), rollBack()]))).toEqual(new Set(['STALE_ETAG', 'no error']));
  });

  it('is told as a failure where it was published but cannot be run here', async () => {
    const sets = openStore().over(CATALOGUE, () => Promise.reject(new Error('does not compile')));
    await create(sets, 5);
    const publication = {
      ruleSet: 'a-set',
      scope: 'all',
      actor: 'a',
      reason: '',
      revision: undefined,
    } as const;
    await expect(sets.activate({ ...publication, version: 1 })).rejects.toThrow('does not compile');
  });

  it('is rolled back past more than a thousand steps that were rolled back before', async () => {
    const sets = openStore().over(CATALOGUE);
    for (const value of [5, 6, 7]) await create(sets, value);
    const publication = {
      ruleSet: 'a-set',
      scope: 'all',
      actor: 'a',
      reason: '',
      revision: undefined,
    } as const;
    await sets.activate({ ...publication, version: 1 });
    await sets.activate({ ...publication, version: 2 });
    for (let time = 0; time < 600; time++) {
      await sets.activate({ ...publication, version: 3 });
      expect(await sets.rollBack(publication)).toMatchObject({ activeVersion: 2 });
    }
    expect(await sets.rollBack(publication)).toMatchObject({ activeVersion: 1, revision: 1203 });
    expect(await code(sets.rollBack(publication))).toBe('NOTHING_TO_ROLL_BACK');
  });

  it('is never silently less than what was activated', async () => {
    const { over, versions } = openStore();
    const sets = over(CATALOGUE);
    await create(sets, 5);
    await sets.activate({
      ruleSet: 'a-set',
      scope: 'all',
      actor: 'a',
      reason: '',
      revision: undefined,
      version: 1,
    });
    versions.length = 0;
    await expect(sets.inForce()).rejects.toThrow('version 1 of a-set is active, but not stored');
  });

  it('is never other content than what was committed', async () => {
    const { over, versions } = openStore();
    const sets = over(CATALOGUE);
    for (const value of [5, 6]) await create(sets, value);
    const input = { ruleSet: 'a-set', scope: 'all', actor: 'a', reason: '', revision: undefined } as const;
    await sets.activate({ ...input, version: 1 });
    const [first, second] = versions as [StoredVersion, StoredVersion];
    versions.splice(0, 2, { ...first, document: second.document }, { ...second, document: first.document });
    expect(await code(sets.activate({ ...input, version: 2 }))).toBe('RULE_SET_INVALID');
    await expect(sets.inForce()).rejects.toThrow('version 1 of a-set is not as it was committed');
  });

  it('is read from the store when it changes, not each time it is looked for', async () => {
    const { over, store } = openStore();
    const sets = over(CATALOGUE);
    for (const value of [5, 6]) await create(sets, value);
    const input = { ruleSet: 'a-set', scope: 'all', actor: 'a', reason: '', revision: undefined } as const;
    const get = store.get.bind(store);
    const read: number[] = [];
    const follow = async (): Promise<void> => {
      store.get = (ruleSet, version) => get(ruleSet, (read.push(version), version));
      await sets.inForce();
      store.get = get;
    };
    await sets.activate({ ...input, version: 1 });
    await follow();
    await follow();
    await sets.activate({ ...input, version: 2 });
    await follow();
    await follow();
    expect(read).toEqual([1, 2]);
  });

  it('owes its evidence also where a roll-back led to it', async () => {
    const sets = openStore().over(CATALOGUE);
    for (const value of [5, 6]) await create(sets, value);
    const input = { ruleSet: 'a-set', scope: 'all', actor: 'a', reason: '', revision: undefined } as const;
    for (const version of [1, 2]) await sets.activate({ ...input, version });
    await sets.rollBack(input);
    expect(await sets.owed()).toMatchObject([
      {
        staged: { version: 1 },
        owed: ['backtest', 'approval'],
        waivers: [
          { what: 'backtest', actor: 'a', reason: 'no backtests yet' },
          { what: 'approval', actor: 'development mode' },
        ],
      },
    ]);
  });

  it('is proven by the same cases once, however often they are attached', async () => {
    const { over, evidence } = openStore();
    const sets = over(CATALOGUE);
    for (let time = 0; time < 3; time++) await sets.create(newVersion(document(5)));
    expect(evidence.map(({ kind }) => kind)).toEqual(['cases']);
  });
});

it('a page token of something else is refused', async () => {
  const { over } = openStore();
  const sets = over(CATALOGUE);
  await create(sets, 5);
  const token = Buffer.from('1:some-rule-set').toString('base64url');
  expect(await code(sets.versions('a-set', { size: 10, token }))).toBe('INVALID_REQUEST');
  expect(await code(sets.publications('a-set', { size: 10, token }))).toBe('INVALID_REQUEST');
});
