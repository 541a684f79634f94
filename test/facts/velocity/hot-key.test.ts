import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ATTRIBUTE_INDEX } from '../../../src/facts/attributes.js';
import { parseHistory, parseVelocity } from '../../../src/facts/velocity/parse.js';
import type { Params, Parsed } from '../../../src/facts/velocity/parse.js';
import { hashOf, HOUR, report, START } from './generate.js';
import { Model } from './model.js';

const EVENTS = 200_000;
const HISTORIES = [
  'goodOrders',
  'troubledShare',
  'refundedOrders',
  'paidMinor',
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
  'answers as a recount does for a key with 200,000 events, wherever the question lies',
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
      const { event, reads } = model.ask({ kind: 'payment', ...times, minor, baseMinor, attributes });
      for (const { range, events } of reads) model.windows.loaded(range, events);
      model.decide(event, true);
    }
    expect(model.windows.stats().events).toBeGreaterThan(EVENTS / 2);
  },
);

function ok<T>(parsed: Parsed<T>): T {
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ok;
}
