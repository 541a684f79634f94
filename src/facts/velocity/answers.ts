import type { StreamEvent } from '../stream.js';
import { periodStart } from './calendar.js';
import { selects, timeOf, valueOf } from './layout.js';
import type { Layout } from './layout.js';
import { Totals } from './series/moments.js';
import { OrderTally } from './series/order-tally.js';
import type { AggregatePlan, HabitPlan, HistoryPlan } from './plan.js';
import { NO_SERIES } from './series/series.js';
import type { Series, SeriesStore } from './series/series.js';
import { ValueCounts } from './tables/value-counts.js';

/** Time zones of a payment's site and merchant, IANA names. */
export interface Zones {
  readonly site: string;
  readonly merchant: string;
}

const DAY = 86_400_000;
const totals = new Totals();
const values = new ValueCounts(256);
const orders = new OrderTally();

/** Start of an aggregate's window, exclusive, epoch ms. */
export function windowFrom(plan: AggregatePlan, t: number, zones: Zones): number {
  const { window } = plan;
  if (window.type === 'sliding') return t - window.ms;
  return periodStart(t, window.unit, zoneOf(window.zone, zones)) - 1;
}

/** One aggregate over a key's events, for a payment decided at its known time. */
export function aggregate(
  plan: AggregatePlan,
  store: SeriesStore,
  layout: Layout,
  series: Series,
  event: StreamEvent,
  from: number,
  zones: Zones,
): number | undefined {
  const t = event.knownAt;
  const clock = timeOf(layout.clock, event);
  const current = plan.includeCurrent && clock > from && clock <= t && selects(plan.selector, event);
  if (plan.fn === 'distinct') {
    const own = current && plan.column !== undefined ? valueOf(plan.column, event) : 0;
    const { window } = plan;
    const id = window.type === 'sliding' ? plan.id : `${plan.id}/${zoneOf(window.zone, zones)}`;
    return distinct(store, series, layout, plan.measure, id, from, t, t, own);
  }
  totals.reset();
  store.total(series, layout, plan.measure, from, t, totals);
  if (current) {
    if (plan.column === undefined) totals.count++;
    else totals.add(valueOf(plan.column, event));
  }
  switch (plan.fn) {
    case 'count':
      return totals.count;
    case 'sum':
      return totals.sum;
    case 'avg':
      return totals.average();
    case 'max':
      return totals.count === 0 ? undefined : totals.max;
    case 'min':
      return totals.count === 0 ? undefined : totals.min;
    case 'stddev':
      return totals.deviation();
  }
}

/** The answer to a question about the past of a key, at t. */
export function answerHistory(
  plan: HistoryPlan,
  store: SeriesStore,
  layout: Layout,
  series: Series,
  t: number,
): number | undefined {
  const from = t - plan.ms;
  const [first = 0, second = 0] = plan.measures;
  const ordersOf = (measure: number): number =>
    distinct(store, series, layout, measure, String(plan.ms), from, t, t, 0);
  const share = (some: number): number | undefined => shareOf(some, ordersOf(first));
  const tally =
    plan.orders === undefined ? orders : store.orders(series, layout, plan.orders, from, t, orders);
  switch (plan.what) {
    case 'firstSeenDays': {
      const clock = store.firstClock(series, layout, first, from, t);
      return clock === undefined ? undefined : Math.floor((t - clock) / DAY);
    }
    case 'daysSinceLastPayment': {
      const clock = store.lastClock(series, layout, first, from, t);
      return clock === undefined ? undefined : Math.floor((t - clock) / DAY);
    }
    case 'goodOrders':
      return tally.good;
    case 'refundedOrders':
      return tally.refunded;
    case 'refundedShare':
      return share(tally.refunded);
    case 'claimedShare':
    case 'chargebackShare':
      return share(ordersOf(second));
    case 'troubledShare':
      return share(tally.troubled);
    case 'paidMinor':
      return tally.paidMinor;
    case 'troubledMinor':
      return tally.troubledMinor;
    case 'refundedMoneyShare':
      return shareOf(tally.refundedMinor, tally.paidMinor);
    case 'troubledMoneyShare':
      return shareOf(tally.troubledMinor, tally.paidMinor);
    case 'refundedMinor':
    case 'threeDsAsked':
    case 'threeDsPassed':
    case 'threeDsAbandoned':
      totals.reset();
      store.total(series, layout, first, from, t, totals);
      return plan.what === 'refundedMinor' ? totals.sum : totals.count;
    case 'declinesInRow':
      return store.countAfterLast(series, layout, first, second, from, t);
    default:
      return ordersOf(first);
  }
}

/** How a payment's base amount compares with the earlier ones of its key. */
export function answerHabit(
  plan: HabitPlan,
  store: SeriesStore,
  layout: Layout,
  series: Series,
  event: StreamEvent,
): number | undefined {
  const t = event.knownAt;
  totals.reset();
  store.total(series, layout, plan.measure, t - plan.ms, t, totals);
  return compareWithHabit(plan.what, plan.minCount, totals, event.baseMinor);
}

/** `earlier` are the totals of earlier base amounts. */
function compareWithHabit(
  what: HabitPlan['what'],
  minCount: number,
  earlier: Totals,
  amount: number,
): number | undefined {
  if (what === 'count') return earlier.count;
  const mean = earlier.average();
  if (mean === undefined || earlier.count < minCount) return undefined;
  if (what === 'mean') return mean;
  if (Number.isNaN(amount)) return undefined;
  if (what === 'ratio') return mean === 0 ? undefined : amount / mean;
  const deviation = earlier.deviation();
  return deviation === undefined || deviation === 0 ? undefined : (amount - mean) / deviation;
}

/** Distinct values with clock in (from, to] known at `seen`, and `own` (0: none). */
function distinct(
  store: SeriesStore,
  series: Series,
  layout: Layout,
  measure: number,
  id: string,
  from: number,
  to: number,
  seen: number,
  own: number,
): number {
  if (series === NO_SERIES) return own === 0 ? 0 : 1;
  const counts = store.values(series, layout, measure, id, from, to, seen, values);
  return counts.distinct + (own === 0 || counts.has(own) ? 0 : 1);
}

function shareOf(some: number, all: number): number | undefined {
  return all === 0 ? undefined : Math.min(1, some / all);
}

function zoneOf(zone: string, zones: Zones): string {
  if (zone === 'site') return zones.site;
  return zone === 'merchant' ? zones.merchant : zone;
}
