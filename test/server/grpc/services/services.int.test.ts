import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import type { DecisionQuery } from '../../../../src/decisions/decisions.js';
import type { Explanation, SourceExplanation } from '../../../../src/decisions/explanation.js';
import { invalidRequest, TollgateError } from '../../../../src/errors/errors.js';
import type { ListEntry, ListInfo } from '../../../../src/facts/lists/list-store.js';
import {
  Outcome,
  RuleState,
  ScreenRequestSchema,
} from '../../../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  ImportEntriesRequestSchema,
  ListKind,
  ListService,
  ListType,
} from '../../../../src/gen/tollgate/v1/list_service_pb.js';
import { RuleService } from '../../../../src/gen/tollgate/v1/rule_service_pb.js';
import { SiteService } from '../../../../src/gen/tollgate/v1/site_service_pb.js';
import { createClient } from '../../../../src/server/grpc/bridge.js';
import type { ImportSettings } from '../../../../src/facts/lists/lists-keeping.js';
import type { EntryInput } from '../../../../src/facts/lists/entry-input.js';
import type { RuleSetInfo, VersionInfo } from '../../../../src/rules/rule-set-info.js';
import { fakeApplication } from '../../support/fakes.js';
import { sampleRecord } from '../../support/records.js';
import { sampleRequest } from '../../support/requests.js';
import { start } from '../../support/start.js';

const AT = 1_767_225_600_000;

const LIST_SOURCE: SourceExplanation = {
  origin: 'list',
  id: 'stolen',
  revision: 4,
  asOf: AT,
  age: 212.4,
  text: 'list stolen',
};
/** What stands in an explanation beside decision, rules and summary; one of each. */
const EXPLAINED: Omit<Explanation, 'record' | 'rules' | 'summary'> = {
  headline: ['review: velocity.card'],
  nearMisses: [
    {
      ruleSet: 'velocity',
      rule: 'card-day',
      description: 'Many',
      state: 'no-hit',
      asks: 'reject',
      threeDs: 'none',
      reason: 'velocity.day',
      score: 5,
      changes: [
        {
          fact: 'velocity',
          params: { by: 'card' },
          path: '',
          kind: 'number',
          actual: 4,
          needed: 5,
          gap: 1,
          share: 0.2,
          text: 'was 4',
        },
      ],
      held: 2,
      instead: { outcome: 'reject', threeDs: 'none' },
      text: 'nearly',
    },
    {
      ruleSet: 'behaviour',
      rule: 'odd',
      description: '',
      state: 'unknown',
      asks: 'score',
      threeDs: 'request',
      reason: 'odd',
      score: 20,
      changes: [],
      held: 0,
      instead: undefined,
      text: '',
    },
  ],
  scores: [
    {
      ruleSet: 'behaviour',
      score: 62,
      unknown: 20,
      thresholds: [
        { score: 60, outcome: 'review', reason: 'odd', threeDs: 'challenge', reached: true },
        { score: 110, outcome: 'reject', reason: 'alien', reached: false },
      ],
      text: '62',
    },
  ],
  limits: [
    {
      use: { ...sampleRecord().limits[0]! },
      description: 'A day',
      roomLeft: -5,
      asks: 'reject',
      text: '5 too much',
    },
  ],
  facts: [
    {
      fact: 'list',
      params: { list: 'stolen' },
      value: false,
      source: 'list',
      sources: [LIST_SOURCE],
      asOf: AT,
      age: 212.4,
      membership: { since: AT, until: undefined, actor: 'ann', reason: 'ring', source: 'file' },
      readBy: ['lists/stolen'],
      text: 'not on it',
    },
  ],
  sources: [
    { origin: 'bins', id: 'ab', revision: undefined, asOf: undefined, age: undefined, text: 'BINs' },
    LIST_SOURCE,
  ],
  versions: [
    {
      ruleSet: 'velocity',
      version: 3,
      hash: 'a'.repeat(64),
      provenance: {
        author: 'ana',
        comment: 'tighter',
        createdAt: AT,
        activation: { revision: 7, step: 'roll-back', actor: 'bob', reason: 'false alarms', at: AT + 1 },
        approvals: [{ actor: 'eve', comment: 'fine', at: AT }],
      },
      text: 'by ana',
    },
    { ruleSet: 'lists', version: 7, hash: 'c'.repeat(64), provenance: undefined, text: 'gone' },
  ],
};

describe('DecisionService reads', () => {
  test('a decision with its request and its trace', async () => {
    const request = sampleRequest();
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          get: async (ref) => ({
            record: sampleRecord({ requestId: 'requestId' in ref ? ref.requestId : ref.id }),
            raw: toBinary(ScreenRequestSchema, request),
            facts: [
              { fact: 'velocity', params: { window: '1h', by: 'card' }, value: 3, source: 'velocity' },
              { fact: 'card.bin', params: undefined, value: undefined, source: 'request' },
            ],
            rules: [{ ruleSet: 'velocity', rule: 'card-hourly', state: 'unknown' }],
            seen: [{ log: 2, seq: 17 }],
            evaluationUs: 12.6,
          }),
        },
      }),
    );
    const bare = await decisions.getDecision({ id: '0123456789abcdefghjkmnpqrs' });
    expect(bare.decision?.requestId).toBe('0123456789abcdefghjkmnpqrs');
    expect(bare.request).toEqual(request);
    expect(bare.trace).toBeUndefined();
    const full = await decisions.getDecision({ site: 'shop-es', requestId: 'r-9', withTrace: true });
    expect(full.decision?.requestId).toBe('r-9');
    expect(full.trace).toMatchObject({
      facts: [
        { fact: 'velocity', paramsJson: '{"by":"card","window":"1h"}', valueJson: '3', source: 'velocity' },
        { fact: 'card.bin', paramsJson: '', valueJson: '' },
      ],
      rules: [{ ruleSet: 'velocity', rule: 'card-hourly', state: RuleState.UNKNOWN }],
      seen: [{ log: 2, sequence: 17n }],
      evaluationUs: 13n,
    });
  });

  test('a listing by filters, page by page', async () => {
    const queries: DecisionQuery[] = [];
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          list: async (query) => {
            queries.push(query);
            return { records: [sampleRecord(), sampleRecord()], next: 'more' };
          },
        },
      }),
    );
    const request = {
      site: 's',
      outcomes: [Outcome.REJECT, Outcome.BLOCK],
      from: timestampFromMs(AT),
      rule: 'a/b',
      degraded: true,
    };
    const answer = await decisions.listDecisions(request);
    expect(answer).toMatchObject({ decisions: [{}, {}] });
    const pageToken = answer.nextPageToken;
    await decisions.listDecisions({ ...request, pageToken, pageSize: 7 });
    await expect(decisions.listDecisions({ ...request, pageToken, site: 't' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'page_token' }],
    });
    const asked = {
      site: 's',
      outcomes: ['reject', 'block'],
      from: AT,
      to: undefined,
      rule: 'a/b',
      degraded: true,
    };
    expect(queries).toMatchObject([
      { ...asked, pageSize: 50, pageToken: '' },
      { ...asked, pageSize: 7, pageToken: 'more' },
    ]);
  });

  test('an explanation with its tree, and a replay', async () => {
    const leaf = {
      kind: 'test',
      name: '',
      result: 'true',
      fact: 'velocity',
      params: { by: 'card' },
      path: '',
      operator: 'greaterThan',
      expected: 3,
      actual: 7,
      text: '7 is more than 3',
      children: [],
    } as const;
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          explain: async () => ({
            record: sampleRecord(),
            rules: [
              {
                ruleSet: 'velocity',
                rule: 'card-hourly',
                description: 'Many',
                state: 'hit',
                conditions: {
                  ...leaf,
                  kind: 'all',
                  fact: '',
                  params: undefined,
                  expected: undefined,
                  actual: undefined,
                  children: [leaf],
                },
                text: 'hit',
              },
            ],
            summary: ['It was reviewed.'],
            ...EXPLAINED,
          }),
          replay: async () => ({
            recorded: sampleRecord(),
            replayed: sampleRecord({ outcome: 'accept' }),
            identical: false,
            differences: ['outcome: review, now accept'],
          }),
        },
      }),
    );
    const ref = { site: 'shop-es', requestId: 'r-1' };
    expect(await decisions.explainDecision(ref)).toMatchObject({
      summary: ['It was reviewed.'],
      rules: [
        {
          state: RuleState.HIT,
          conditions: {
            kind: 'all',
            expectedJson: '',
            children: [{ kind: 'test', paramsJson: '{"by":"card"}', expectedJson: '3', actualJson: '7' }],
          },
        },
      ],
    });
    const explained = await decisions.explainDecision(ref);
    expect(explained).toMatchObject({
      headline: ['review: velocity.card'],
      threeDsCannotRun: '',
      nearMisses: [
        {
          state: RuleState.NO_HIT,
          asks: Outcome.REJECT,
          changes: [
            {
              kind: 'number',
              paramsJson: '{"by":"card"}',
              actualJson: '4',
              neededJson: '5',
              gap: 1,
              gapShare: 0.2,
            },
          ],
          held: 2,
          thenOutcome: Outcome.REJECT,
        },
        { state: RuleState.UNKNOWN, asks: Outcome.UNSPECIFIED, score: 20, thenOutcome: Outcome.UNSPECIFIED },
      ],
      scores: [
        {
          score: 62,
          unknown: 20,
          thresholds: [
            { score: 60, outcome: Outcome.REVIEW, reached: true },
            { score: 110, reached: false },
          ],
        },
      ],
      limits: [{ use: { limit: 'account-day' }, roomLeftMinor: -5n, asks: Outcome.REJECT }],
      facts: [
        {
          value: { fact: 'list', valueJson: 'false', source: 'list' },
          sources: [1],
          ageMs: 212n,
          membership: { since: timestampFromMs(AT), actor: 'ann', reason: 'ring' },
        },
      ],
      sources: [
        { origin: 'bins' },
        { origin: 'list', id: 'stolen', revision: 4n, asOf: timestampFromMs(AT) },
      ],
      versions: [
        {
          stored: true,
          author: 'ana',
          activation: { step: 'roll-back', actor: 'bob', revision: 7n },
          approvals: [{ actor: 'eve' }],
        },
        { stored: false, author: '', ref: { ruleSet: 'lists', version: 7 } },
      ],
    });
    expect(explained.sources[0]?.revision).toBeUndefined();
    expect(explained.sources[0]?.asOf).toBeUndefined();
    expect(explained.versions[1]?.activation).toBeUndefined();
    expect(await decisions.replayDecision(ref)).toMatchObject({
      recorded: { outcome: Outcome.REVIEW },
      replayed: { outcome: Outcome.ACCEPT },
      identical: false,
      differences: ['outcome: review, now accept'],
    });
  });
});

describe('RuleService', () => {
  const version: VersionInfo = {
    ruleSet: 'velocity',
    version: 2,
    hash: 'a'.repeat(64),
    author: 'ana',
    comment: 'tighter',
    createdAt: AT,
    active: false,
    editors: [],
    staged: [],
    rules: 7,
  };
  const ruleSet: RuleSetInfo = {
    id: 'velocity',
    description: 'Speed',
    owner: 'risk',
    activeVersion: 1,
    latestVersion: 2,
    revision: 5,
    staged: [],
  };

  test('stores, reads, compares and activates versions', async () => {
    const asked: unknown[] = [];
    const note = <T>(what: unknown, answer: T): Promise<T> => {
      asked.push(what);
      return Promise.resolve(answer);
    };
    const finding = {
      severity: 'warning',
      code: 'always-true',
      rule: 'r',
      path: '/rules/0',
      message: 'm',
    } as const;
    const { channel } = await start(
      fakeApplication({
        ruleSets: {
          create: (input) => note(input, { version, warnings: [finding], created: true, cases: undefined }),
          validate: (document) => note(document, { valid: true, findings: [finding], hash: version.hash }),
          version: (...which) => note(which, { info: version, document: '{"id":"velocity"}' }),
          list: (page) => note(page, { items: [ruleSet], next: 'n' }),
          versions: (...which) => note(which, { items: [version], next: '' }),
          diff: (...which) =>
            note(which, [
              { change: 'changed', rule: 'r', path: '/x', from: 1, to: undefined, text: 't' } as const,
            ]),
          activate: (input) => note(input, ruleSet),
          rollBack: (input) => note(input, { ...ruleSet, activeVersion: 0 }),
          deactivate: (input) => note(input, ruleSet),
        },
      }),
    );
    const rules = createClient(RuleService, channel);
    expect(await rules.createVersion({ documentJson: '{}', author: 'ana', comment: 'c' })).toMatchObject({
      version: { version: 2, rules: 7, createdAt: { seconds: BigInt(AT / 1000) } },
      warnings: [finding],
      created: true,
    });
    expect(await rules.validateRuleSet({ documentJson: '{}' })).toMatchObject({
      valid: true,
      hash: version.hash,
    });
    expect(await rules.getVersion({ ruleSet: 'velocity' })).toMatchObject({
      version: { documentJson: '{"id":"velocity"}' },
    });
    const first = await rules.listRuleSets({});
    expect(first).toMatchObject({ ruleSets: [{ id: 'velocity', activeVersion: 1, etag: '5' }] });
    await rules.listRuleSets({ pageSize: 10, pageToken: first.nextPageToken });
    expect(await rules.listVersions({ ruleSet: 'velocity' })).toMatchObject({
      versions: [{ documentJson: '' }],
    });
    expect(await rules.diffVersions({ ruleSet: 'velocity', fromVersion: 1, toVersion: 2 })).toMatchObject({
      changes: [{ change: 'changed', fromJson: '1', toJson: '' }],
    });
    await rules.diffVersions({ ruleSet: 'velocity', toDocumentJson: '{}' });
    await rules.activateVersion({ ruleSet: 'velocity', version: 2, actor: 'ana', etag: '5' });
    await rules.rollBack({ ruleSet: 'velocity', actor: 'ana', reason: 'why' });
    await rules.deactivateRuleSet({ ruleSet: 'velocity', actor: 'ana' });
    const published = { ruleSet: 'velocity', scope: 'all', actor: 'ana', saysWhy: false };
    expect(asked).toEqual([
      {
        document: '{}',
        cases: '',
        lists: '',
        author: 'ana',
        editors: [],
        comment: 'c',
        expectedLatestHash: '',
      },
      '{}',
      ['velocity', 0],
      { size: 50, token: '' },
      { size: 10, token: 'n' },
      ['velocity', { size: 50, token: '' }],
      ['velocity', 1, 2],
      ['velocity', 0, { document: '{}' }],
      { ...published, reason: '', revision: 5, version: 2 },
      { ...published, reason: 'why', revision: undefined },
      { ...published, reason: '', revision: undefined },
    ]);
  });

  test('a broken document names rule, path and reason', async () => {
    const violations = [
      { field: '/rules/0/conditions', description: 'rule card: unknown-fact: no fact "velocty"' },
    ];
    const { channel } = await start(
      fakeApplication({
        ruleSets: {
          create: async () => {
            throw new TollgateError('RULE_SET_INVALID', 'the document has 1 error', { violations });
          },
        },
      }),
    );
    await expect(
      createClient(RuleService, channel).createVersion({ documentJson: '{}', author: 'ana' }),
    ).rejects.toMatchObject({ code: 'RULE_SET_INVALID', violations });
  });
});

describe('ListService', () => {
  const info: ListInfo = {
    id: 'l',
    type: 'email-domain',
    kind: 'watch',
    description: 'd',
    owner: 'o',
    entries: 3,
    revision: 9,
    settings: 0,
  };
  const entry: ListEntry = {
    value: 'x',
    reason: 'r',
    actor: 'a',
    source: 's',
    validFrom: AT,
    validUntil: Infinity,
  };

  test('makes, changes, asks and streams lists', async () => {
    const ended = { actor: 'bob', reason: 'over' };
    const now = { asOf: undefined, knownAt: undefined, planned: false };
    const asked: unknown[] = [];
    const note = <T>(what: unknown, answer: T): Promise<T> => {
      asked.push(what);
      return Promise.resolve(answer);
    };
    const { channel } = await start(
      fakeApplication({
        lists: {
          create: (list) => note(list, info),
          list: (page) => note(page, { items: [info], next: '' }),
          add: (...what) => note(what, { added: 1, removed: 0, unchanged: 2, revision: 10 }),
          remove: (...what) => note(what, { removed: 1, unknown: 1, revision: 11 }),
          check: (...what) =>
            note(what, { normalised: 'x', entry: what[1] === 'X' ? { ...entry, ended } : undefined }),
          entries: (...what) => note(what, { items: [entry, { ...entry, validUntil: AT + 5 }], next: 'n' }),
          export: async function* (...what) {
            asked.push(what);
            yield [entry];
            yield [entry, entry];
          },
        },
      }),
    );
    const lists = createClient(ListService, channel);
    expect(
      await lists.createList({ list: { id: 'l', type: ListType.EMAIL_DOMAIN, kind: ListKind.WATCH } }),
    ).toMatchObject({
      list: { type: ListType.EMAIL_DOMAIN, kind: ListKind.WATCH, entries: 3n, revision: 9n },
    });
    await lists.listLists({});
    expect(
      await lists.addEntries({
        list: 'l',
        entries: [{ value: 'x', actor: 'ana', validUntil: timestampFromMs(AT) }],
      }),
    ).toMatchObject({ added: 1n, unchanged: 2n, revision: 10n });
    expect(
      await lists.removeEntries({ list: 'l', values: ['x', 'y'], actor: 'ana', reason: 'why' }),
    ).toMatchObject({
      removed: 1n,
      unknown: 1n,
    });
    expect(
      await lists.checkEntry({
        list: 'l',
        value: 'X',
        asOf: timestampFromMs(AT),
        knownAt: timestampFromMs(AT + 1),
      }),
    ).toMatchObject({
      listed: true,
      normalised: 'x',
      entry: { value: 'x', source: 's', endedBy: 'bob', endedReason: 'over' },
    });
    expect(await lists.checkEntry({ list: 'l', value: 'Y' })).toMatchObject({ listed: false });
    const page = await lists.listEntries({ list: 'l', pageSize: 2, planned: true });
    expect(page.entries.map(({ validUntil }) => validUntil)).toEqual([undefined, timestampFromMs(AT + 5)]);
    const exported = [];
    for await (const { entries } of lists.exportEntries({ list: 'l' })) exported.push(entries.length);
    expect(exported).toEqual([1, 2]);
    expect(asked).toEqual([
      { id: 'l', type: 'email-domain', kind: 'watch', description: '', owner: '' },
      { size: 50, token: '' },
      [
        'l',
        [{ value: 'x', reason: '', actor: 'ana', source: 'manual', validFrom: undefined, validUntil: AT }],
        [],
      ],
      ['l', ['x', 'y'], { actor: 'ana', reason: 'why' }, []],
      ['l', 'X', { asOf: AT, knownAt: AT + 1, planned: false }],
      ['l', 'Y', now],
      ['l', { ...now, planned: true }, { size: 2, token: '' }],
      ['l', now],
    ]);
  });

  test('hands on what is wrong whatever the list, so that the list names the rest', async () => {
    const { channel } = await start(
      fakeApplication({
        lists: {
          add: async (_, __, found) => {
            throw invalidRequest([...found, { field: 'entries[1].value', description: 'is no IP' }]);
          },
          remove: async (_, __, ___, found) => {
            throw invalidRequest([...found, { field: 'values[1]', description: 'is no IP' }]);
          },
        },
      }),
    );
    const lists = createClient(ListService, channel);
    await expect(
      lists.addEntries({ list: 'l', entries: [{ value: 'x' }, { value: 'y', actor: 'ana' }] }),
    ).rejects.toMatchObject({ violations: [{ field: 'entries[0].actor' }, { field: 'entries[1].value' }] });
    await expect(lists.removeEntries({ list: 'l', values: ['', 'y'] })).rejects.toMatchObject({
      violations: [{ field: 'values[0]' }, { field: 'actor' }, { field: 'values[1]' }],
    });
    await expect(lists.addEntries({ entries: [{ value: 'x' }] })).rejects.toMatchObject({
      violations: [{ field: 'list' }, { field: 'entries[0].actor' }],
    });
  });

  /** An application that takes imports in, and says how each ended. */
  function importing() {
    const imports: { settings: ImportSettings; entries: EntryInput[]; ended: string }[] = [];
    const application = fakeApplication({
      lists: {
        import: async (settings, batches) => {
          const one = { settings, entries: [] as EntryInput[], ended: 'open' };
          imports.push(one);
          try {
            for await (const batch of batches) one.entries.push(...batch);
            one.ended = 'whole';
          } catch (error) {
            one.ended = 'failed';
            throw error;
          }
          const faults = [
            { field: 'value', description: 'is no e-mail address' },
            { field: 'valid_until', description: 'is required' },
          ];
          const problems = [{ position: 2, value: '?', faults }];
          return { added: 2, removed: 1, unchanged: 0, invalid: 1, problems, revision: 4 };
        },
      },
    });
    return { application, imports };
  }
  const first = {
    list: 'l',
    actor: 'ana',
    source: 'crm',
    replace: true,
    entries: [{ value: 'a' }, { value: '' }],
  };
  const message = (init: Parameters<typeof create<typeof ImportEntriesRequestSchema>>[1]) =>
    create(ImportEntriesRequestSchema, init);

  test('an import streams in; the first message holds the settings', async () => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    async function* messages() {
      yield message(first);
      yield message({ entries: [{ value: 'b', actor: 'bob', source: 'file' }] });
    }
    expect(await createClient(ListService, channel).importEntries(messages())).toMatchObject({
      added: 2n,
      removed: 1n,
      invalid: 1n,
      invalidEntries: [{ position: 2n, value: '?', reason: 'is no e-mail address; valid_until is required' }],
      revision: 4n,
    });
    expect(imports[0]?.settings).toEqual({
      list: 'l',
      replace: true,
      dryRun: false,
      actor: 'ana',
      source: 'crm',
    });
    expect(imports[0]?.entries).toMatchObject([
      { value: 'a', actor: 'ana', source: 'crm' },
      { value: '', actor: 'ana' },
      { value: 'b', actor: 'bob', source: 'file' },
    ]);
  });

  test('a broken entry ends the import as a whole and says which', async () => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    async function* messages() {
      yield message(first);
      yield message({ list: 'other', entries: [{ value: 'b' }, { value: 'x'.repeat(501) }] });
    }
    await expect(createClient(ListService, channel).importEntries(messages())).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [
        { field: 'list', description: 'differs from that of the first message' },
        { field: 'entries[3].value', description: 'longer than 500 characters' },
      ],
    });
    expect(imports[0]?.ended).toBe('failed');
  });

  test('a dry run goes on after a broken entry, and never tells a card number again', async () => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    const ended = { validFrom: timestampFromMs(2), validUntil: timestampFromMs(1) };
    async function* messages() {
      yield message({ ...first, dryRun: true });
      yield message({
        entries: [{ value: '4111 1111 1111 1111' }, { value: 'b' }, { value: 'c', ...ended }],
      });
    }
    await createClient(ListService, channel).importEntries(messages());
    expect(
      imports[0]?.entries.map(({ value, faults }) => [value, faults?.map(({ field }) => field)]),
    ).toEqual([
      ['a', undefined],
      ['', undefined],
      ['', ['value']],
      ['b', undefined],
      ['c', ['valid_until']],
    ]);
  });

  test('settings at fault are named together with the entries that came with them', async () => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    async function* messages() {
      yield message({ list: 'No', entries: [{ value: 'a' }, { value: '4111 1111 1111 1111' }] });
    }
    await expect(createClient(ListService, channel).importEntries(messages())).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'list' }, { field: 'actor' }, { field: 'entries[1].value' }],
    });
    expect(imports).toEqual([]);
  });

  test.each([
    [{ dryRun: true }, ['dry_run']],
    [{ actor: 'bob', source: 'file' }, ['actor', 'source']],
  ])('a later message of an import that says %j is refused', async (later, fields) => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    async function* messages() {
      yield message(first);
      yield message({ ...later, entries: [{ value: 'b' }] });
    }
    await expect(createClient(ListService, channel).importEntries(messages())).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: fields.map((field) => ({ field, description: 'differs from that of the first message' })),
    });
    expect(imports[0]?.ended).toBe('failed');
  });

  test('a later message of an import cannot make a replacement of it, and may repeat the settings', async () => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    async function* messages(later: boolean) {
      yield message({ ...first, replace: false });
      yield message({ ...first, replace: later });
    }
    const lists = createClient(ListService, channel);
    await expect(lists.importEntries(messages(true))).rejects.toMatchObject({
      violations: [{ field: 'replace' }],
    });
    await lists.importEntries(messages(false));
    expect(imports.map(({ entries }) => entries.length)).toEqual([2, 4]);
  });

  test('an import of nothing at all is refused', async () => {
    const { application } = importing();
    const { channel } = await start(application);
    async function* nothing() {}
    await expect(createClient(ListService, channel).importEntries(nothing())).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'list' }],
    });
  });

  test('an import that is cancelled half-way never passes for a whole one', async () => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    const controller = new AbortController();
    async function* messages() {
      yield message(first);
      await expect.poll(() => imports[0]?.entries.length).toBe(2);
      controller.abort();
      await new Promise(() => undefined);
    }
    await expect(
      createClient(ListService, channel).importEntries(messages(), { signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => imports[0]?.ended).toBe('failed');
  });

  test('nor one whose connection breaks', async () => {
    const { application, imports } = importing();
    const { channel } = await start(application);
    async function* messages() {
      yield message(first);
      await expect.poll(() => imports[0]?.entries.length).toBe(2);
      channel.close();
      throw new Error('gone');
    }
    await expect(createClient(ListService, channel).importEntries(messages())).rejects.toThrow();
    await expect.poll(() => imports[0]?.ended).toBe('failed');
  });
});

describe('SiteService', () => {
  test('puts and reads sites and merchants', async () => {
    const asked: unknown[] = [];
    const note = <T>(what: unknown, answer: T): Promise<T> => {
      asked.push(what);
      return Promise.resolve(answer);
    };
    const site = {
      id: 's',
      name: '',
      group: '',
      timeZone: 'UTC',
      country: '',
      currency: '',
      languages: [],
      revision: 3,
    };
    const merchant = {
      id: 'm',
      name: '',
      ownerIdentityHash: '',
      riskGrade: 'C',
      timeZone: 'UTC',
      country: 'MX',
      currency: 'MXN',
      small: true,
      revision: 1,
    };
    const { channel } = await start(
      fakeApplication({
        sites: {
          putSite: (...what) => note(what, site),
          site: (id) => note(id, site),
          listSites: (page) => note(page, { items: [site], next: '' }),
          putMerchant: (...what) => note(what, merchant),
          merchant: async () => {
            throw new TollgateError('MERCHANT_NOT_FOUND', 'no such merchant');
          },
          listMerchants: (page) => note(page, { items: [merchant], next: 'n' }),
        },
      }),
    );
    const sites = createClient(SiteService, channel);
    expect(await sites.putSite({ site: { id: 's', languages: ['es'], etag: '2' } })).toMatchObject({
      site: { id: 's', etag: '3', timeZone: 'UTC' },
    });
    expect(await sites.getSite({ id: 's' })).toMatchObject({ site: { id: 's' } });
    expect(await sites.listSites({})).toMatchObject({ sites: [{ id: 's' }] });
    expect(await sites.putMerchant({ merchant: { id: 'm', riskGrade: 'C', small: true } })).toMatchObject({
      merchant: { riskGrade: 'C', small: true, etag: '1' },
    });
    await expect(sites.getMerchant({ id: 'x' })).rejects.toMatchObject({ code: 'MERCHANT_NOT_FOUND' });
    expect(await sites.listMerchants({})).toMatchObject({
      merchants: [{ id: 'm' }],
      nextPageToken: expect.stringMatching(/n$/),
    });
    expect(asked[0]).toEqual([
      { id: 's', name: '', group: '', timeZone: '', country: '', currency: '', languages: ['es'] },
      2,
    ]);
    expect(asked[3]).toMatchObject([{ id: 'm', timeZone: '', small: true }, undefined]);
  });
});
