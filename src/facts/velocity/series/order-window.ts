import { measureAt } from '../layout.js';
import type { Layout } from '../layout.js';
import { MovingWindow } from './moving-window.js';
import type { RowCounts } from './moving-window.js';
import type { OrdersPlan } from './order-plan.js';
import { ORDER_ROLES, OrderTally } from './order-tally.js';
import type { OrderRole } from './order-tally.js';
import { eachIn } from './rows.js';
import type { Row, RowSource, Run } from './rows.js';

/** Orders of a key that has many events: a window by role, all of which move together. */
export class OrderWindow {
  readonly tally = new OrderTally();
  readonly #plan: OrdersPlan;
  readonly #parts: readonly { readonly role: OrderRole; readonly window: MovingWindow }[];

  constructor(series: RowSource, layout: Layout, plan: OrdersPlan) {
    this.#plan = plan;
    this.#parts = plan.sources.map(({ role, order, amount }) => ({
      role,
      window: new MovingWindow(series, layout, order, countsOf(this.tally, role), amount),
    }));
  }

  get from(): number {
    return this.#parts.reduce((from, { window }) => Math.min(from, window.from), Infinity);
  }

  get bytes(): number {
    return this.#parts.reduce((bytes, { window }) => bytes + window.bytes, this.tally.bytes);
  }

  /** Moves to events with clock in (from, t] that were known at t. */
  move(from: number, t: number): void {
    const plan = this.#plan;
    if (this.#parts.some(({ role, window }) => window.isApart(from, endOf(plan, role, t)))) {
      this.tally.clear();
      for (const { window } of this.#parts) window.empty();
    }
    for (const { role, window } of this.#parts) window.move(from, endOf(plan, role, t), t);
  }

  /** A row came to the series. */
  inserted(row: Row): void {
    for (const { window } of this.#parts) window.inserted(row);
  }

  /** A row left the series. */
  removed(row: Row): void {
    for (const { window } of this.#parts) window.removed(row);
  }

  /** See MovingWindow. */
  forget(cutoff: number): void {
    for (const { window } of this.#parts) window.forget(cutoff);
  }
}

/** Adds what the rows of a short series with clock in (from, t] known at t say of their orders. */
export function tallyOrders(
  run: Run,
  layout: Layout,
  plan: OrdersPlan,
  from: number,
  t: number,
  tally: OrderTally,
): void {
  for (const { role, order, amount } of plan.sources) {
    const second = amount === undefined ? undefined : measureAt(layout, amount);
    const visit = (_: number, known: number, value: number, minor: number): void => {
      if (known <= t) tally.change(role, value, minor, 1);
    };
    eachIn(run, layout.stride, measureAt(layout, order), from, endOf(plan, role, t), visit, second);
  }
}

function endOf(plan: OrdersPlan, role: OrderRole, t: number): number {
  return role === ORDER_ROLES.aged ? t - plan.goodAfterMs : t;
}

function countsOf(tally: OrderTally, role: OrderRole): RowCounts {
  return {
    bytes: 0,
    add: (order, amount) => {
      tally.change(role, order, amount, 1);
    },
    remove: (order, amount) => {
      tally.change(role, order, amount, -1);
    },
    // The tally is cleared as a whole.
    clear: () => undefined,
  };
}
