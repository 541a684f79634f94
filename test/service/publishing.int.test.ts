import { afterAll, beforeAll, expect, it } from 'vitest';
import { RuleStage, Waivable } from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
import {
  anyCase,
  failure,
  onBothStores,
  payment,
  prove,
  rule,
  ruleSet,
  type Instance,
  type Place,
} from './harness.js';

const ALWAYS = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
const BY = { ruleSet: 'scoped', actor: 'ann', reason: 'a test' };

onBothStores('publishing', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  let requests = 0;
  const push = async (name: string): Promise<number> => {
    const documentJson = JSON.stringify(ruleSet('scoped', [rule(name, ALWAYS)]));
    const { version } = await tollgate.rules.createVersion({ documentJson, author: 'ann' });
    return version?.version ?? 0;
  };
  /** Which rule decides at a site. */
  const decides = async (site: string): Promise<string> => {
    const { hits } = await tollgate.screen(`r-${String(requests++)}`, payment({ site }));
    return hits.map((hit) => hit.rule).join();
  };

  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    for (const [id, group] of [
      ['one', 'eu'],
      ['two', 'eu'],
      ['three', 'us'],
    ] as const)
      await tollgate.sites.putSite({ site: { id, group, currency: 'EUR' } });
    for (const name of ['all', 'eu', 'one']) await prove(tollgate.rules, 'scoped', await push(name));
  });
  afterAll(() => place.remove());

  it('lets the most specific scope decide, and goes back to what holds around it', async () => {
    await tollgate.rules.activateVersion({ ...BY, version: 1 });
    await tollgate.rules.activateVersion({ ...BY, version: 2, scope: 'group:eu' });
    const { ruleSet: after } = await tollgate.rules.activateVersion({ ...BY, version: 3, scope: 'site:one' });
    expect(after?.staged.map(({ scope, version }) => [scope, version])).toEqual([
      ['all', 1],
      ['group:eu', 2],
      ['site:one', 3],
    ]);
    const all = async () => [
      await decides('one'),
      await decides('two'),
      await decides('three'),
      await decides('new'),
    ];
    expect(await all()).toEqual(['one', 'eu', 'all', 'all']);
    await tollgate.rules.rollBack({ ...BY, scope: 'site:one' });
    expect(await all()).toEqual(['eu', 'eu', 'all', 'all']);
    await tollgate.sites.putSite({ site: { id: 'two', group: 'us', currency: 'EUR' } });
    expect(await all()).toEqual(['eu', 'all', 'all', 'all']);
    await tollgate.rules.deactivateRuleSet({ ...BY, scope: 'group:eu' });
    expect(await all()).toEqual(['all', 'all', 'all', 'all']);
    const { version } = await tollgate.rules.getVersion({ ruleSet: 'scoped', version: 3 });
    expect(version?.staged).toMatchObject([{ scope: 'site:one', stage: RuleStage.ARCHIVED }]);
  });

  it('replays what a scope decided after it is gone', async () => {
    await tollgate.rules.activateVersion({ ...BY, version: 3, scope: 'site:one' });
    const { id, ruleSets } = await tollgate.screen('to-replay', payment({ site: 'one' }));
    expect(ruleSets).toMatchObject([{ ruleSet: 'scoped', version: 3 }]);
    await tollgate.rules.deactivateRuleSet({ ...BY, scope: 'site:one' });
    expect(await tollgate.decisions.replayDecision({ id })).toMatchObject({ identical: true });
  });

  it('asks for evidence, says what is missing, and what went live without it', async () => {
    const version = await push('unproven');
    const said = { ruleSet: 'scoped', version, actor: 'ann' };
    const activate = () => tollgate.rules.activateVersion({ ...BY, version });
    await expect(activate()).rejects.toMatchObject({
      code: 'NOT_PROVEN',
      violations: [{ description: /^golden cases/ }, { description: /^backtest/ }],
    });
    const wrong = JSON.stringify({
      cases: [{ name: 'small', stream: [{ payment: {} }], expect: { notHits: ['unproven'] } }],
    });
    const { cases } = await tollgate.rules.attachCases({ ...said, casesJson: wrong });
    expect(cases).toMatchObject({ passed: 0, failed: 1, failures: [expect.stringMatching(/^small: /)] });
    await tollgate.rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST], reason: 'none yet' });
    expect(await failure(activate())).toBe('NOT_PROVEN');
    await tollgate.rules.attachCases({ ...said, casesJson: anyCase(false) });
    const { version: read } = await tollgate.rules.getVersion({ ruleSet: 'scoped', version });
    const approve = (actor: string) =>
      tollgate.rules.approveVersion({ ...said, actor, hash: read?.hash ?? '' });
    expect(await failure(approve('ann'))).toBe('SECOND_PERSON_NEEDED');
    expect((await approve('ben')).proof).toMatchObject({ ready: true, missing: [] });
    await activate();
    const { owed } = await tollgate.rules.listOwedEvidence({});
    const ours = owed.filter((one) => one.staged?.version === version);
    expect(ours).toMatchObject([
      { owed: [Waivable.BACKTEST], waivers: [{ actor: 'ann', reason: 'none yet' }] },
    ]);
    const { publications } = await tollgate.rules.listPublications({ ruleSet: 'scoped', pageSize: 1 });
    expect(publications).toMatchObject([
      { step: 'activate', version, actor: 'ann', reason: 'a test', waived: [{ what: Waivable.BACKTEST }] },
    ]);
  });

  it('refuses cases that cannot be run, naming what is wrong with them', async () => {
    const attach = (casesJson: string, listsJson = '') =>
      tollgate.rules.attachCases({ ruleSet: 'scoped', version: 1, actor: 'ann', casesJson, listsJson });
    const broken: readonly (readonly [string, string, RegExp])[] = [
      ['{', '', /^cases_json: not JSON/],
      ['{"cases":[]}', '{', /^lists_json: /],
      ['{"cases":[{"name":"a"}]}', '', /stream/],
      ['{"ruleSets":["nowhere"],"cases":[]}', '', /no rule set is named nowhere/],
      [
        JSON.stringify({
          cases: [
            {
              name: 'a',
              stream: Array.from({ length: 11 }, () => ({ payment: {}, repeat: 2000, every: '1s' })),
            },
          ],
        }),
        '',
        /22000 payments and events/,
      ],
      [anyCase(false).replace('a payment', '4111111111111111'), '', /card number/],
    ];
    for (const [cases, lists, message] of broken)
      await expect(attach(cases, lists)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringMatching(message) as string,
      });
  });

  it('keeps a draft, and makes a version of it', async () => {
    const documentJson = JSON.stringify(ruleSet('scoped', [rule('drafted', ALWAYS)]));
    const put = { ruleSet: 'scoped', documentJson, actor: 'ann', casesJson: anyCase(false) };
    const { draft } = await tollgate.rules.putDraft(put);
    expect(await failure(tollgate.rules.putDraft({ ...put, actor: 'ben' }))).toBe('STALE_ETAG');
    const { draft: second } = await tollgate.rules.putDraft({
      ...put,
      actor: 'ben',
      etag: draft?.etag ?? '',
    });
    expect((await tollgate.rules.getDraft({ ruleSet: 'scoped' })).draft).toMatchObject({
      documentJson,
      editors: ['ann', 'ben'],
    });
    expect((await tollgate.rules.listDrafts({})).drafts).toMatchObject([
      { ruleSet: 'scoped', documentJson: '' },
    ]);
    const commit = { ruleSet: 'scoped', actor: 'ann', etag: second?.etag ?? '' };
    expect(await tollgate.rules.commitDraft(commit)).toMatchObject({
      version: { author: 'ann', editors: ['ben'], staged: [] },
      created: true,
      cases: { failed: 0 },
    });
    expect(await failure(tollgate.rules.getDraft({ ruleSet: 'scoped' }))).toBe('DRAFT_NOT_FOUND');
  });
});
