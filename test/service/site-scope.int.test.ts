import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventKind } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { clientsWith, makeKeys, startAsking, type Clients } from './callers.js';
import { ListKind, ListType } from '../../src/gen/tollgate/v1/list_service_pb.js';
import { Waivable } from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
import {
  anyCase,
  failure,
  NOON,
  onBothStores,
  once,
  payment,
  rule,
  ruleSet,
  type EventInit,
  type Instance,
  type Place,
} from './harness.js';

const CALLERS = {
  es: { roles: ['site'], sites: ['es'] },
  fr: { roles: ['site'], sites: ['fr'] },
  both: { roles: ['viewer', 'operator'], sites: ['es', 'fr'] },
  reader: { roles: ['viewer'], sites: ['es'] },
  spain: { roles: ['operator'], sites: ['es'] },
  elsewhere: { roles: ['viewer'], sites: ['fr', 'de'] },
  all: { roles: ['operator'] },
  author: { roles: ['author'] },
  approver: { roles: ['approver'] },
  risk: { roles: ['author', 'operator'] },
} as const;

onBothStores('a key that is bound to sites', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  let as: Readonly<Record<keyof typeof CALLERS, Clients>>;
  /** Decisions of either site. */
  let ids: Readonly<Record<'es' | 'fr', string>>;

  const screen = (site: string, requestId: string) => ({
    requestId,
    payment: payment({ site, at: NOON, card: `card-${site}` }),
  });
  const declined = (more: EventInit): EventInit => ({
    kind: EventKind.DECLINED,
    eventTime: timestampFromMs(NOON),
    ...more,
  });

  beforeAll(async () => {
    place = createPlace();
    const keys = await makeKeys(place, CALLERS);
    tollgate = await startAsking(place);
    const clients = Object.entries(keys).map(([name, key]) => [name, clientsWith(tollgate, key)]);
    as = Object.fromEntries(clients) as typeof as;
    const made = async (site: 'es' | 'fr'): Promise<string> =>
      (await as[site].decisions.screen(screen(site, 'order-1'))).decision?.id ?? '';
    ids = { es: await made('es'), fr: await made('fr') };
  });
  afterAll(async () => {
    for (const { channel } of Object.values(as)) channel.close();
    await place.remove();
  });

  it('decides payments of its own, alone and in a stream', async () => {
    expect(await failure(as.es.decisions.screen(screen('fr', 'order-2')))).toBe('SITE_NOT_PERMITTED');
    const entries = [screen('es', 'order-3'), screen('fr', 'order-3'), screen('es', 'order-4')].map(
      (value) => ({
        entry: { case: 'screen' as const, value },
      }),
    );
    const results: string[] = [];
    for await (const answer of as.es.decisions.screenStream(once({ entries }))) {
      for (const { result } of answer.results)
        results.push(
          result.case === 'error' ? `${result.value.code} ${result.value.message}` : (result.case ?? ''),
        );
    }
    expect(results).toEqual(['screen', '7 site fr is another one: es is bound to es', 'screen']);
    expect(await failure(as.all.decisions.getDecision({ site: 'fr', requestId: 'order-3' }))).toBe(
      'DECISION_NOT_FOUND',
    );
  });

  it('reports on its own, and can neither touch nor find out those of others by naming their decisions', async () => {
    const unknown = `${ids.fr.slice(0, -1)}${ids.fr.endsWith('0') ? '1' : '0'}`;
    const own = payment({ site: 'es', at: NOON });
    const results = await as.es.record(
      declined({ eventId: 'e-1', site: 'es', decisionId: ids.es }),
      declined({ eventId: 'e-2', site: 'fr', decisionId: ids.fr }),
      declined({ eventId: 'e-3', site: 'es', decisionId: ids.fr, payment: own }),
      declined({ eventId: 'e-4', site: 'es', decisionId: unknown, payment: own }),
      declined({ eventId: 'e-5', site: 'es', requestId: 'not-yet', payment: own }),
    );
    expect(results.map(({ error }) => error?.message)).toEqual([
      undefined,
      'site fr is another one: es is bound to es',
      'decision_id: is no decision of this site',
      'decision_id: is no decision of this site',
      undefined,
    ]);
  });

  describe.each([
    ['reads', (id: object, name: 'fr' | 'reader' | 'both') => as[name].decisions.getDecision(id)],
    ['explains', (id: object, name: 'fr' | 'reader' | 'both') => as[name].decisions.explainDecision(id)],
    ['replays', (id: object, name: 'fr' | 'reader' | 'both') => as[name].decisions.replayDecision(id)],
  ] as const)('%s', (_, call) => {
    const message = async (answer: Promise<unknown>): Promise<string> =>
      answer.then(
        () => '',
        (error: unknown) => String(error),
      );

    it('decisions of its own, by id and by request id', async () => {
      for (const id of [{ id: ids.es }, { site: 'es', requestId: 'order-1' }]) {
        expect(await message(call(id, 'reader'))).toBe('');
        expect(await message(call(id, 'both'))).toBe('');
      }
    });

    it('of others as little as of none', async () => {
      const none = `${ids.fr.slice(0, -2)}00`;
      const [other, unknown] = [
        await message(call({ id: ids.fr }, 'reader')),
        await message(call({ id: none }, 'reader')),
      ];
      expect(other).toBe(`TollgateError: no decision ${ids.fr}`);
      expect(unknown.replace(none, '')).toBe(other.replace(ids.fr, ''));
      const byRequest = await message(call({ site: 'fr', requestId: 'order-1' }, 'reader'));
      expect(byRequest).toBe('TollgateError: no decision of site fr with request id order-1');
      expect((await message(call({ site: 'fr', requestId: 'order-9' }, 'reader'))).replace('9', '1')).toBe(
        byRequest,
      );
    });
  });

  it('with the role site alone reads no traces', async () => {
    expect(await failure(as.es.decisions.getDecision({ id: ids.es }))).toBe('none');
    expect(await failure(as.es.decisions.getDecision({ id: ids.es, withTrace: true }))).toBe('ROLE_REQUIRED');
    expect(await failure(as.reader.decisions.getDecision({ id: ids.es, withTrace: true }))).toBe('none');
  });

  it('lists its own: of one site without saying so, of several only when it names one', async () => {
    const sites = async (name: keyof typeof CALLERS, site = ''): Promise<string[]> => {
      const { decisions } = await as[name].decisions.listDecisions({ site, pageSize: 50 });
      return [...new Set(decisions.map(({ binding }) => binding?.site ?? ''))].toSorted();
    };
    expect(await sites('es')).toEqual(['es']);
    expect(await sites('es', 'es')).toEqual(['es']);
    expect(await sites('both', 'fr')).toEqual(['fr']);
    expect(await sites('all')).toEqual(['es', 'fr']);
    expect(await failure(sites('es', 'fr'))).toBe('SITE_NOT_PERMITTED');
    expect(await failure(sites('both'))).toBe('INVALID_REQUEST');
  });

  it('puts rules live at its own sites, and takes them back; at others, groups and all it does not', async () => {
    const always = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
    const { rules } = as.risk;
    const documentJson = JSON.stringify(ruleSet('of-sites', [rule('always', always)]));
    await rules.createVersion({ documentJson, casesJson: anyCase(false) });
    const version = { ruleSet: 'of-sites', version: 1 };
    const waived = { ...version, waives: [Waivable.BACKTEST, Waivable.APPROVAL], reason: 'a test' };
    expect(await failure(as.both.rules.waiveEvidence(waived))).toBe('SITE_NOT_PERMITTED');
    await rules.waiveEvidence(waived);
    const settings = { share: 0.1 };
    const reason = 'a test';
    const steps = (scope: string): (() => Promise<unknown>)[] => [
      () => as.both.rules.startShadow({ ...version, scope }),
      () => as.both.rules.stopShadow({ ...version, scope }),
      () => as.both.rules.startCanary({ ...version, scope, settings, reason }),
      () => as.both.rules.getCanaryReport({ ...version, scope }),
      () => as.both.rules.stopCanary({ ...version, scope }),
      () => as.both.rules.activateVersion({ ...version, scope, reason }),
      () => as.both.rules.rollBack({ ...version, scope }),
      () => as.both.rules.activateVersion({ ...version, scope, reason }),
      () => as.both.rules.deactivateRuleSet({ ...version, scope }),
    ];
    for (const scope of ['', 'all', 'group:eu', 'site:de'])
      for (const step of steps(scope)) expect(await failure(step())).toBe('SITE_NOT_PERMITTED');
    for (const step of steps('site:fr')) expect(await failure(step())).toBe('none');
    const { publications } = await rules.listPublications({ ruleSet: 'of-sites' });
    expect(new Set(publications.map(({ scope, actor }) => `${scope} ${actor}`))).toEqual(
      new Set(['site:fr both']),
    );
    expect(publications).toHaveLength(8);
  });

  it('is not told what is published for other sites alone', async () => {
    const always = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
    const { rules } = as.risk;
    const documentJson = JSON.stringify(ruleSet('of-one', [rule('always', always)]));
    await rules.createVersion({ documentJson, casesJson: anyCase(false) });
    const version = { ruleSet: 'of-one', version: 1 };
    await rules.waiveEvidence({
      ...version,
      waives: [Waivable.BACKTEST, Waivable.APPROVAL],
      reason: 'a test',
    });
    await rules.activateVersion({ ...version, scope: 'site:fr', reason: 'a test' });
    await rules.startShadow({ ...version, scope: 'all' });
    const told = async (name: 'reader' | 'elsewhere' | 'all'): Promise<string[][]> => {
      const { rules } = as[name];
      const { ruleSets } = await rules.listRuleSets({});
      const { versions } = await rules.listVersions(version);
      const { publications } = await rules.listPublications(version);
      const { owed } = await rules.listOwedEvidence({});
      const got = [(await rules.getVersion(version)).version, (await rules.getProof(version)).version];
      return [
        ruleSets.find(({ id }) => id === 'of-one')?.staged ?? [],
        ...[...versions, ...got].map((one) => one?.staged ?? []),
        publications,
        owed.flatMap(({ ruleSet, staged }) => (ruleSet === 'of-one' && staged ? [staged] : [])),
      ].map((found) => found.map(({ scope }) => scope).toSorted());
    };
    const stages = (...scopes: string[]): string[][] => Array.from({ length: 5 }, () => scopes);
    expect(await told('all')).toEqual([...stages('all', 'site:fr'), ['site:fr']]);
    expect(await told('elsewhere')).toEqual([...stages('all', 'site:fr'), ['site:fr']]);
    expect(await told('reader')).toEqual([...stages('all'), []]);
    // Nor in the answer to what it does itself.
    const { ruleSet: done } = await as.both.rules.startShadow({ ...version, scope: 'site:es' });
    expect(done?.staged.map(({ scope }) => scope).toSorted()).toEqual(['all', 'site:es', 'site:fr']);
    const stopped = await as.spain.rules.stopShadow({ ...version, scope: 'site:es' });
    expect(stopped.ruleSet?.staged.map(({ scope }) => scope)).toEqual(['all']);
  });

  it('goes through its list page by page', async () => {
    const first = await as.es.decisions.listDecisions({ pageSize: 1 });
    expect(first.nextPageToken).not.toBe('');
    const second = await as.es.decisions.listDecisions({ pageSize: 1, pageToken: first.nextPageToken });
    expect(second.decisions[0]?.binding?.site).toBe('es');
    const { nextPageToken: pageToken } = first;
    expect(await failure(as.fr.decisions.listDecisions({ pageSize: 1, pageToken }))).toBe('INVALID_REQUEST');
  });

  it('is told of the decisions that a list had a part in its own only', async () => {
    const list = 'cards';
    await as.author.lists.createList({ list: { id: list, type: ListType.CARD, kind: ListKind.CUSTOM } });
    const entries = [{ value: 'card-es' }, { value: 'card-fr' }];
    await as.author.lists.addEntries({ list, entries });
    const reads = { fact: 'list', params: { list }, operator: 'equal', value: true };
    const { version } = await as.author.rules.createVersion({
      documentJson: JSON.stringify(ruleSet('reading', [rule('listed', [reads])])),
      casesJson: anyCase(true),
    });
    const said = { ruleSet: 'reading', version: 1 };
    await as.approver.rules.approveVersion({ ...said, hash: version?.hash ?? '' });
    await as.all.rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST], reason: 'a test' });
    await as.all.rules.activateVersion({ ...said, reason: 'a test' });
    await as.es.decisions.screen(screen('es', 'listed'));
    await as.fr.decisions.screen(screen('fr', 'listed'));
    const told = async (name: 'reader' | 'both' | 'all' | 'elsewhere'): Promise<string[]> => {
      const { decisions } = await as[name].lists.listUsage({ list });
      return decisions.map(({ decision }) => decision?.binding?.site ?? '').toSorted();
    };
    expect(await told('all')).toEqual(['es', 'fr']);
    expect(await told('both')).toEqual(['es', 'fr']);
    expect(await told('reader')).toEqual(['es']);
    expect(await told('elsewhere')).toEqual(['fr']);
  });

  it('is not told of snoozes and control groups of other sites', async () => {
    const always = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
    const rules = [rule('stopping', always, 'reject')];
    await as.author.rules.createVersion({ documentJson: JSON.stringify(ruleSet('excepted', rules)) });
    const until = timestampFromMs(Date.now() + 3_600_000);
    const named = { ruleSet: 'excepted', rule: 'stopping', until, reason: 'a test' };
    const bounds = { share: 0.01, maxCountPerDay: 1, maxAmountPerDay: { minor: 100n, currency: 'EUR' } };
    for (const scope of ['all', 'group:eu', 'site:es', 'site:fr']) {
      await as.all.snoozes.createSnooze({ ...named, scope });
      await as.all.controls.setControlGroup({ group: { ...named, ...bounds, scope } });
    }
    const told = async (name: 'reader' | 'both' | 'all' | 'elsewhere'): Promise<string[][]> => {
      const { snoozes } = await as[name].snoozes.listSnoozes({});
      const { groups } = await as[name].controls.listControlGroups({});
      return [snoozes, groups].map((found) => found.map(({ scope }) => scope));
    };
    const each = (...scopes: string[]): string[][] => [scopes, scopes];
    expect(await told('all')).toEqual(each('site:fr', 'site:es', 'group:eu', 'all'));
    expect(await told('both')).toEqual(each('site:fr', 'site:es', 'group:eu', 'all'));
    expect(await told('reader')).toEqual(each('site:es', 'group:eu', 'all'));
    expect(await told('elsewhere')).toEqual(each('site:fr', 'group:eu', 'all'));
  });
});
