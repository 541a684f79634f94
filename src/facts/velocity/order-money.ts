import type { Layout } from './layout.js';
import type { Series, SeriesStore } from './series.js';
import { REFUNDED_PART } from './specs.js';

/** The events of a key in a window: those with clock in (from, t] that were known at t. */
export interface Past {
  readonly store: SeriesStore;
  readonly series: Series;
  readonly layout: Layout;
  readonly from: number;
  readonly t: number;
}

/** Money by what tells an order apart, base minor units. */
export type OrderMoney = ReadonlyMap<number, number>;

/** Of each order the most of several sums: the same money is not counted twice. Measures come in pairs: order, amount. */
export function mostByOrder(past: Past, measures: readonly number[]): OrderMoney {
  const most = new Map<number, number>();
  for (let pair = 0; pair < measures.length; pair += 2)
    for (const [order, sum] of sumByOrder(past, measures[pair] ?? 0, measures[pair + 1] ?? 0))
      most.set(order, Math.max(most.get(order) ?? 0, sum));
  return most;
}

/** All of it. */
export function totalOf(money: OrderMoney): number {
  let total = 0;
  for (const minor of money.values()) total += minor;
  return total;
}

/** The orders that count as refunded (see REFUNDED_PART). Measures: pairs of refunds, then of what was paid. */
export function refundedOrders(past: Past, [order = 0, amount = 0, ...paid]: readonly number[]): number[] {
  const refunds = sumByOrder(past, order, amount);
  if (refunds.size === 0) return [];
  const paidFor = mostByOrder(past, paid);
  const refunded: number[] = [];
  for (const [one, back] of refunds) {
    const least = REFUNDED_PART * (paidFor.get(one) ?? Number.NaN);
    // What is not known is NaN: no less than anything.
    if (!(back < least)) refunded.push(one);
  }
  return refunded;
}

/** NaN where an amount is not known. */
function sumByOrder(past: Past, order: number, amount: number): OrderMoney {
  const { store, series, layout, from, t } = past;
  const sums = new Map<number, number>();
  // Nearly always there is nothing, which is quickly known also of a long series.
  if (store.firstClock(series, layout, order, from, t) === undefined) return sums;
  const orders: number[] = [];
  store.each(series, layout, order, from, t, (_, known, one) => {
    orders.push(known <= t ? one : 0);
  });
  let index = 0;
  store.each(series, layout, amount, from, t, (_, _known, minor) => {
    const one = orders[index++] ?? 0;
    if (one !== 0) sums.set(one, (sums.get(one) ?? 0) + minor);
  });
  return sums;
}
