import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StoredEntry } from '../../src/decisions/ports.js';
import type { DecisionTrace } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventKind } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { createAttributeHash } from '../../src/facts/attributes/values.js';
import { createKeyHash } from '../../src/facts/attributes/key-hash.js';
import { createPhoneReader } from '../../src/facts/normalise/phone.js';
import type { Params } from '../../src/facts/velocity/specs/parse.js';
import { createRandom, type Random } from '../../src/simulate/random.js';
import { isOfThePast, recountFact } from '../facts/velocity/recount-fact.js';
import {
  NOON,
  onBothStores,
  payment,
  range,
  rule,
  ruleSet,
  until,
  type EventInit,
  type Instance,
  type PaymentInit,
  type Place,
} from './harness.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const VELOCITIES: readonly object[] = [
  { fn: 'count', by: 'card', window: '1h' },
  { fn: 'count', by: 'card', window: '24h', includeCurrent: true },
  { fn: 'count', by: ['card', 'site'], window: '3h' },
  { fn: 'sum', by: 'card', window: '24h' },
  { fn: 'sum', by: 'card', window: '24h', of: 'amount:EUR' },
  { fn: 'distinct', of: 'email', by: 'card', window: '24h', includeCurrent: true },
  { fn: 'distinct', of: 'card', by: 'ip', window: '24h' },
  { fn: 'avg', by: 'email', window: '24h' },
  { fn: 'max', by: 'email', window: '2h' },
  { fn: 'min', by: 'device', window: '24h' },
  { fn: 'stddev', by: 'ip', window: '24h' },
  { fn: 'count', by: 'card', window: '24h', events: 'declined' },
  { fn: 'count', by: 'email', window: '30d', events: ['refund-claimed', 'chargeback'] },
  { fn: 'count', by: 'card', window: { calendar: 'day', zone: 'Asia/Tokyo' } },
  { fn: 'sum', by: 'merchant', window: { calendar: 'month', zone: 'site' } },
  {
    fn: 'ratio',
    by: 'ip',
    window: '24h',
    of: [
      { fn: 'count', events: 'declined' },
      { fn: 'count', events: ['authorised', 'declined'] },
    ],
  },
  {
    fn: 'ratio',
    by: 'ip',
    window: '1h',
    of: [
      { fn: 'count', events: 'declined', clock: 'payment' },
      { fn: 'count', events: ['succeeded', 'declined'] },
    ],
  },
];
const OUTCOMES: readonly object[] = [
  { fn: 'count', by: 'card', window: '24h', filter: { outcome: 'reject' } },
  { fn: 'count', by: 'card', window: '24h', filter: { outcome: { not: ['reject', 'block'] } } },
];
const HISTORIES: readonly object[] = [
  { by: 'card', what: 'declinesInRow', window: '24h' },
  { by: 'email', what: 'paidOrders' },
  { by: 'email', what: 'troubledShare' },
  { by: 'card', what: 'refundedMinor' },
  { by: 'card', what: 'goodOrders', goodAfterDays: 0 },
  { by: 'ip', what: 'troubledMoneyShare' },
];
const HABITS: readonly object[] = [{ by: 'email', window: '30d', what: 'zscore' }];

/** A rule that reads a fact and never hits. */
const asked = (fact: string, params: object, index: number): object =>
  rule(`${fact}-${String(index)}`, [
    { fact, params, operator: 'greaterThan', value: 0.5 },
    { fact: 'payment.amountMinor', operator: 'greaterThan', value: 1e12 },
  ]);
const limits = [
  {
    name: 'card-day',
    when: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }] },
    by: ['card'],
    period: 'day',
    cap: { minor: 20_000, currency: 'USD' },
    reason: 'limit.card-day',
  },
];
const PLAIN = ruleSet(
  'asked',
  [
    ...VELOCITIES.map((params, index) => asked('velocity', params, index)),
    ...HISTORIES.map((params, index) => asked('history', params, index)),
    ...HABITS.map((params, index) => asked('habit', params, index)),
  ],
  { limits, policy: { onUnknown: 'accept' } },
);
const WITH_OUTCOMES = {
  ...PLAIN,
  rules: [
    ...(PLAIN as { readonly rules: readonly object[] }).rules,
    ...OUTCOMES.map((params, index) => asked('velocity', params, 100 + index)),
  ],
};

/** One thing to send: a payment under an id, or an event. */
type Step = { readonly requestId: string; readonly payment: PaymentInit } | { readonly event: EventInit };

/** Payments with shuffled times of few cards, payers and addresses; events about them, late, repeated and early. */
function steps(random: Random, count: number): Step[] {
  const made: Step[] = [];
  const at = (): number => NOON + random.between(-30, 30) * 60_000 + random.between(0, 3);
  for (let index = 0; made.length < count; index++) {
    const requestId = `p-${String(index)}`;
    const card = `card-${String(random.between(1, 8))}`;
    const site = random.pick(['shop', 'shop-2']);
    const time = at();
    const content = payment({
      site,
      card,
      minor: random.between(1, 3000),
      currency: random.pick(['EUR', 'USD', 'MRU']),
      at: time,
      ip: `203.0.113.${String(random.between(1, 5))}`,
      orderId: `o-${String(random.between(1, 80))}`,
      customer: random.chance(0.8) ? { email: `p${String(random.between(1, 6))}@example.com` } : {},
      device: random.chance(0.5) ? { id: `d-${String(random.between(1, 300))}` } : {},
    });
    const step: Step = { requestId, payment: content };
    made.push(step);
    if (random.chance(0.05)) made.push(step);
    for (const kind of [
      EventKind.DECLINED,
      EventKind.AUTHORISED,
      EventKind.CAPTURED,
      EventKind.REFUNDED,
      EventKind.REFUND_CLAIMED,
      EventKind.CHARGEBACK,
    ]) {
      if (!random.chance(0.2)) continue;
      const happened = time + random.between(0, 20) * 60_000;
      const event: EventInit = {
        eventId: `${requestId}-${String(kind)}`,
        site,
        kind,
        requestId,
        eventTime: timestampFromMs(happened),
        arrivalTime: timestampFromMs(happened + (random.chance(0.3) ? DAY / 8 : random.between(0, 60_000))),
        ...(kind === EventKind.REFUND_CLAIMED ? { claimReason: 3 } : {}),
      };
      made.push({ event });
      if (random.chance(0.1)) made.push({ event });
    }
    if (random.chance(0.1))
      made.push({
        event: {
          eventId: `h-${String(index)}`,
          site,
          kind: EventKind.PAYMENT,
          payment: content,
          eventTime: timestampFromMs(time),
          arrivalTime: timestampFromMs(time),
        },
      });
  }
  return made;
}

/** Sends steps over one ordered stream in messages of random size. Errors are answers too. */
async function send(tollgate: Instance, all: readonly Step[], random: Random): Promise<void> {
  async function* messages() {
    for (let from = 0; from < all.length;) {
      const size = random.between(1, 12);
      yield {
        entries: all
          .slice(from, from + size)
          .map((step) =>
            'event' in step
              ? { entry: { case: 'event' as const, value: step.event } }
              : { entry: { case: 'screen' as const, value: step } },
          ),
      };
      from += size;
    }
  }
  let answered = 0;
  for await (const { results } of tollgate.decisions.screenStream(messages())) answered += results.length;
  expect(answered).toBe(all.length);
}

/** Every recorded velocity, history and habit against the count over what the decision could see. */
function recount(
  journal: { readonly entries: readonly StoredEntry[]; readonly hashKey: Uint8Array },
  traces: ReadonlyMap<string, DecisionTrace>,
): number {
  const hash = createAttributeHash(createKeyHash(journal.hashKey), createPhoneReader());
  const events = journal.entries.map(({ event }) => event);
  let compared = 0;
  for (const { id, event, decision } of journal.entries) {
    if (decision === undefined) continue;
    const trace = traces.get(id);
    if (trace === undefined) throw new Error(`no trace of ${id}`);
    const seen = new Map(trace.seen.map(({ log, sequence }) => [log, Number(sequence)]));
    const visible = events.filter(({ log, seq }) =>
      log === event.log ? seq < event.seq : seq <= (seen.get(log) ?? 0),
    );
    for (const { fact, paramsJson, valueJson } of trace.facts) {
      if (!isOfThePast(fact)) continue;
      const expected = recountFact(fact, JSON.parse(paramsJson) as Params, event, visible, hash);
      const recorded = valueJson === '' ? undefined : (JSON.parse(valueJson) as number);
      const context = `${fact} ${paramsJson} of ${decision.requestId} (${String(event.log)}/${String(event.seq)})`;
      if (recorded === undefined || expected === undefined) expect(recorded, context).toBe(expected);
      else expect(recorded, context).toBeCloseTo(expected, 6);
      compared += 1;
    }
  }
  return compared;
}

onBothStores('what a decision recorded of the past', (createPlace) => {
  let place: Place;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.remove());

  it.each([1, 2])(
    'is what a naive recount finds, whatever was shuffled, late, repeated, forgotten or switched (run %i)',
    { timeout: 240_000 },
    async (seed) => {
      const random = createRandom(seed, 'recount');
      // Keys leave memory all the time, and most are too long for a round when they come back.
      const few = { windowBytes: 30_000, longestRange: 10 };
      const instances = [await place.start({}, undefined, few)];
      if (place.kind === 'mongodb') instances.push(await place.start({}, undefined, few));
      const [first] = instances;
      if (first === undefined) throw new Error('no instance');
      await first.activate(PLAIN);
      let tries = 0;
      const hasRules = async (instance: Instance): Promise<boolean> =>
        (await instance.screen(`early-${String(tries++)}`, payment({ at: NOON }))).ruleSets.length > 0;
      for (const instance of instances) await until(() => hasRules(instance));
      const all = steps(random, 700);
      const half = all.length / instances.length;
      const sending = Promise.all(
        instances.flatMap((instance, index) => {
          const own = all.slice(index * half, (index + 1) * half);
          const middle = Math.ceil(own.length / 2);
          const order = createRandom(seed, 'order', index);
          return [own.slice(0, middle), own.slice(middle)].map((part) => send(instance, part, order));
        }),
      );
      for (const document of [WITH_OUTCOMES, { ...PLAIN, description: 'plain again' }, WITH_OUTCOMES])
        await first.activate(document);
      await sending;

      const traces = new Map<string, DecisionTrace>();
      const ids: string[] = [];
      for (let pageToken = ''; ;) {
        const page = await first.decisions.listDecisions({ pageSize: 500, pageToken });
        ids.push(...page.decisions.map(({ id }) => id));
        pageToken = page.nextPageToken;
        if (pageToken === '') break;
      }
      for (const part of range(Math.ceil(ids.length / 50)).map((n) => ids.slice(n * 50, (n + 1) * 50)))
        await Promise.all(
          part.map(async (id) => {
            const { trace } = await first.decisions.getDecision({ id, withTrace: true });
            if (trace !== undefined) traces.set(id, trace);
            expect(await first.decisions.replayDecision({ id })).toMatchObject({ identical: true });
          }),
        );
      const compared = recount(await place.journal(), traces);
      // Whatever rules were in force when: a run that compared next to nothing would prove nothing.
      const decided = new Set(all.flatMap((step) => ('event' in step ? [] : [step.requestId])));
      expect(decided.size).toBeGreaterThan(200);
      const facts = VELOCITIES.length + HISTORIES.length + HABITS.length;
      expect(compared).toBeGreaterThanOrEqual(decided.size * facts);
    },
  );
});
