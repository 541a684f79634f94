import type { Layout } from './layout.js';
import { OrderSums } from './order-sums.js';
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

const most = new OrderSums();
const one = new OrderSums();
const back = new OrderSums();

/**
 * All money of several kinds, base minor units: of each order the most of the kinds' sums, so that the same money is not
 * counted twice. Measures come in pairs: order, amount.
 */
export function totalOfMost(past: Past, measures: readonly number[]): number {
  mostByOrder(past, measures, undefined);
  let total = 0;
  most.each((_, minor) => {
    total += minor;
  });
  most.clear();
  return total;
}

/** The orders that count as refunded (see REFUNDED_PART). Measures: pairs of refunds, then of what was paid. */
export function refundedOrders(past: Past, [order = 0, amount = 0, ...paid]: readonly number[]): number[] {
  sumByOrder(past, order, amount, back, undefined);
  const refunded: number[] = [];
  if (back.size === 0) return refunded;
  mostByOrder(past, paid, back);
  back.each((refundedOrder, minor) => {
    const least = REFUNDED_PART * (most.get(refundedOrder) ?? Number.NaN);
    // What is not known is NaN: no less than anything.
    if (!(minor < least)) refunded.push(refundedOrder);
  });
  most.clear();
  back.clear();
  return refunded;
}

/** Into `most`, of some orders only. */
function mostByOrder(past: Past, measures: readonly number[], only: OrderSums | undefined): void {
  most.clear();
  for (let pair = 0; pair < measures.length; pair += 2) {
    sumByOrder(past, measures[pair] ?? 0, measures[pair + 1] ?? 0, one, only);
    one.each((order, minor) => {
      const before = most.get(order) ?? 0;
      if (minor > before || !most.has(order)) most.add(order, minor - before);
    });
    one.clear();
  }
}

/** Of some orders only; NaN where an amount is not known. */
function sumByOrder(
  { store, series, layout, from, t }: Past,
  order: number,
  amount: number,
  sums: OrderSums,
  only: OrderSums | undefined,
): void {
  sums.clear();
  // Nearly always there is nothing, which is quickly known also of a long series.
  if (store.firstClock(series, layout, order, from, t) === undefined) return;
  const visit = (_: number, known: number, value: number, minor: number): void => {
    if (known <= t && (only === undefined || only.has(value))) sums.add(value, minor);
  };
  store.each(series, layout, order, from, t, visit, amount);
}
