import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES } from '../../../../src/facts/attributes.js';
import type { StreamEvent } from '../../../../src/facts/stream.js';
import { CLOCK, KNOWN, Layout, POSITION, selectorOf } from '../../../../src/facts/velocity/layout.js';
import { Totals } from '../../../../src/facts/velocity/series/moments.js';
import type { OrdersPlan } from '../../../../src/facts/velocity/series/order-plan.js';
import { ORDER_ROLES, OrderTally } from '../../../../src/facts/velocity/series/order-tally.js';
import { NO_SERIES, SeriesStore } from '../../../../src/facts/velocity/series/series.js';
import type { Series } from '../../../../src/facts/velocity/series/series.js';
import { ValueCounts } from '../../../../src/facts/velocity/tables/value-counts.js';
import { hashOf } from '../generate.js';

const layout = new Layout('event');
const payments = layout.measure(selectorOf(['payment'], [], hashOf), 'minor');
const declines = layout.measure(selectorOf(['declined'], [], hashOf), 'minor');
const orders: OrdersPlan = {
  id: 'o',
  goodAfterMs: 0,
  sources: [{ role: ORDER_ROLES.captured, order: payments, amount: payments }],
};

type Step =
  | { readonly do: 'add'; readonly many: number; readonly clock: number; readonly late: number }
  | { readonly do: 'remove'; readonly many: number; readonly place: number }
  | { readonly do: 'prune'; readonly cutoff: number }
  | { readonly do: 'read again' }
  | { readonly do: 'ask'; readonly from: number; readonly to: number };

const clock = fc.integer({ min: 0, max: 900 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    many: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 100, max: 400 })),
    clock,
    late: fc.constantFrom(0, 0, 5, 300),
  }),
  fc.record({
    do: fc.constant('remove' as const),
    many: fc.oneof(fc.constant(1), fc.integer({ min: 100, max: 400 })),
    place: fc.nat(1000),
  }),
  fc.record({ do: fc.constant('prune' as const), cutoff: clock }),
  fc.record({ do: fc.constant('read again' as const) }),
  fc.record({ do: fc.constant('ask' as const), from: fc.integer({ min: -5, max: 900 }), to: clock }),
);

const add = (clock: number): Step => ({ do: 'add', many: 400, clock, late: 300 });
const asked: Step = { do: 'ask', from: 0, to: 900 };
/** Gets long and short again, twice, whatever is drawn. */
const THERE_AND_BACK: Step[] = [0, 400].flatMap((start) => [
  ...[0, 100, 200, 300].flatMap((clock) => [add(start + clock), asked]),
  ...Array.from({ length: 4 }, (): Step => ({ do: 'remove', many: 395, place: 0 })),
  asked,
  { do: 'prune', cutoff: start },
  asked,
]);

describe('a series', () => {
  it('answers as all its rows do, while it gets long and short again', () => {
    let longest = 0;
    let shrunk = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
        const store = new SeriesStore();
        let series: Series = NO_SERIES;
        // What the store holds beside it must not be touched.
        const others = [1, 2, 3].map((seq) =>
          store.add(NO_SERIES, layout, rowOf(eventOf(seq * 3, seq, seq))),
        );
        let events: StreamEvent[] = [];
        let gone: StreamEvent[] = [];
        let cut = -1;
        let seq = 0;
        for (const one of steps) {
          const wasLong = series < 0;
          if (one.do === 'add') {
            for (let index = 0; index < one.many; index++) {
              const at = one.clock + ((index * 7) % 90);
              // What is too old for every window does not come to a key again.
              if (at <= cut) continue;
              const event = eventOf(++seq, at, at + (index % 5 === 0 ? one.late : 0));
              events.push(event);
              series = store.add(series, layout, rowOf(event));
              if (index % 9 === 0) series = store.add(series, layout, rowOf(event));
            }
          } else if (one.do === 'remove') {
            for (const event of events.splice(one.place % (events.length + 1), one.many)) {
              series = store.remove(series, layout, event.at, event.log * 2 ** 33 + event.seq);
              series = store.remove(series, layout, event.at, 0);
            }
          } else if (one.do === 'prune') {
            cut = Math.max(cut, one.cutoff);
            series = store.prune(series, layout, cut);
            gone.push(...events.filter(({ at }) => at <= cut));
            events = events.filter(({ at }) => at > cut);
          } else if (one.do === 'read again') {
            events.push(...gone);
            gone = [];
            cut = -1;
            for (const event of events) series = store.add(series, layout, rowOf(event));
          } else {
            ask(store, series, events, Math.max(one.from, cut), one.to);
          }
          longest = Math.max(longest, store.rows(series, layout));
          if (wasLong && series >= 0) shrunk++;
        }
        ask(store, series, events, cut, 1000);
        for (const [index, other] of others.entries())
          expect(store.firstClock(other, layout, payments, 0, 10)).toBe(index + 1);
      }),
      { numRuns: 300, examples: [[THERE_AND_BACK]] },
    );
    expect(longest).toBeGreaterThan(1000);
    expect(shrunk).toBeGreaterThan(1);
  });

  it('knows late rows of one clock when some had left and are read again', () => {
    const store = new SeriesStore();
    const late = Array.from({ length: 400 }, (_, index) => eventOf(index + 1, 100, 400));
    const later = Array.from({ length: 300 }, (_, index) => eventOf(index + 401, 101 + index, 101 + index));
    const add = (events: readonly StreamEvent[], to: Series): Series =>
      events.reduce((series, event) => store.add(series, layout, rowOf(event)), to);
    let series = add([...late, ...later], NO_SERIES);
    ask(store, series, later, 100, 500);
    series = store.prune(series, layout, 100);
    series = add(late, series);
    ask(store, series, [...late, ...later], 0, 500);
    ask(store, series, [...late, ...later], 0, 300);
  });
});

/** A long series may still have rows that should be gone: nobody asks about their time. */
function ask(
  store: SeriesStore,
  series: Series,
  events: readonly StreamEvent[],
  from: number,
  to: number,
): void {
  const inWindow = events.filter(({ at, knownAt }) => at > from && at <= to && knownAt <= to);
  const sorted = inWindow.toSorted((one, other) => one.at - other.at || one.seq - other.seq);
  const paid = sorted.filter(({ kind }) => kind === 'payment');
  const totals = new Totals();
  store.total(series, layout, payments, from, to, totals);
  const first = store.firstClock(series, layout, payments, from, to);
  const last = store.lastClock(series, layout, payments, from, to);
  const inRow = store.countAfterLast(series, layout, declines, payments, from, to);
  const values = store.values(series, layout, payments, 'w', from, to, to, new ValueCounts()).distinct;
  const { paidMinor } = store.orders(series, layout, orders, from, to, new OrderTally());
  const lastPaid = sorted.findLastIndex(({ kind }) => kind === 'payment');
  expect({ count: totals.count, sum: totals.sum, first, last, inRow, values, paidMinor }).toEqual({
    count: paid.length,
    sum: paid.reduce((sum, { minor }) => sum + minor, 0),
    first: paid[0]?.at,
    last: paid.at(-1)?.at,
    inRow: sorted.slice(lastPaid + 1).length,
    values: new Set(paid.map(({ minor }) => minor)).size,
    paidMinor: paid.reduce((sum, { minor }) => sum + minor, 0),
  });
}

function rowOf(event: StreamEvent): readonly number[] {
  const row = layout.row(event) ?? [];
  expect([row[CLOCK], row[KNOWN], row[POSITION]]).toEqual([
    event.at,
    event.knownAt,
    event.log * 2 ** 33 + event.seq,
  ]);
  return row;
}

function eventOf(seq: number, at: number, knownAt: number): StreamEvent {
  const kind = seq % 3 === 0 ? 'payment' : 'declined';
  const minor = 1 + (seq % 17);
  const attributes = ATTRIBUTES.map(() => 0);
  return { log: 1, seq, kind, at, knownAt, paymentAt: at, minor, baseMinor: minor, attributes };
}
