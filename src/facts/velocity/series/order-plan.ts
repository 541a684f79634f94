import type { StreamKind } from '../../attributes.js';
import type { AttributeFilter } from '../specs/velocity-spec.js';
import { selectorOf } from '../layout.js';
import type { HashOf, Layout, Selector } from '../layout.js';
import { ORDER_ROLES } from './order-tally.js';
import type { OrderRole } from './order-tally.js';
import type { HistoryQuestion, HistorySpec } from '../specs/specs.js';

/** What the questions about orders over one window of a key look at. */
export interface OrdersPlan {
  /** Tells it apart from others of the same key. */
  readonly id: string;
  /** How old what was paid must be to count as aged. */
  readonly goodAfterMs: number;
  readonly sources: OrderSource[];
}

/** The events of one role: measures of their orders, and of their amounts where these count. */
export interface OrderSource {
  readonly role: OrderRole;
  readonly order: number;
  readonly amount: number | undefined;
}

type Role = keyof typeof ORDER_ROLES;

const PAID: readonly Role[] = ['authorised', 'captured'];
const REFUNDS: readonly Role[] = [...PAID, 'refunded'];
const TROUBLE: readonly Role[] = ['refunded', 'claimed', 'chargedBack'];
const ROLES: Partial<Record<HistoryQuestion, readonly Role[]>> = {
  goodOrders: [...PAID, ...TROUBLE, 'fraudulent', 'aged'],
  refundedOrders: REFUNDS,
  refundedShare: REFUNDS,
  troubledShare: [...PAID, ...TROUBLE],
  paidMinor: PAID,
  troubledMinor: TROUBLE,
  refundedMoneyShare: REFUNDS,
  troubledMoneyShare: [...PAID, ...TROUBLE],
};
const KINDS: Record<Role, readonly StreamKind[]> = {
  authorised: ['authorised'],
  captured: ['captured'],
  refunded: ['refunded'],
  claimed: ['refund-claimed'],
  chargedBack: ['chargeback'],
  fraudulent: ['fraud-warning', 'label'],
  aged: ['authorised', 'captured'],
};

/** Whether a question is one about orders. */
export function asksOrders(what: HistoryQuestion): boolean {
  return ROLES[what] !== undefined;
}

/**
 * What a question about orders needs of a layout; undefined for all other questions. `plans` are those of the same key:
 * questions over one window share one.
 */
export function planOrders(
  { what, ms, goodAfterMs }: HistorySpec,
  layout: Layout,
  plans: Map<string, OrdersPlan>,
  hashOf: HashOf,
): OrdersPlan | undefined {
  const roles = ROLES[what];
  if (roles === undefined) return undefined;
  const id = what === 'goodOrders' ? `${ms}/${goodAfterMs}` : String(ms);
  const plan = plans.get(id) ?? { id, goodAfterMs, sources: [] };
  plans.set(id, plan);
  for (const name of roles) {
    const role = ORDER_ROLES[name];
    if (plan.sources.some((source) => source.role === role)) continue;
    // Nothing in the window is as old as that.
    if (name === 'aged' && goodAfterMs >= ms) continue;
    const selector = selectorOfRole(name, hashOf);
    const order = layout.measure(selector, 'order');
    const hasAmount = name !== 'fraudulent' && name !== 'aged';
    plan.sources.push({ role, order, amount: hasAmount ? layout.measure(selector, 'base') : undefined });
  }
  return plan;
}

function selectorOfRole(name: Role, hashOf: HashOf): Selector {
  if (name === 'fraudulent') return fraudSelector(['fraud-warning'], ['label'], hashOf);
  return selectorOf(KINDS[name], [], hashOf);
}

/** What tells of fraud: some kinds always, others when they say so. */
export function fraudSelector(
  always: readonly StreamKind[],
  labelled: readonly StreamKind[],
  hashOf: HashOf,
): Selector {
  const fraud: AttributeFilter = { attribute: 'label', values: ['fraud'], negated: false };
  return selectorOf([...always, ...labelled], [fraud], hashOf, { unfiltered: always });
}
