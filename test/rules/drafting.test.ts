import { describe, expect, it } from 'vitest';
import { TollgateError } from '../../src/errors/errors.js';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';
import { createRuleSets } from '../../src/rules/rule-set-service.js';
import { memoryVersions } from './memory-versions.js';
import { CATALOGUE } from './small-catalogue.js';

const text = (value: unknown, id = 'a-set'): string =>
  JSON.stringify({
    id,
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

function open() {
  const { store, evidence } = memoryVersions();
  let now = 0;
  const sets = createRuleSets({
    store,
    catalogue: CATALOGUE,
    attributes: new Set(),
    currencies: new Set(),
    holdsCardNumber: (one) => one.includes('4111111111111111'),
    lists: async () => new Map(),
    now: () => ++now,
    development: false,
    runCases: async (_, { cases }) =>
      cases === 'none'
        ? { problems: [{ field: 'cases_json', description: 'are none' }] }
        : { ok: { casesHash: cases, passed: 1, failed: 0, failures: [] } },
    changed: async () => undefined,
  });
  const put = (document: string, revision?: number, actor = 'ann', more: object = {}) =>
    sets.putDraft({
      base: 0,
      ruleSet: 'a-set',
      document,
      cases: '',
      lists: '',
      comment: '',
      actor,
      revision,
      ...more,
    });
  return { sets, put, evidence, store };
}

const code = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof TollgateError ? error.code : String(error)),
  );

describe('a draft', () => {
  it('is kept whatever is wrong with it, but for card numbers and another set', async () => {
    const { sets, put } = open();
    expect((await put(text('ten'))).findings).toMatchObject([{ severity: 'error' }]);
    expect((await sets.draft('a-set')).draft.document).toBe(text('ten'));
    expect(await code(put(text(1, 'other'), 1))).toBe('INVALID_REQUEST');
    expect(await code(put(text('4111111111111111'), 1))).toBe('INVALID_REQUEST');
    expect(await code(put(text(1), 1, 'ann', { cases: '"4111111111111111"' }))).toBe('INVALID_REQUEST');
    expect(await code(sets.draft('other'))).toBe('DRAFT_NOT_FOUND');
  });

  it('is changed by who has seen it last only', async () => {
    const { put } = open();
    await put(text(1));
    expect(await code(put(text(2)))).toBe('STALE_ETAG');
    expect(await code(put(text(2), 1))).toBe('done');
    expect(await code(put(text(3), 1))).toBe('STALE_ETAG');
  });

  it('becomes the next version, with its cases as evidence, and ends', async () => {
    const { sets, put, evidence } = open();
    await put(text(1), undefined, 'ann', { cases: 'c' });
    await put(text(2), 1, 'eve', { cases: 'c' });
    await put(text(3), 2, 'ann', { cases: 'd' });
    const commit = { ruleSet: 'a-set', revision: 3, actor: 'ann', comment: 'ready' };
    expect(await code(sets.commitDraft({ ...commit, revision: 2 }))).toBe('STALE_ETAG');
    const { version } = await sets.commitDraft(commit);
    expect(version).toMatchObject({ version: 1, author: 'ann', editors: ['eve'], comment: 'ready' });
    expect(evidence).toMatchObject([{ kind: 'cases', casesHash: 'd' }]);
    expect(await code(sets.draft('a-set'))).toBe('DRAFT_NOT_FOUND');
    // None of those who had a hand in it is its second person.
    const said = { ruleSet: 'a-set', version: 1, comment: '', hash: version.hash };
    for (const actor of ['ann', 'eve'])
      expect(await code(sets.approve({ ...said, actor }))).toBe('SECOND_PERSON_NEEDED');
    expect(await code(sets.approve({ ...said, actor: 'ben', hash: 'other' }))).toBe('STALE_ETAG');
    const proof = await sets.approve({ ...said, actor: 'ben' });
    expect(proof.readiness.missing).toEqual(['backtest: none is attached, and nobody has waived it']);
    expect(await code(sets.withdraw({ ...said, actor: 'dan' }))).toBe('NOT_APPROVED');
    expect(await code(sets.withdraw({ ...said, actor: 'ben' }))).toBe('done');
    expect(await code(sets.withdraw({ ...said, actor: 'ben' }))).toBe('NOT_APPROVED');
  });

  it('is committed by the same call again where the store went away before it had ended', async () => {
    const { sets, put, evidence, store } = open();
    const removeDraft = store.removeDraft.bind(store);
    await put(text(1), undefined, 'ann', { cases: 'c' });
    store.removeDraft = () => Promise.reject(storeUnavailable('it is away'));
    const commit = { ruleSet: 'a-set', revision: 1, actor: 'ann', comment: '' };
    expect(await code(sets.commitDraft(commit))).toBe('STORE_UNAVAILABLE');
    store.removeDraft = removeDraft;
    expect(await sets.commitDraft(commit)).toMatchObject({ created: false, version: { version: 1 } });
    expect(evidence).toMatchObject([{ kind: 'cases', casesHash: 'c' }]);
    expect(await code(sets.draft('a-set'))).toBe('DRAFT_NOT_FOUND');
  });

  it('that is behind is committed once it is put as one that takes the newest version into account', async () => {
    const { sets, put } = open();
    await put(text(1));
    await sets.commitDraft({ ruleSet: 'a-set', revision: 1, actor: 'ann', comment: '' });
    await put(text(2));
    const pushed = {
      cases: '',
      lists: '',
      author: 'eve',
      editors: [],
      comment: '',
      expectedLatestHash: undefined,
    };
    await sets.create({ ...pushed, document: text(7) } as unknown as Parameters<typeof sets.create>[0]);
    const commit = { ruleSet: 'a-set', revision: 2, actor: 'ann', comment: '' };
    await expect(sets.commitDraft(commit)).rejects.toThrow(
      /version 2 of a-set .*put the draft with that as its base/,
    );
    await put(text(3), 2);
    expect(await code(sets.commitDraft({ ...commit, revision: 3 }))).toBe('STALE_ETAG');
    expect(await code(put(text(3), 3, 'ann', { base: 3 }))).toBe('INVALID_REQUEST');
    await put(text(3), 3, 'ann', { base: 2 });
    expect((await sets.commitDraft({ ...commit, revision: 4 })).version.version).toBe(3);
  });

  it('that is begun on an older version than the newest is behind, also where that was a draft', async () => {
    const { sets, put } = open();
    for (const number of [1, 2]) {
      await put(text(number));
      await sets.commitDraft({ ruleSet: 'a-set', revision: number, actor: 'ann', comment: '' });
    }
    await put(text(3), undefined, 'ann', { base: 1 });
    const commit = { ruleSet: 'a-set', revision: 3, actor: 'ann', comment: '' };
    expect(await code(sets.commitDraft(commit))).toBe('STALE_ETAG');
    await put(text(4), 3);
    expect(await code(sets.commitDraft({ ...commit, revision: 4 }))).toBe('STALE_ETAG');
  });

  it('that is put while it is committed stays, and is committed next', async () => {
    const { sets, put, store } = open();
    const removeDraft = store.removeDraft.bind(store);
    await put(text(1));
    store.removeDraft = async (...of) => {
      await put(text(2), 1, 'eve');
      return await removeDraft(...of);
    };
    await sets.commitDraft({ ruleSet: 'a-set', revision: 1, actor: 'ann', comment: '' });
    store.removeDraft = removeDraft;
    const { draft } = await sets.draft('a-set');
    expect([draft.document, draft.base]).toEqual([text(2), 0]);
    const next = await sets.commitDraft({ ruleSet: 'a-set', revision: 2, actor: 'ann', comment: '' });
    expect(next.version).toMatchObject({ version: 2, editors: ['eve'] });
  });

  it('is committed once by the same call again where its answer was lost', async () => {
    const { sets, put, evidence } = open();
    await put(text(1), undefined, 'ann', { cases: 'c' });
    const commit = { ruleSet: 'a-set', revision: 1, actor: 'ann', comment: 'ready' };
    const { version, cases } = await sets.commitDraft(commit);
    expect(await sets.commitDraft(commit)).toMatchObject({ created: false, version, cases });
    // Also where the next draft has been begun.
    await put(text(2));
    expect(await sets.commitDraft(commit)).toMatchObject({ created: false, version, cases });
    expect(evidence).toHaveLength(1);
    await sets.commitDraft({ ...commit, revision: 2 });
    expect(await code(sets.commitDraft(commit))).toBe('DRAFT_NOT_FOUND');
  });

  it('with errors is not committed, and stays', async () => {
    const { sets, put } = open();
    await put(text('ten'));
    const commit = { ruleSet: 'a-set', revision: 1, actor: 'ann', comment: '' };
    expect(await code(sets.commitDraft(commit))).toBe('RULE_SET_INVALID');
    expect((await sets.draft('a-set')).draft.revision).toBe(1);
  });

  it('with cases that are none is not committed, and nothing stored that the answer denies', async () => {
    const { sets, put } = open();
    const cases = 'none';
    await put(text(1), undefined, 'ann', { cases });
    const commit = { ruleSet: 'a-set', revision: 1, actor: 'ann', comment: '' };
    expect(await code(sets.commitDraft(commit))).toBe('INVALID_REQUEST');
    const version = { lists: '', author: 'ben', editors: [], comment: '', expectedLatestHash: '' };
    expect(await code(sets.create({ ...version, document: text(1), cases }))).toBe('INVALID_REQUEST');
    expect(await code(sets.versions('a-set', { size: 1, token: '' }))).toBe('RULE_SET_NOT_FOUND');
    expect((await sets.draft('a-set')).draft.revision).toBe(1);
  });

  it('does not undo what others stored since it was begun', async () => {
    const { sets, put } = open();
    const version = { cases: '', lists: '', author: 'ben', editors: [], comment: '', expectedLatestHash: '' };
    await sets.create({ ...version, document: text(1) });
    await put(text(5));
    await sets.create({ ...version, document: text(2) });
    const commit = { ruleSet: 'a-set', revision: 1, actor: 'ann', comment: '' };
    expect(await code(sets.commitDraft(commit))).toBe('STALE_ETAG');
    expect(await code(sets.discardDraft('a-set', 2))).toBe('STALE_ETAG');
    await sets.discardDraft('a-set', 1);
    await put(text(5));
    // The etag of the one that was thrown away is no etag of this.
    expect(await code(sets.commitDraft(commit))).toBe('STALE_ETAG');
    expect(await code(sets.commitDraft({ ...commit, revision: 2 }))).toBe('done');
  });
});
