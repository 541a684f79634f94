import { KeyTable } from '../tables/key-table.js';
import { REFUNDED_PART } from '../specs/specs.js';

/** What an event can say of its order: the first five have amounts. */
export const ORDER_ROLES = {
  authorised: 0,
  captured: 1,
  refunded: 2,
  claimed: 3,
  chargedBack: 4,
  fraudulent: 5,
  /** Paid so long ago that the order can be a good one. */
  aged: 6,
} as const;
export type OrderRole = (typeof ORDER_ROLES)[keyof typeof ORDER_ROLES];

const { authorised, captured, refunded, claimed, chargedBack, fraudulent, aged } = ORDER_ROLES;
/** Per order: the sum of the known amounts of each role that has them. */
const SUMS = 5;
/** Per order: the events of each role, and the refunds whose amount is not known. */
const COUNTS = 8;
const ROLES = 7;
const UNKNOWN = 7;
const ORDER_BYTES = 8 + SUMS * 8 + COUNTS * 4;
const FEWEST = 16;

/**
 * Orders by what events say of them, and what is told of all orders together: kept with every event that comes or goes,
 * so that no question looks at each order. All money is in minor units of the base currency.
 */
export class OrderTally {
  /** Of each order the most of its authorisations and of its captures. */
  paidMinor = 0;
  refundedMinor = 0;
  /** Of each order the most of its refunds, claims and chargebacks. */
  troubledMinor = 0;
  /** Orders that count as refunded (see REFUNDED_PART). */
  refunded = 0;
  /** Orders refunded, claimed or charged back. */
  troubled = 0;
  /** Aged orders that came to no grief. */
  good = 0;
  readonly #records = new KeyTable(FEWEST * 2);
  #orders = new Float64Array(FEWEST);
  #sums = new Float64Array(FEWEST * SUMS);
  #counts = new Int32Array(FEWEST * COUNTS);

  /** Orders that an event tells of. */
  get size(): number {
    return this.#records.size;
  }

  get bytes(): number {
    return this.#records.bytes + this.#orders.length * ORDER_BYTES;
  }

  /** An event comes (1) or goes (-1). `order` is not 0; an amount that is not known is NaN. */
  change(role: OrderRole, order: number, amount: number, by: 1 | -1): void {
    const isUnknown = Number.isNaN(amount);
    // Of what was paid only known amounts count.
    if (isUnknown && role <= captured) return;
    const record = this.#records.get(order) ?? this.#take(order, by);
    this.#count(record, -1);
    const counts = record * COUNTS;
    this.#counts[counts + role] = (this.#counts[counts + role] ?? 0) + by;
    if (isUnknown) {
      if (role === refunded) this.#counts[counts + UNKNOWN] = (this.#counts[counts + UNKNOWN] ?? 0) + by;
    } else if (role < SUMS) {
      this.#sums[record * SUMS + role] = (this.#sums[record * SUMS + role] ?? 0) + by * amount;
    }
    this.#count(record, 1);
    if (by < 0 && this.#isOver(counts)) this.#drop(order, record);
  }

  clear(): void {
    this.paidMinor = 0;
    this.refundedMinor = 0;
    this.troubledMinor = 0;
    this.refunded = 0;
    this.troubled = 0;
    this.good = 0;
    this.#sums.fill(0, 0, this.size * SUMS);
    this.#counts.fill(0, 0, this.size * COUNTS);
    this.#records.clear();
    if (this.#orders.length > 2 ** 12) this.#resize(FEWEST);
  }

  /** Adds what is told of an order to what is told of all, or takes it away. */
  #count(record: number, factor: 1 | -1): void {
    const sums = this.#sums;
    const counts = this.#counts;
    const sum = record * SUMS;
    const count = record * COUNTS;
    const paid = Math.max(0, sums[sum + authorised] ?? 0, sums[sum + captured] ?? 0);
    const back = Math.max(0, sums[sum + refunded] ?? 0);
    const disputed = Math.max(sums[sum + claimed] ?? 0, sums[sum + chargedBack] ?? 0);
    this.paidMinor += factor * paid;
    this.refundedMinor += factor * back;
    this.troubledMinor += factor * Math.max(back, disputed);
    // What was paid is known when something known was paid.
    const isRefunded =
      counts[count + refunded] !== 0 &&
      (counts[count + UNKNOWN] !== 0 ||
        (counts[count + authorised] === 0 && counts[count + captured] === 0) ||
        (sums[sum + refunded] ?? 0) >= REFUNDED_PART * paid);
    const isTroubled = isRefunded || counts[count + claimed] !== 0 || counts[count + chargedBack] !== 0;
    if (isRefunded) this.refunded += factor;
    if (isTroubled) this.troubled += factor;
    else if (counts[count + aged] !== 0 && counts[count + fraudulent] === 0) this.good += factor;
  }

  #isOver(counts: number): boolean {
    for (let role = 0; role < ROLES; role++) if (this.#counts[counts + role] !== 0) return false;
    return true;
  }

  #take(order: number, by: 1 | -1): number {
    if (by < 0) throw new Error('an event of an order was taken out that was not in');
    const record = this.size;
    if (record === this.#orders.length) this.#resize(record * 2);
    this.#records.add(order, record);
    this.#orders[record] = order;
    return record;
  }

  /** The last record takes the place of the one that leaves. */
  #drop(order: number, record: number): void {
    this.#records.delete(order);
    const last = this.size;
    if (record !== last) {
      const moved = this.#orders[last] ?? 0;
      this.#records.delete(moved);
      this.#records.add(moved, record);
      this.#orders[record] = moved;
      this.#sums.copyWithin(record * SUMS, last * SUMS, (last + 1) * SUMS);
      this.#counts.copyWithin(record * COUNTS, last * COUNTS, (last + 1) * COUNTS);
    }
    this.#sums.fill(0, last * SUMS, (last + 1) * SUMS);
    this.#counts.fill(0, last * COUNTS, (last + 1) * COUNTS);
    if (last * 8 < this.#orders.length && this.#orders.length > FEWEST) this.#resize(this.#orders.length / 2);
  }

  #resize(records: number): void {
    const { size } = this;
    const orders = this.#orders.subarray(0, size);
    const sums = this.#sums.subarray(0, size * SUMS);
    const counts = this.#counts.subarray(0, size * COUNTS);
    this.#orders = new Float64Array(records);
    this.#orders.set(orders);
    this.#sums = new Float64Array(records * SUMS);
    this.#sums.set(sums);
    this.#counts = new Int32Array(records * COUNTS);
    this.#counts.set(counts);
  }
}
