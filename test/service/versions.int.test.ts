import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { TollgateError } from '../../src/errors/errors.js';
import { Outcome, type Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  failure,
  onBothStores,
  onMongo,
  payment,
  prove,
  range,
  rule,
  ruleSet,
  until,
  velocity,
  type Instance,
  type Place,
} from './harness.js';

const ALWAYS = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
const NEVER = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 1e9 }];
/** Every version has rules of its own names: which ones hit tells the version. */
const version = (number: number): object =>
  ruleSet('switched', [
    ...range(10).map((index) => rule(`v${String(number)}-${String(index)}`, ALWAYS, 'review')),
    rule(`v${String(number)}-never`, NEVER),
    rule(`v${String(number)}-velocity`, [
      velocity({ fn: 'count', by: 'card', window: `${String(number)}h` }, 'greaterThanInclusive', 1),
    ]),
  ]);
const SHIPPED = readdirSync(fileURLToPath(new URL('../../rules/', import.meta.url)))
  .filter((name) => name.endsWith('.rules.json'))
  .map((name) => name.replace('.rules.json', ''))
  .toSorted();

onBothStores('rule versions', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  let requests = 0;
  const screen = (): Promise<Decision> => tollgate.screen(`r-${String(requests++)}`, payment());
  const active = async (): Promise<number> =>
    (await screen()).ruleSets.find(({ ruleSet: id }) => id === 'switched')?.version ?? 0;
  const etag = async (): Promise<string> =>
    (await tollgate.rules.listRuleSets({})).ruleSets.find(({ id }) => id === 'switched')?.etag ?? '';
  const PUBLISHED = { ruleSet: 'switched', actor: 'test', reason: 'test' };

  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    for (const number of [1, 2, 3]) {
      await tollgate.rules.createVersion({ documentJson: JSON.stringify(version(number)), author: 'test' });
      await prove(tollgate.rules, 'switched', number);
    }
  });
  afterAll(() => place.remove());

  it('are not in force before one is activated', async () => {
    expect((await screen()).ruleSets).toEqual([]);
  });

  it('switch as a whole under load: no decision mixes two of them', async () => {
    await tollgate.rules.activateVersion({ ...PUBLISHED, version: 1 });
    const decisions: Decision[] = [];
    let over = false;
    const lanes = Promise.all(
      range(16).map(async () => {
        while (!over) decisions.push(await screen());
      }),
    );
    for (const round of range(12)) {
      const number = (round % 3) + 1;
      await tollgate.rules.activateVersion({ ...PUBLISHED, version: number });
      await until(() => decisions.at(-1)?.ruleSets[0]?.version === number);
    }
    over = true;
    await lanes;
    const hashes = new Map<number, string>();
    for (const { ruleSets, hits } of decisions) {
      expect(ruleSets).toHaveLength(1);
      const { version: number, hash } = ruleSets[0]!;
      expect(hashes.get(number) ?? hash).toBe(hash);
      hashes.set(number, hash);
      const names = hits.map((hit) => hit.rule).filter((name) => !name.endsWith('velocity'));
      expect(names.toSorted()).toEqual(range(10).map((index) => `v${String(number)}-${String(index)}`));
    }
    expect(hashes.size).toBe(3);
    for (const { id, ruleSets } of decisions.slice(-60)) {
      const { trace } = await tollgate.decisions.getDecision({ id, withTrace: true });
      const prefix = `v${String(ruleSets[0]?.version)}-`;
      expect(trace?.rules.filter(({ rule: name }) => !name.startsWith(prefix))).toEqual([]);
      expect(trace?.rules).toHaveLength(12);
      expect(trace?.facts.find(({ fact }) => fact === 'velocity')?.paramsJson).toContain(
        `"window":"${String(ruleSets[0]?.version)}h"`,
      );
    }
  });

  it('are in force for whatever is asked after the answer to the activation', async () => {
    for (const number of [1, 2, 3, 2, 1]) {
      await tollgate.rules.activateVersion({ ...PUBLISHED, version: number });
      expect(await active()).toBe(number);
    }
  });

  it('roll back step by step, and are taken out of service', async () => {
    for (const number of [1, 2, 3]) await tollgate.rules.activateVersion({ ...PUBLISHED, version: number });
    const back = await tollgate.rules.rollBack(PUBLISHED);
    expect(back.ruleSet?.activeVersion).toBe(2);
    expect(await active()).toBe(2);
    await tollgate.rules.rollBack(PUBLISHED);
    expect(await active()).toBe(1);
    await tollgate.rules.deactivateRuleSet(PUBLISHED);
    expect(await screen()).toMatchObject({ ruleSets: [], hits: [], outcome: Outcome.ACCEPT });
    await tollgate.rules.rollBack(PUBLISHED);
    expect(await active()).toBe(1);
  });

  it('with nothing before them do not roll back', async () => {
    await tollgate.activate(ruleSet('alone', [rule('alone', ALWAYS)]));
    const alone = { ruleSet: 'alone', actor: 'test', reason: 'test' };
    expect(await failure(tollgate.rules.rollBack(alone))).toBe('NOTHING_TO_ROLL_BACK');
    expect((await screen()).ruleSets.map(({ ruleSet: id }) => id)).toEqual(['alone', 'switched']);
    await tollgate.rules.deactivateRuleSet(alone);
  });

  it('that are broken never replace the running one, and say where they are', async () => {
    const before = await active();
    const broken: readonly (readonly [string, object | string])[] = [
      ['not JSON', '{'],
      ['unknown fact', ruleSet('switched', [rule('a', [{ fact: 'no.such', operator: 'equal', value: 1 }])])],
      ['wrong type', ruleSet('switched', [rule('a', [{ ...ALWAYS[0], value: '10' }])])],
      [
        'unknown list',
        ruleSet('switched', [
          rule('a', [{ fact: 'list', params: { list: 'nowhere' }, operator: 'equal', value: true }]),
        ]),
      ],
      ['no rules', { id: 'switched', description: 'd', owner: 'o' }],
      ['the same name twice', ruleSet('switched', [rule('a', ALWAYS), rule('a', ALWAYS)])],
    ];
    for (const [what, document] of broken) {
      const documentJson = typeof document === 'string' ? document : JSON.stringify(document);
      const call = tollgate.rules.createVersion({ documentJson, author: 'test' });
      await expect(call, what).rejects.toMatchObject({
        code: 'RULE_SET_INVALID',
        violations: expect.arrayContaining([expect.objectContaining({ field: expect.stringMatching(/.+/) })]),
      });
      expect((await tollgate.rules.validateRuleSet({ documentJson })).valid).toBe(false);
    }
    const unknown = { ...PUBLISHED, version: 99 };
    expect(await failure(tollgate.rules.activateVersion(unknown))).toBe('VERSION_NOT_FOUND');
    expect(await failure(tollgate.rules.activateVersion({ ...unknown, ruleSet: 'nowhere' }))).toBe(
      'RULE_SET_NOT_FOUND',
    );
    expect(await active()).toBe(before);
    expect((await tollgate.rules.listVersions({ ruleSet: 'switched' })).versions).toHaveLength(3);
  });

  it('are refused for every fault at once: of the request, of the document, and where it holds a card number', async () => {
    const unknown = ruleSet('switched', [rule('a', [{ fact: 'no.such', operator: 'equal', value: 1 }])]);
    const secret = ruleSet('switched', [rule('a', [{ ...ALWAYS[0], value: '4532 0151 1283 0366' }])]);
    const fields = (call: Promise<unknown>): Promise<readonly string[]> =>
      call.then(
        () => [],
        (error: TollgateError) => error.violations.map(({ field }) => field),
      );
    const inRule = (path: string): string => `rule a at /rules/0/conditions/all/0/${path}`;
    const create = (document: object | string, author = 'test') =>
      fields(
        tollgate.rules.createVersion({
          documentJson: typeof document === 'string' ? document : JSON.stringify(document),
          author,
        }),
      );
    expect(await create(unknown, '')).toEqual(['author', inRule('fact')]);
    expect(await create(secret)).toEqual([inRule('value')]);
    expect(await create('{')).toEqual(['document_json']);
    expect(await create('', '')).toEqual(['document_json', 'author']);
    const diff = (toDocumentJson: string, more: object = {}) =>
      fields(tollgate.rules.diffVersions({ ruleSet: 'switched', fromVersion: 1, toDocumentJson, ...more }));
    expect(await diff('{')).toEqual(['to_document_json']);
    expect(await diff(JSON.stringify(unknown), { toVersion: 2 })).toEqual(['to_version', inRule('fact')]);
  });

  it('change by the etag that was seen only: of many at once one gets through', async () => {
    const seen = await etag();
    const codes = await Promise.all(
      range(8).map((index) =>
        failure(tollgate.rules.activateVersion({ ...PUBLISHED, version: 2 + (index % 2), etag: seen })),
      ),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(['none', 'STALE_ETAG']));
    expect(await failure(tollgate.rules.rollBack({ ...PUBLISHED, etag: seen }))).toBe('STALE_ETAG');
    const now = await etag();
    expect(now).not.toBe(seen);
    for (const other of ['stale', `0${now}`, `${now}.0`, '-1'])
      expect(await failure(tollgate.rules.rollBack({ ...PUBLISHED, etag: other }))).toBe('STALE_ETAG');
    await tollgate.rules.rollBack({ ...PUBLISHED, etag: now });
  });

  it('are stored once for the same document, and by the hash that was seen', async () => {
    const create = (number: number, expectedLatestHash = '') =>
      tollgate.rules.createVersion({
        documentJson: JSON.stringify(version(number)),
        author: 'test',
        expectedLatestHash,
      });
    const again = await create(3);
    expect(again).toMatchObject({ created: false, version: { version: 3 } });
    expect(await failure(create(4, 'f'.repeat(64)))).toBe('STALE_ETAG');
    const codes = await Promise.all([4, 5, 6].map((number) => failure(create(number, again.version?.hash))));
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
    expect(codes.filter((code) => code === 'STALE_ETAG')).toHaveLength(2);
    // The same call again, as after an answer that was lost.
    const won = [4, 5, 6][codes.indexOf('none')] ?? 0;
    expect(await create(won, again.version?.hash)).toMatchObject({ created: false, version: { version: 4 } });
  });

  it('created at once without a hash are all taken: the same document once, different ones one after the other', async () => {
    const create = (number: number) =>
      tollgate.rules.createVersion({ documentJson: JSON.stringify(version(number)), author: 'test' });
    const same = await Promise.all(range(8).map(() => create(10)));
    expect(same.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(same.map(({ version: stored }) => stored?.version)).size).toBe(1);
    const others = await Promise.all(range(8).map((index) => create(20 + index)));
    const first = (same[0]?.version?.version ?? 0) + 1;
    expect(others.map(({ version: stored }) => stored?.version).toSorted((a = 0, b = 0) => a - b)).toEqual(
      range(8).map((index) => first + index),
    );
  });

  it('and what is active outlive a restart', async () => {
    const before = await screen();
    await tollgate.close();
    tollgate = await place.start();
    const after = await screen();
    expect(after.ruleSets).toEqual(before.ruleSets);
  });
});

onBothStores('an empty store', (createPlace) => {
  let place: Place;
  afterEach(() => place.remove());

  it('starts with the shipped rule sets active, put there by `shipped`', async () => {
    place = createPlace();
    const tollgate = await place.start({ rules: '' });
    expect(tollgate.service.seeded.toSorted()).toEqual(SHIPPED);
    const { ruleSets } = await tollgate.screen('first', payment());
    expect(ruleSets.map(({ ruleSet: id, version: number }) => [id, number])).toEqual(
      SHIPPED.map((id) => [id, 1]),
    );
    await tollgate.close();
    const again = await place.start({ rules: '' });
    expect(again.service.seeded).toEqual([]);
    await place.withStore(async ({ rules }) => {
      for (const id of SHIPPED)
        expect(await rules.publications(id, 10, undefined)).toMatchObject([
          { actor: 'shipped', from: 0, to: 1, revision: 1, step: 'activate' },
        ]);
    });
  });
});

onMongo('an empty store that two instances start on together, on MongoDB', (createPlace) => {
  let place: Place;
  afterEach(() => place.remove());

  it('has every shipped rule set active once, on both', async () => {
    place = createPlace();
    const instances = await Promise.all([place.start({ rules: '' }), place.start({ rules: '' })]);
    expect(instances.flatMap(({ service }) => service.seeded).toSorted()).toEqual(SHIPPED);
    const one = instances[0]!;
    const { ruleSets } = await one.rules.listRuleSets({});
    expect(
      ruleSets.map(({ id, activeVersion, latestVersion }) => [id, activeVersion, latestVersion]),
    ).toEqual(SHIPPED.map((id) => [id, 1, 1]));
  });
});
