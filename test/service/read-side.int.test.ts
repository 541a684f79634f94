import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Outcome,
  RuleState,
  ScreenRequestSchema,
  type Decision,
  type ListDecisionsRequestSchema,
  type StreamResult,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { EventSchema, type Event } from '../../src/gen/tollgate/v1/event_service_pb.js';
import type { ScreenRequest } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import type { Card } from '../../src/gen/tollgate/v1/payment_pb.js';
import { simulateDay } from '../../src/simulate/day.js';
import { failure, onBothStores, rule, ruleSet, type Instance, type Place } from './harness.js';

const PAYMENTS = 300;
const DAY = 24 * 3_600_000;

type Sent =
  | { readonly case: 'screen'; readonly value: ScreenRequest }
  | { readonly case: 'event'; readonly value: Event };
type Query = MessageInitShape<typeof ListDecisionsRequestSchema>;

onBothStores('decisions of a day under the shipped rules', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  /** What was asked and what was decided, in the order sent. */
  const made: { readonly request: ScreenRequest; readonly decision: Decision }[] = [];

  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start({ rules: '' });
    const startMs = Date.UTC(2026, 4, 20);
    const entries: { entry: Sent }[] = [];
    for (const entry of simulateDay({ seed: 4, payments: PAYMENTS, startMs })) {
      if (entry.at > startMs + DAY) break;
      if ('screen' in entry) {
        const { requestId, payment } = entry.screen;
        const value = fromJson(ScreenRequestSchema, { requestId, payment } as JsonValue);
        entries.push({ entry: { case: 'screen' as const, value } });
      } else {
        const value = fromJson(EventSchema, entry.event as JsonValue);
        entries.push({ entry: { case: 'event' as const, value } });
      }
    }
    async function* messages() {
      for (let from = 0; from < entries.length; from += 50) yield { entries: entries.slice(from, from + 50) };
    }
    const results: StreamResult[] = [];
    for await (const answer of tollgate.decisions.screenStream(messages())) results.push(...answer.results);
    for (const [index, { result }] of results.entries()) {
      expect(result.case).not.toBe('error');
      const sent = entries[index]?.entry;
      if (result.case === 'screen' && sent?.case === 'screen' && result.value.decision !== undefined)
        made.push({ request: sent.value, decision: result.value.decision });
    }
  });
  afterAll(() => place.remove());

  it('are of several kinds, so that what follows means something', () => {
    expect(made).toHaveLength(PAYMENTS);
    const outcomes = new Set(made.map(({ decision }) => decision.outcome));
    expect(outcomes.size).toBeGreaterThanOrEqual(2);
    expect(
      new Set(made.flatMap(({ decision }) => decision.hits.map((hit) => hit.rule))).size,
    ).toBeGreaterThan(5);
  });

  const replayAll = async (): Promise<void> => {
    for (let from = 0; from < made.length; from += 50)
      await Promise.all(
        made.slice(from, from + 50).map(async ({ decision }) => {
          const replay = await tollgate.decisions.replayDecision({ id: decision.id });
          expect(replay).toMatchObject({ identical: true, differences: [] });
          expect(replay.recorded).toEqual(decision);
          expect(replay.replayed).toEqual(decision);
        }),
      );
  };

  it('every one replays identical', replayAll);

  it('are read as they were answered, with the request and what they were made from', async () => {
    for (const { request, decision } of made.slice(0, 40)) {
      const read = await tollgate.decisions.getDecision({
        site: request.payment?.site ?? '',
        requestId: request.requestId,
        withTrace: true,
      });
      expect(read.decision).toEqual(decision);
      expect(read.request).toEqual(request);
      const facts = new Map(read.trace?.facts.map((fact) => [`${fact.fact}${fact.paramsJson}`, fact]));
      expect(facts.get('payment.amountMinor')?.valueJson ?? String(request.payment?.amount?.minor)).toBe(
        String(request.payment?.amount?.minor),
      );
      const hits = decision.hits.map((hit) => `${hit.ruleSet}/${hit.rule} ${String(hit.state)}`);
      const states = read.trace?.rules ?? [];
      expect(
        states
          .filter(({ state }) => [RuleState.HIT, RuleState.UNKNOWN, RuleState.ERROR].includes(state))
          .map(({ ruleSet: set, rule: name, state }) => `${set}/${name} ${String(state)}`)
          .toSorted(),
      ).toEqual(hits.toSorted());
      const without = await tollgate.decisions.getDecision({ id: decision.id });
      expect(without.trace).toBeUndefined();
    }
  });

  it('are explained by rule, condition and value', async () => {
    const hit = made.find(({ decision }) => decision.hits.some(({ state }) => state === RuleState.HIT));
    const id = hit?.decision.id ?? '';
    const explained = await tollgate.decisions.explainDecision({ id });
    expect(explained.decision).toEqual(hit?.decision);
    expect(explained.rules.map(({ rule: name }) => name).toSorted()).toEqual(
      hit?.decision.hits.map(({ rule: name }) => name).toSorted(),
    );
    const { trace } = await tollgate.decisions.getDecision({ id, withTrace: true });
    let tests = 0;
    type Node = (typeof explained.rules)[number]['conditions'];
    const check = (node: Node): void => {
      for (const child of node?.children ?? []) check(child);
      if (node?.kind !== 'test' || node.result === 'skipped' || node.path !== '') return;
      const fact = trace?.facts.find((one) => one.fact === node.fact && one.paramsJson === node.paramsJson);
      expect(node.actualJson).toBe(fact?.valueJson);
      expect(node.text).toContain(node.fact);
      tests += 1;
    };
    for (const one of explained.rules) {
      expect(one.conditions?.result).toBe(one.state === RuleState.HIT ? 'true' : 'unknown');
      check(one.conditions);
    }
    expect(tests).toBeGreaterThan(0);
    const all = await tollgate.decisions.explainDecision({ id, allRules: true });
    expect(all.rules.length).toBe(trace?.rules.length);
    expect(all.rules.filter(({ state }) => state === RuleState.NO_HIT).length).toBeGreaterThan(0);
    expect(all.summary.length).toBeGreaterThan(0);
  });

  it('are explained by what nearly happened, where facts and versions came from', async () => {
    let near = 0;
    for (const { decision } of made.slice(0, 20)) {
      const told = await tollgate.decisions.explainDecision({ id: decision.id, maxNearMisses: 3 });
      expect(told.nearMisses.length).toBeLessThanOrEqual(3);
      near += told.nearMisses.length;
      const { trace } = await tollgate.decisions.getDecision({ id: decision.id, withTrace: true });
      for (const { ruleSet: set, rule: name, changes, state } of told.nearMisses) {
        const kept = trace?.rules.find((one) => one.ruleSet === set && one.rule === name);
        expect(kept?.state).toBe(state);
        expect([RuleState.NO_HIT, RuleState.UNKNOWN]).toContain(state);
        for (const { fact, paramsJson, actualJson, neededJson, path } of changes) {
          const value = trace?.facts.find((one) => one.fact === fact && one.paramsJson === paramsJson);
          if (path === '') expect(actualJson).toBe(value?.valueJson);
          expect(neededJson).not.toBe(actualJson);
        }
      }
      for (const { value, sources } of told.facts) {
        expect(sources.length, value?.fact).toBeGreaterThan(0);
        for (const place of sources) expect(told.sources[place]?.text).toBeTruthy();
      }
      const list = told.sources.find(({ origin, id }) => origin === 'list' && id === 'high-risk-countries');
      expect(list?.revision).toBeGreaterThan(0n);
      // What is known of lists follows the store; a payment waits for nothing but the round before.
      expect(Number(list?.ageMs)).toBeGreaterThanOrEqual(0);
      for (const origin of ['geography', 'bins', 'rates'])
        expect(told.sources.find((one) => one.origin === origin)?.id, origin).not.toBe('');
      expect(told.sources.find(({ origin }) => origin === 'geography')?.asOf).toBeDefined();
      expect(told.versions.map(({ ref }) => ref)).toEqual(decision.ruleSets);
      for (const { stored, author, activation, text } of told.versions) {
        expect(stored).toBe(true);
        expect([author, activation?.actor, activation?.step]).toEqual(['shipped', 'shipped', 'activate']);
        expect(text).toContain('by shipped');
      }
    }
    expect(near).toBeGreaterThan(5);
  });

  it('stay explained when their version is not active any more, nor any other', async () => {
    const { decision } = made.find((one) =>
      one.decision.hits.some(({ ruleSet: set }) => set === 'geography'),
    )!;
    const before = await tollgate.decisions.explainDecision({ id: decision.id, allRules: true });
    const by = { ruleSet: 'geography', actor: 'eve', reason: 'archived' };
    await tollgate.rules.deactivateRuleSet(by);
    expect(await tollgate.decisions.explainDecision({ id: decision.id, allRules: true })).toEqual(before);
    await tollgate.rules.activateVersion({ ...by, version: 1 });
  });

  it('that are not there are NOT_FOUND', async () => {
    const { decisions } = tollgate;
    const asked = { site: 'nowhere', requestId: 'nobody' };
    expect(await failure(decisions.getDecision(asked))).toBe('DECISION_NOT_FOUND');
    expect(await failure(decisions.explainDecision(asked))).toBe('DECISION_NOT_FOUND');
    expect(await failure(decisions.replayDecision({ id: '0'.repeat(26) }))).toBe('DECISION_NOT_FOUND');
  });

  describe('are listed newest first', () => {
    const model = (keeps: (one: (typeof made)[number]) => boolean): string[] =>
      made
        .filter(keeps)
        .map(({ decision }) => decision)
        .toSorted(
          (a, b) => timestampMs(b.eventTime!) - timestampMs(a.eventTime!) || Number(b.sequence - a.sequence),
        )
        .map(({ id }) => id);
    const listed = async (query: Query, pageSize = 0): Promise<string[]> => {
      const ids: string[] = [];
      for (let pageToken = ''; ;) {
        const page = await tollgate.decisions.listDecisions({ ...query, pageSize, pageToken });
        if (pageSize > 0) expect(page.decisions.length).toBeLessThanOrEqual(pageSize);
        ids.push(...page.decisions.map(({ id }) => id));
        pageToken = page.nextPageToken;
        if (pageToken === '') return ids;
      }
    };

    it('in pages of any size', async () => {
      for (const size of [0, 7, 100, 1000]) expect(await listed({}, size)).toEqual(model(() => true));
    });

    it('by every filter, alone and together', async () => {
      const some = made[Math.floor(PAYMENTS / 2)]!;
      const site = some.request.payment?.site ?? '';
      const middle = timestampMs(some.decision.eventTime!);
      const at = ({ decision }: (typeof made)[number]): number => timestampMs(decision.eventTime!);
      const hit = made.flatMap(({ decision }) => decision.hits).find(({ state }) => state === RuleState.HIT)!;
      const card = made.find(({ request }) => request.payment?.instrument?.kind.case === 'card')!.request
        .payment!;
      const fingerprintOf = ({ request }: (typeof made)[number]): string => {
        const kind = request.payment?.instrument?.kind;
        return kind?.case === 'card' ? kind.value.paymentAccountReference || kind.value.fingerprint : '';
      };
      const device = some.request.payment?.device?.id ?? '';
      const email = some.request.payment?.customer?.email ?? '';
      const customer = made.find(({ request }) => request.payment?.customer?.id)!.request.payment!.customer!
        .id;
      const fingerprint = fingerprintOf(made.find(({ request }) => request.payment === card)!);
      const has = (wanted: readonly Outcome[]) => (one: (typeof made)[number]) =>
        wanted.includes(one.decision.outcome);
      const cases: readonly (readonly [Query, (one: (typeof made)[number]) => boolean])[] = [
        [{ site }, ({ request }) => request.payment?.site === site],
        [{ outcomes: [Outcome.ACCEPT] }, has([Outcome.ACCEPT])],
        [{ outcomes: [Outcome.REVIEW, Outcome.REJECT, Outcome.BLOCK] }, has([2, 3, 5])],
        [{ from: timestampFromMs(middle) }, (one) => at(one) >= middle],
        [{ to: timestampFromMs(middle) }, (one) => at(one) < middle],
        [{ customerId: customer }, ({ request }) => request.payment?.customer?.id === customer],
        [{ cardFingerprint: fingerprint }, (one) => fingerprintOf(one) === fingerprint],
        [
          { orderId: some.request.payment?.orderId ?? '' },
          ({ request }) => request.payment?.orderId === some.request.payment?.orderId,
        ],
        [{ email: email.toUpperCase() }, ({ request }) => request.payment?.customer?.email === email],
        [
          { ip: some.request.payment?.ip ?? '' },
          ({ request }) => request.payment?.ip === some.request.payment?.ip,
        ],
        [
          { merchant: some.request.payment?.merchant ?? '' },
          ({ request }) => request.payment?.merchant === some.request.payment?.merchant,
        ],
        [{ deviceId: device }, ({ request }) => request.payment?.device?.id === device],
        [
          { rule: `${hit.ruleSet}/${hit.rule}` },
          ({ decision }) =>
            decision.hits.some(
              (one) => one.ruleSet === hit.ruleSet && one.rule === hit.rule && one.state === RuleState.HIT,
            ),
        ],
        [{ degraded: true }, ({ decision }) => decision.flags.includes(3)],
        [
          { site, outcomes: [Outcome.ACCEPT, Outcome.REVIEW], from: timestampFromMs(middle - DAY / 4) },
          (one) => one.request.payment?.site === site && has([1, 2])(one) && at(one) >= middle - DAY / 4,
        ],
        [{ email: 'nobody@nowhere.example' }, () => false],
      ];
      for (const [query, keeps] of cases) {
        const expected = model(keeps);
        for (const size of [0, 3])
          expect(await listed(query, size), JSON.stringify(query, text)).toEqual(expected);
      }
    });
  });

  it('replay and are explained as they were decided, whatever has become of the lists since', async () => {
    const list = 'block-cards';
    const one = made.find(({ request }) => request.payment?.instrument?.kind.case === 'card')!;
    const card = one.request.payment!.instrument!.kind.value as Card;
    const screen = async (requestId: string): Promise<Decision> => {
      const { payment } = one.request;
      const { decision } = await tollgate.decisions.screen({ requestId, payment: payment! });
      return decision!;
    };
    const explained = async (id: string): Promise<string> => {
      const { rules } = await tollgate.decisions.explainDecision({ id, allRules: true });
      const found = rules.find(({ ruleSet, rule: name }) => ruleSet === 'lists' && name === 'block-card');
      return (
        found?.conditions?.children.find(({ paramsJson }) => paramsJson.includes(list))?.actualJson ?? ''
      );
    };
    await tollgate.lists.addEntries({
      list,
      entries: [{ value: card.fingerprint, reason: 'stolen', actor: 'test' }],
    });
    const blocked = await screen('listed');
    await tollgate.lists.removeEntries({
      list,
      values: [card.fingerprint],
      actor: 'test',
      reason: 'a mistake',
    });
    const after = await screen('listed-no-more');
    expect([blocked.outcome, after.outcome === Outcome.BLOCK]).toEqual([Outcome.BLOCK, false]);
    for (const { id } of [blocked, after, one.decision])
      expect(await tollgate.decisions.replayDecision({ id })).toMatchObject({ identical: true });
    expect([await explained(blocked.id), await explained(after.id)]).toEqual(['true', 'false']);
    // Who put it there is told by what was known then, although it has been taken off since.
    const fact = async (id: string) => {
      const { facts } = await tollgate.decisions.explainDecision({ id, allRules: true });
      return facts.find(({ value }) => value?.fact === 'list' && value.paramsJson.includes(`"${list}"`));
    };
    const listed = await fact(blocked.id);
    expect(listed?.membership).toMatchObject({ actor: 'test', reason: 'stolen' });
    expect(timestampMs(listed!.membership!.since!)).toBeLessThanOrEqual(timestampMs(blocked.decidedAt!));
    expect(listed?.membership?.until).toBeUndefined();
    expect(listed?.text).toContain('by test (stolen)');
    expect((await fact(after.id))?.membership).toBeUndefined();
  });

  it('every one replays identical after other versions became active, and after a restart', async () => {
    await tollgate.activate(
      ruleSet('velocity', [
        rule('always', [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }]),
      ]),
    );
    await tollgate.rules.deactivateRuleSet({ ruleSet: 'geography', actor: 'test' });
    await tollgate.close();
    tollgate = await place.start({ rules: '' });
    expect(tollgate.service.seeded).toEqual([]);
    await replayAll();
    const { decision } = await tollgate.decisions.screen({
      requestId: 'after',
      payment: made[0]!.request.payment!,
    });
    expect(decision?.hits.map((hit) => `${hit.ruleSet}/${hit.rule}`)).toContain('velocity/always');
    const { identical } = await tollgate.decisions.replayDecision({ id: decision?.id ?? '' });
    expect(identical).toBe(true);
  });
});

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
