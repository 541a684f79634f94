import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ATTRIBUTE_INDEX } from '../../../src/facts/attributes.js';
import type { StreamKind } from '../../../src/facts/attributes.js';
import type { AskedPayment } from '../../../src/facts/velocity/asked.js';
import { parseHistory, parseVelocity } from '../../../src/facts/velocity/specs/parse.js';
import type { Params, Parsed } from '../../../src/facts/velocity/specs/parse.js';
import { draftOf, hashOf, HOUR, report, START } from './generate.js';
import type { Draft } from './generate.js';
import { Model } from './model.js';

const EVENTS = 100_000;
const HISTORIES = [
  'goodOrders',
  'troubledShare',
  'refundedOrders',
  'refundedShare',
  'paidMinor',
  'troubledMinor',
  'refundedMoneyShare',
  'troubledMoneyShare',
  'declinesInRow',
  'firstSeenDays',
] as const;
const QUESTIONS: readonly Params[] = [
  { fn: 'count', window: '3h' },
  { fn: 'sum', window: '24h' },
  { fn: 'max', window: '24h', events: ['payment', 'authorised'] },
  { fn: 'stddev', window: '50h', filter: { currency: 'EUR' } },
  { fn: 'distinct', of: 'order', window: '10h', includeCurrent: true },
  { fn: 'distinct', of: 'customer', window: { calendar: 'day', zone: 'site' } },
  { fn: 'distinct', of: 'customer', window: '24h', events: ['authorised', 'declined'] },
  { fn: 'count', window: '30h', events: 'chargeback' },
  { fn: 'count', window: '10h', events: ['succeeded', 'declined'] },
];

it(
  'answers as a recount does for a key with 100,000 events, wherever the question lies',
  { timeout: 240_000 },
  () => {
    const model = new Model(
      {
        velocities: QUESTIONS.map((params) => ok(parseVelocity({ ...params, by: 'ip' }))),
        histories: HISTORIES.map((what) =>
          ok(
            parseHistory({
              by: 'ip',
              what,
              window: '2d',
              ...(what === 'goodOrders' ? { goodAfterDays: 1 } : {}),
            }),
          ),
        ),
        habits: [],
      },
      { maxBytes: 2 ** 30 },
    );
    const drafts = fc.sample(report, { seed: 4, numRuns: 2000 });
    for (let index = 0; index < EVENTS; index++) {
      const draft = drafts[(index * 7) % drafts.length];
      if (draft === undefined) continue;
      const attributes = draft.attributes.slice();
      attributes[ATTRIBUTE_INDEX.ip] = hashOf('ip', 'i1');
      attributes[ATTRIBUTE_INDEX.customer] = 1 + ((index * 7919) % 30_011);
      const shift = (index * 104_729) % HOUR;
      const [at, knownAt, paymentAt] = [draft.at + shift, draft.knownAt + shift, draft.paymentAt + shift];
      model.stored({ ...draft, attributes, at, knownAt, paymentAt });
    }
    const payment = { ...model.durable[0], kind: 'payment' as const };
    const later = [0, 1, 40, 40.01, 39.99, 12, -20];
    for (const hours of later) {
      const at = START + Math.round(hours * HOUR);
      const { attributes = [], minor = 0, baseMinor = 0 } = payment;
      const times = { at, knownAt: at, paymentAt: at };
      const { asked, reads } = model.ask({ kind: 'payment', ...times, minor, baseMinor, attributes });
      for (const { range, events } of reads) model.windows.loaded(range, events);
      model.decide(asked, true);
    }
    expect(model.windows.stats().events).toBeGreaterThan(EVENTS / 2);
  },
);

const MONEY = [
  'goodOrders',
  'refundedOrders',
  'troubledShare',
  'paidMinor',
  'troubledMinor',
  'troubledMoneyShare',
] as const;
const SECOND = 1000;
const OF_DEVICE = draftOf({ device: 'd', site: 's1' });

it.each([1000, 100_000])(
  'looks at as few rows for another order among %i as it brings into and out of the windows',
  { timeout: 240_000 },
  (orders) => {
    const ms = orders * SECOND;
    const histories = MONEY.map((what) => ({ by: ['device'] as const, what, ms, goodAfterMs: ms / 2 }));
    const model = new Model({ velocities: [], histories, habits: [] }, { maxBytes: 2 ** 30 });
    // One order a second for as long as the window is.
    for (let order = 1; order <= orders; order++)
      for (const draft of orderOf(order)) if (draft.knownAt < START + ms) model.stored(draft);
    const ask = (order: number): AskedPayment => {
      const { asked, reads } = model.ask(draftOf({ device: 'd' }, START + order * SECOND));
      for (const { range, events } of reads) model.windows.loaded(range, events);
      return asked;
    };
    const first = ask(orders);
    model.answers(first);
    expect(model.windows.stats().looked).toBeGreaterThan(orders);
    first.release();
    for (let order = orders + 1; order <= orders + 500; order++) {
      for (const draft of orderOf(order)) model.admit(draft);
      const asked = ask(order);
      const { looked } = model.windows.stats();
      model.answers(asked);
      expect(model.windows.stats().looked - looked).toBeLessThan(120);
      asked.release();
    }
    model.settle(Infinity);
    model.decide(ask(orders + 501), false);
    expect(model.rangesRead).toBe(1);
  },
);

/** What becomes known of one order within minutes. */
function orderOf(order: number): Draft[] {
  const attributes = OF_DEVICE.attributes.slice();
  attributes[ATTRIBUTE_INDEX.order] = order;
  const told = (kind: StreamKind, after: number, minor: number): Draft => {
    const at = START + order * SECOND + after;
    return { kind, at, knownAt: at + 20, paymentAt: at, minor, baseMinor: minor, attributes };
  };
  const minor = 1000 + (order % 77);
  const drafts = [told('authorised', 0, minor), told('captured', 300, minor)];
  if (order % 11 === 0) drafts.push(told('refunded', 60_000, (order % 3) * 300));
  if (order % 17 === 0) drafts.push(told('refund-claimed', 90_000, minor));
  if (order % 29 === 0) drafts.push(told('chargeback', 120_000, minor));
  if (order % 31 === 0) drafts.push(told('fraud-warning', 150_000, minor));
  return drafts;
}

function ok<T>(parsed: Parsed<T>): T {
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ok;
}
