import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StreamResult } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { ClaimReason, EventKind } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { fromRpcStatus } from '../../src/server/grpc/call-failed.js';
import { canonicalJson } from '../../src/rules/document/canonical.js';
import {
  failure,
  NOON,
  onBothStores,
  once,
  payment,
  range,
  rule,
  ruleSet,
  velocity,
  type EventInit,
  type Instance,
  type PaymentInit,
  type Place,
} from './harness.js';

const MINUTE = 60_000;
const QUESTIONS = {
  payments: { fn: 'count', by: 'card', window: '24h' },
  declined: { fn: 'count', by: 'card', window: '24h', events: 'declined' },
  spent: { fn: 'sum', by: 'card', window: '24h', of: 'amount:EUR' },
  claims: { fn: 'count', by: 'card', window: '10d', events: 'refund-claimed' },
  refunded: { fn: 'sum', by: 'card', window: '24h', of: 'amount:EUR', events: 'refunded' },
};
const ASKED = ruleSet(
  'asked',
  Object.entries(QUESTIONS).map(([name, params]) => rule(name, [velocity(params, 'greaterThan', 1e9)])),
);

onBothStores('an event', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  let count = 0;
  const event = (kind: EventKind, more: EventInit = {}): EventInit => ({
    eventId: `event-${String(count++)}`,
    site: 'shop',
    kind,
    eventTime: timestampFromMs(NOON),
    arrivalTime: timestampFromMs(NOON),
    ...more,
  });
  /** What rules see of a card at a moment, by asking with a payment. */
  const seen = async (card: string, at = NOON + MINUTE): Promise<Record<string, number>> => {
    const requestId = `ask-${String(count++)}`;
    await tollgate.screen(requestId, payment({ card, at }));
    return await tracedBy(requestId);
  };
  const tracedBy = async (requestId: string): Promise<Record<string, number>> => {
    const { trace } = await tollgate.decisions.getDecision({ site: 'shop', requestId, withTrace: true });
    const facts = trace?.facts ?? [];
    return Object.fromEntries(
      Object.entries(QUESTIONS).map(([name, params]) => [
        name,
        Number(facts.find(({ paramsJson }) => paramsJson === canonicalJson(params))?.valueJson),
      ]),
    );
  };
  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    await tollgate.activate(ASKED);
  });
  afterAll(() => place.remove());

  it('carries what its payment is known by: declined by card counts', async () => {
    const decision = await tollgate.screen('declined', payment({ card: 'declined', at: NOON }));
    const results = await tollgate.record(
      event(EventKind.DECLINED, { decisionId: decision.id, code: '51' }),
      event(EventKind.DECLINED, { requestId: 'declined', code: '05' }),
      event(EventKind.DECLINED, { payment: payment({ card: 'declined' }), code: '05' }),
    );
    expect(results.map(({ error, repeated }) => ({ error, repeated }))).toEqual(
      range(3).map(() => ({ error: undefined, repeated: false })),
    );
    const sequences = results.map(({ sequence }) => Number(sequence - decision.sequence));
    expect(sequences).toEqual([1, 2, 3]);
    expect(await seen('declined')).toMatchObject({ payments: 1, declined: 3, spent: 1000 });
    expect(await seen('another')).toMatchObject({ payments: 0, declined: 0 });
  });

  it('that comes again is answered repeated and counts once, together, later and after a restart', async () => {
    await tollgate.screen('again', payment({ card: 'again', at: NOON }));
    const declined = event(EventKind.DECLINED, { requestId: 'again', code: '51' });
    const together = (await Promise.all(range(20).map(() => tollgate.record(declined, declined)))).flat();
    expect(together.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(together.map(({ sequence }) => sequence)).size).toBe(1);
    await tollgate.close();
    tollgate = await place.start();
    const [later] = await tollgate.record(declined);
    expect(later).toEqual({ ...together[0], repeated: true });
    expect(await seen('again')).toMatchObject({ declined: 1 });
  });

  it('with other content under the same id is refused', async () => {
    await tollgate.screen('changed', payment({ card: 'changed', at: NOON }));
    const first = event(EventKind.DECLINED, { requestId: 'changed', code: '51' });
    const [ok, together] = await tollgate.record(first, { ...first, code: '05' });
    const [later] = await tollgate.record({ ...first, code: '14' });
    expect(ok?.error).toBeUndefined();
    for (const result of [together, later]) expect(result?.error).toMatchObject({ code: 6 });
    expect(await seen('changed')).toMatchObject({ declined: 1 });
  });

  it('of a decision nobody knows, or with another payment, is refused by itself, those beside it are taken', async () => {
    await tollgate.screen('known', payment({ card: 'known', at: NOON }));
    const results = await tollgate.record(
      event(EventKind.DECLINED, { requestId: 'known', code: '51' }),
      event(EventKind.DECLINED, { requestId: 'unknown', code: '51' }),
      event(EventKind.DECLINED, { decisionId: '0'.repeat(26), code: '51' }),
      event(EventKind.DECLINED, { requestId: 'known', payment: payment({ card: 'known', minor: 1 }) }),
      event(EventKind.AUTHORISED, { requestId: 'known' }),
    );
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, 5, 5, 3, undefined]);
    expect(await seen('known')).toMatchObject({ declined: 1 });
  });

  it('of kind payment is history: it counts like a payment that was decided', async () => {
    const history = (eventId: string, minor: number) =>
      event(EventKind.PAYMENT, { eventId, payment: payment({ card: 'history', minor, at: NOON }) });
    await tollgate.record(history('h-1', 300), history('h-2', 400));
    const [again] = await tollgate.record(history('h-1', 300));
    expect(again?.repeated).toBe(true);
    expect(await seen('history')).toMatchObject({ payments: 2, spent: 700 });
    await tollgate.record(event(EventKind.DECLINED, { requestId: 'h-1', code: '51' }));
    expect(await seen('history')).toMatchObject({ declined: 1 });
    expect(await failure(tollgate.screen('h-1', payment({ card: 'history' })))).toBe('REQUEST_ID_REUSED');
  });

  it('counts from the moment it became known, not from when it happened', async () => {
    await tollgate.screen('late', payment({ card: 'late', at: NOON }));
    await tollgate.record(
      event(EventKind.DECLINED, {
        requestId: 'late',
        code: '51',
        arrivalTime: timestampFromMs(NOON + 60 * MINUTE),
      }),
      event(EventKind.REFUND_CLAIMED, {
        requestId: 'late',
        claimReason: ClaimReason.OTHER,
        arrivalTime: timestampFromMs(NOON + 120 * MINUTE),
      }),
    );
    expect(await seen('late', NOON + 59 * MINUTE)).toMatchObject({ declined: 0, claims: 0 });
    expect(await seen('late', NOON + 60 * MINUTE)).toMatchObject({ declined: 1, claims: 0 });
    expect(await seen('late', NOON + 120 * MINUTE)).toMatchObject({ declined: 1, claims: 1 });
  });

  it('that contradicts its arrival or its payment is refused, naming the fields, and counts nothing', async () => {
    await tollgate.screen('contrary', payment({ card: 'contrary', at: NOON }));
    const dollars = { minor: 250n, currency: 'USD' };
    const results = await tollgate.record(
      event(EventKind.REFUNDED, {
        requestId: 'contrary',
        amount: dollars,
        arrivalTime: timestampFromMs(NOON - 60 * MINUTE),
      }),
      {
        ...event(EventKind.DECLINED, { requestId: 'contrary', eventTime: timestampFromMs(4e12) }),
        arrivalTime: undefined,
      },
      { ...event(EventKind.DECLINED, { requestId: 'contrary', code: '51' }), arrivalTime: undefined },
      event(EventKind.CHARGEBACK, { requestId: 'contrary', amount: dollars }),
    );
    expect(
      results.map(({ error }) => (error && fromRpcStatus(error)?.violations.map(({ field }) => field)) ?? []),
    ).toEqual([['arrival_time', 'amount.currency'], ['event_time'], [], []]);
    expect(await seen('contrary', Date.now())).toMatchObject({ refunded: 0 });
  });

  it('has an amount of its own, or that of its payment', async () => {
    await tollgate.screen('amount', payment({ card: 'amount', minor: 900, at: NOON }));
    await tollgate.record(
      event(EventKind.REFUNDED, { requestId: 'amount', amount: { minor: 250n, currency: 'EUR' } }),
    );
    expect(await seen('amount')).toMatchObject({ refunded: 250 });
    await tollgate.record(event(EventKind.REFUNDED, { requestId: 'amount' }));
    expect(await seen('amount')).toMatchObject({ refunded: 1150 });
  });

  it('right behind its payment in one message belongs to it, and what follows sees both', async () => {
    const screen = (requestId: string, content: PaymentInit) => ({
      entry: { case: 'screen' as const, value: { requestId, payment: content } },
    });
    const report = (of: string) => ({
      entry: {
        case: 'event' as const,
        value: event(EventKind.DECLINED, { requestId: of, code: '51' }),
      },
    });
    const card = 'behind';
    const entries = range(20).flatMap((index) => [
      screen(`behind-${String(index)}`, payment({ card, at: NOON + index })),
      report(`behind-${String(index)}`),
    ]);
    const results: StreamResult[] = [];
    for await (const answer of tollgate.decisions.screenStream(once({ entries })))
      results.push(...answer.results);
    expect(results.map(({ result }) => result.case)).toEqual(range(20).flatMap(() => ['screen', 'event']));
    for (const index of range(20))
      expect(await tracedBy(`behind-${String(index)}`)).toMatchObject({ payments: index, declined: index });
  });

  it('in many messages on many streams: every stream is answered in its order', async () => {
    await tollgate.screen('streams', payment({ card: 'streams', at: NOON }));
    const lanes = await Promise.all(
      range(4).map(async (lane) => {
        const ids = range(60).map((index) => `lane-${String(lane)}-${String(index)}`);
        async function* messages() {
          for (let from = 0; from < ids.length; from += 7)
            yield {
              events: ids
                .slice(from, from + 7)
                .map((eventId) => event(EventKind.DECLINED, { eventId, requestId: 'streams', code: '51' })),
            };
        }
        const answered: string[] = [];
        let last = 0;
        for await (const { results } of tollgate.events.recordEvents(messages()))
          for (const { eventId, sequence, error } of results) {
            expect(error).toBeUndefined();
            expect(Number(sequence)).toBeGreaterThan(last);
            last = Number(sequence);
            answered.push(eventId);
          }
        return { ids, answered };
      }),
    );
    for (const { ids, answered } of lanes) expect(answered).toEqual(ids);
    expect(await seen('streams')).toMatchObject({ declined: 240 });
  });
});
