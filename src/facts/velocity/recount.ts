import { ATTRIBUTE_INDEX } from '../attributes.js';
import type { Attribute, StreamKind } from '../attributes.js';
import type { StreamEvent } from '../stream.js';
import type { Aggregate, AttributeFilter, VelocitySpec } from './specs/velocity-spec.js';
import type { Zones } from './answers.js';
import { periodStart } from './calendar.js';
import type { HashOf } from './layout.js';
import { deviationOf } from './series/moments.js';
import { REFUNDED_PART } from './specs/specs.js';
import type { HabitSpec, HistorySpec } from './specs/specs.js';

const DAY = 86_400_000;
const PAID: readonly StreamKind[] = ['authorised', 'captured'];
const TROUBLED: readonly StreamKind[] = ['refunded', 'refund-claimed', 'chargeback'];

/**
 * What velocities, histories and habits mean, counted afresh over all `events` that the decision could see: each once,
 * in any order. Nothing is clever here: the windows in memory are held to this.
 */
export function velocityOf(
  spec: VelocitySpec,
  event: StreamEvent,
  events: readonly StreamEvent[],
  zones: Zones,
  hashOf: HashOf,
): number | undefined {
  if (!hasKey(event, spec.by)) return undefined;
  const earlier = earlierOfKey(event, events, spec.by);
  const value = aggregateOf(spec.value, event, earlier, zones, hashOf);
  if (spec.over === undefined) return value;
  const over = aggregateOf(spec.over, event, earlier, zones, hashOf);
  return value === undefined || over === undefined || over === 0 ? undefined : value / over;
}

/** See velocityOf. */
export function historyOf(
  spec: HistorySpec,
  event: StreamEvent,
  events: readonly StreamEvent[],
  hashOf: HashOf,
): number | undefined {
  if (!hasKey(event, spec.by)) return undefined;
  const t = event.knownAt;
  const past = earlierOfKey(event, events, spec.by)
    .filter(({ at, knownAt }) => at > t - spec.ms && at <= t && knownAt <= t)
    .toSorted((one, other) => one.at - other.at || admittedFirst(one, other));
  const is = (entry: StreamEvent, name: Attribute, ...values: string[]): boolean =>
    values.some((value) => attribute(entry, name) === hashOf(name, value));
  const ofKind = (...kinds: StreamKind[]): StreamEvent[] => past.filter(({ kind }) => kinds.includes(kind));
  const orders = (entries: readonly StreamEvent[]): number => new Set(entries.map(orderOf)).size;
  const sums = (kinds: readonly StreamKind[]): Map<string, number> => {
    const most = new Map<string, number>();
    for (const kind of kinds)
      for (const [order, entries] of byOrder(ofKind(kind))) {
        const amounts = amountsOf(entries);
        if (amounts.length > 0) most.set(order, Math.max(most.get(order) ?? 0, sum(amounts)));
      }
    return most;
  };
  const money = (...kinds: StreamKind[]): number => sum([...sums(kinds).values()]);
  const moneyShare = (...kinds: StreamKind[]): number | undefined => {
    const paid = money(...PAID);
    return paid === 0 ? undefined : Math.min(1, money(...kinds) / paid);
  };
  const refundsOf = (): StreamEvent[] => {
    const paid = sums(PAID);
    const counts = [...byOrder(ofKind('refunded'))].filter(([order, entries]) => {
      const back = sum(entries.map(({ baseMinor }) => baseMinor));
      const paidFor = paid.get(order);
      return Number.isNaN(back) || paidFor === undefined || back >= REFUNDED_PART * paidFor;
    });
    return counts.flatMap(([, entries]) => entries);
  };
  const share = (entries: readonly StreamEvent[]): number | undefined => {
    const paid = orders(ofKind(...PAID));
    return paid === 0 ? undefined : Math.min(1, orders(entries) / paid);
  };
  const payments = ofKind('payment');
  const first = payments[0];
  const last = payments.at(-1);
  const results = ofKind('three-ds-result');
  switch (spec.what) {
    case 'firstSeenDays':
      return first === undefined ? undefined : Math.floor((t - first.at) / DAY);
    case 'daysSinceLastPayment':
      return last === undefined ? undefined : Math.floor((t - last.at) / DAY);
    case 'paidOrders':
      return orders(ofKind(...PAID));
    case 'goodOrders': {
      const refunds = new Set(refundsOf());
      const bad = past.filter(
        (entry) =>
          refunds.has(entry) ||
          entry.kind === 'refund-claimed' ||
          entry.kind === 'chargeback' ||
          entry.kind === 'fraud-warning' ||
          (entry.kind === 'label' && is(entry, 'label', 'fraud')),
      );
      const badOrders = new Set(bad.map(orderOf));
      const aged = ofKind(...PAID).filter(({ at }) => at <= t - spec.goodAfterMs);
      return orders(aged.filter((entry) => !badOrders.has(orderOf(entry))));
    }
    case 'refundedOrders':
      return orders(refundsOf());
    case 'claimedOrders':
      return orders(ofKind('refund-claimed'));
    case 'chargebackOrders':
      return orders(ofKind('chargeback'));
    case 'fraudOrders': {
      const told = ofKind('label', 'chargeback').filter((entry) => is(entry, 'label', 'fraud'));
      return orders([...ofKind('fraud-warning'), ...told]);
    }
    case 'liabilityShiftedOrders':
      return orders(ofKind('three-ds-result', ...PAID).filter((entry) => is(entry, 'liabilityShift', 'yes')));
    case 'refundedShare':
      return share(refundsOf());
    case 'claimedShare':
      return share(ofKind('refund-claimed'));
    case 'chargebackShare':
      return share(ofKind('chargeback'));
    case 'troubledShare':
      return share([...refundsOf(), ...ofKind('refund-claimed', 'chargeback')]);
    case 'refundedMinor':
      return sum(amountsOf(ofKind('refunded')));
    case 'paidMinor':
      return money(...PAID);
    case 'troubledMinor':
      return money(...TROUBLED);
    case 'refundedMoneyShare':
      return moneyShare('refunded');
    case 'troubledMoneyShare':
      return moneyShare(...TROUBLED);
    case 'threeDsAsked':
      return results.length;
    case 'threeDsPassed':
      return results.filter((entry) => is(entry, 'threeDs', 'authenticated', 'attempted')).length;
    case 'threeDsAbandoned':
      return results.filter((entry) => is(entry, 'threeDs', 'abandoned')).length;
    case 'declinesInRow': {
      const attempts = earlierOfKey(event, events, spec.by)
        .filter(({ paymentAt, knownAt }) => paymentAt > t - spec.ms && paymentAt <= t && knownAt <= t)
        .toSorted((one, other) => one.paymentAt - other.paymentAt || admittedFirst(one, other));
      const since = attempts.findLastIndex(({ kind }) => PAID.includes(kind));
      return attempts.slice(since + 1).filter(({ kind }) => kind === 'declined').length;
    }
  }
}

/** See velocityOf. */
export function habitOf(
  spec: HabitSpec,
  event: StreamEvent,
  events: readonly StreamEvent[],
  hashOf: HashOf,
): number | undefined {
  if (!hasKey(event, spec.by)) return undefined;
  const t = event.knownAt;
  const check = hashOf('paymentKind', 'card-check');
  const amounts = amountsOf(
    earlierOfKey(event, events, spec.by).filter(
      (entry) =>
        entry.kind === 'payment' &&
        attribute(entry, 'paymentKind') !== check &&
        entry.at > t - spec.ms &&
        entry.at <= t &&
        entry.knownAt <= t,
    ),
  );
  if (spec.what === 'count') return amounts.length;
  if (amounts.length < spec.minCount) return undefined;
  const mean = sum(amounts) / amounts.length;
  if (spec.what === 'mean') return mean;
  if (Number.isNaN(event.baseMinor)) return undefined;
  if (spec.what === 'ratio') return mean === 0 ? undefined : event.baseMinor / mean;
  const deviation = deviationOfAmounts(amounts);
  return deviation === undefined || deviation === 0 ? undefined : (event.baseMinor - mean) / deviation;
}

function aggregateOf(
  aggregate: Aggregate,
  event: StreamEvent,
  earlier: readonly StreamEvent[],
  zones: Zones,
  hashOf: HashOf,
): number | undefined {
  const t = event.knownAt;
  const times = { event: 'at', known: 'knownAt', payment: 'paymentAt' } as const;
  const clockOf = (entry: StreamEvent): number => entry[times[aggregate.clock]];
  const { window } = aggregate;
  const isInside = (entry: StreamEvent): boolean => {
    const clock = clockOf(entry);
    if (clock > t || entry.knownAt > t) return false;
    if (window.type === 'sliding') return clock > t - window.ms;
    const zone =
      window.zone === 'site' ? zones.site : window.zone === 'merchant' ? zones.merchant : window.zone;
    return clock >= periodStart(t, window.unit, zone);
  };
  const counted = (aggregate.includeCurrent ? [...earlier, event] : earlier).filter(
    (entry) =>
      aggregate.kinds.includes(entry.kind) &&
      aggregate.filters.every((filter) => passes(filter, entry, hashOf)) &&
      isInside(entry),
  );
  const { fn, of } = aggregate;
  if (aggregate.oncePaid) {
    const paid = counted.filter(({ kind }) => PAID.includes(kind));
    return counted.length - paid.length + new Set(paid.map(paymentOf)).size;
  }
  if (fn === 'count') return counted.length;
  if (fn === 'distinct')
    return new Set(counted.map((entry) => attribute(entry, of as Attribute)).filter((value) => value !== 0))
      .size;
  const currency = of?.startsWith('amount:') === true ? of.slice('amount:'.length) : undefined;
  const amounts =
    currency === undefined
      ? amountsOf(counted)
      : counted
          .filter((entry) => attribute(entry, 'currency') === hashOf('currency', currency))
          .map(({ minor }) => minor);
  if (fn === 'sum') return sum(amounts);
  if (amounts.length === 0) return undefined;
  if (fn === 'avg') return sum(amounts) / amounts.length;
  if (fn === 'max') return amounts.reduce((most, amount) => Math.max(most, amount));
  if (fn === 'min') return amounts.reduce((least, amount) => Math.min(least, amount));
  return deviationOfAmounts(amounts);
}

/** Events of the same key that were admitted before. What other logs hold was chosen by what could be seen. */
function earlierOfKey(
  event: StreamEvent,
  events: readonly StreamEvent[],
  by: readonly Attribute[],
): StreamEvent[] {
  return events.filter(
    (entry) =>
      (entry.log !== event.log || entry.seq < event.seq) &&
      by.every((name) => attribute(entry, name) === attribute(event, name)),
  );
}

function hasKey(event: StreamEvent, by: readonly Attribute[]): boolean {
  return by.every((name) => attribute(event, name) !== 0);
}

function passes(filter: AttributeFilter, entry: StreamEvent, hashOf: HashOf): boolean {
  const value = attribute(entry, filter.attribute);
  const among = value !== 0 && filter.values.some((wanted) => hashOf(filter.attribute, wanted) === value);
  return among !== filter.negated;
}

function orderOf(entry: StreamEvent): string {
  const order = attribute(entry, 'order');
  if (order !== 0) return `order ${order} of site ${attribute(entry, 'site')}`;
  const payment = attribute(entry, 'payment');
  return payment === 0 ? `event ${entry.log} ${entry.seq}` : `payment ${payment}`;
}

function byOrder(entries: readonly StreamEvent[]): Map<string, StreamEvent[]> {
  const orders = new Map<string, StreamEvent[]>();
  for (const entry of entries) {
    const same = orders.get(orderOf(entry));
    if (same === undefined) orders.set(orderOf(entry), [entry]);
    else same.push(entry);
  }
  return orders;
}

function paymentOf(entry: StreamEvent): string {
  const payment = attribute(entry, 'payment');
  return payment === 0 ? orderOf(entry) : `payment ${payment}`;
}

function admittedFirst(one: StreamEvent, other: StreamEvent): number {
  return one.log - other.log || one.seq - other.seq;
}

function attribute(entry: StreamEvent, name: Attribute): number {
  return entry.attributes[ATTRIBUTE_INDEX[name]] ?? 0;
}

/** Base amounts that are known. */
function amountsOf(entries: readonly StreamEvent[]): number[] {
  return entries.map(({ baseMinor }) => baseMinor).filter((amount) => !Number.isNaN(amount));
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function deviationOfAmounts(amounts: readonly number[]): number | undefined {
  const whole = amounts.map(BigInt);
  return deviationOf(
    whole.length,
    whole.reduce((total, amount) => total + amount, 0n),
    whole.reduce((total, amount) => total + amount * amount, 0n),
  );
}
