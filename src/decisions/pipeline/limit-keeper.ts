import { LRUCache } from 'lru-cache';
import { KeyedTurns } from '../../collections/keyed-turns.js';
import { holdId } from '../record/decision-id.js';
import { asksReview, heldLimit, unheldLimit, type DueLimit } from '../limits/holds.js';
import type { KnownPayment } from './append-queue.js';
import type { Holding } from '../limits/holding.js';
import type { Hold, HoldReport, LimitStore } from '../ports.js';
import type { HeldLimit, LimitUse } from '../record.js';
import type { EventInput } from '../decisions.js';

/** Counters whose last failure is remembered. */
const REMEMBERED = 1_000;

/** A call that failed, and how many had been asked for by then. */
interface Failure {
  readonly error: unknown;
  readonly asked: number;
}

/**
 * Holds amounts against cumulative limits and settles the holds by what is reported. What concerns the same counter begins
 * in the order of admission. Reservations are made at the same time, and so are reports: the store takes them in the order
 * in which it is asked; but neither begins before the others have ended. When a call fails, so does what waited for its
 * counters: a store that does not answer is waited for once, not once for each of them.
 */
export class LimitKeeper {
  readonly #store: LimitStore;
  readonly #turns = new KeyedTurns();
  #asked = 0;
  readonly #failures = new LRUCache<string, Failure>({ max: REMEMBERED });

  constructor(store: LimitStore) {
    this.#store = store;
  }

  /**
   * Reserves all that is due, or nothing; tells what became of each limit up to the first without room. A limit that
   * only asks for a review neither refuses nor keeps the others from being asked: what it counts may pass its cap.
   */
  async reserve(decision: string, due: readonly DueLimit[], expiresAt: number): Promise<LimitUse[]> {
    const unheld = due.filter((one) => one.hold === undefined);
    const missed: LimitUse[] = unheld.map(unheldLimit);
    const held = due.filter((one) => one.hold !== undefined);
    if (held.length === 0 || unheld.some(({ limit }) => !asksReview(limit))) return missed;
    const holds = held.map(({ hold, limit }) =>
      asksReview(limit) ? { ...hold, cap: Number.MAX_SAFE_INTEGER } : hold,
    );
    const counters = holds.map(({ counter }) => counter);
    const id = holdId(decision, holds[0]?.amount ?? 0, counters);
    const { reserved, used } = await this.#inTurn('reserve', counters, () =>
      this.#store.reserve(id, holds, expiresAt),
    );
    const uses = held
      .slice(0, used.length)
      .map((limit, index) => heldLimit(limit, used[index] ?? 0, reserved));
    const full = reserved ? undefined : held[used.length - 1];
    if (full === undefined || !asksReview(full.limit)) return [...missed, ...uses];
    // It has counted as much as a number can hold: it says so, and the others are asked without it.
    const others = due.filter((one) => one !== full);
    return [...(await this.reserve(decision, others, expiresAt)), ...uses.slice(-1)];
  }

  /**
   * Takes room that nothing gives back before `until` (epoch ms), all of it or none; whether there was some. The same
   * decision again has what it took.
   */
  async take(decision: string, holds: readonly Hold[], until: number): Promise<boolean> {
    const counters = holds.map(({ counter }) => counter);
    const amount = holds.reduce((sum, hold) => sum + hold.amount, 0);
    const id = holdId(decision, amount, counters);
    const { reserved } = await this.#inTurn('reserve', counters, () => this.#store.reserve(id, holds, until));
    return reserved;
  }

  /**
   * Settles a decision's holds by what was reported of it; undefined when the event concerns no hold. `baseMinor` is what
   * the event's amount counts for, minor units of the base currency, NaN when there is no rate. Before the event
   * is durable, so that one that is repeated after a failure settles them again.
   */
  settle(
    { id: decision, holding }: Pick<KnownPayment, 'id' | 'holding'>,
    input: EventInput,
    baseMinor: number,
  ): Promise<void> | undefined {
    if (holding === undefined) return undefined;
    const report = this.#reportOf(input, baseMinor, holding.uses);
    if (report === undefined) return undefined;
    return this.#settle(heldAs(decision, holding), holding, report);
  }

  /**
   * Gives back what was held for a decision that another instance had made first, unless that one holds the very same.
   * What cannot be given back lapses.
   */
  async giveBack(
    decision: string,
    holding: Holding | undefined,
    standing: Holding | undefined,
  ): Promise<void> {
    if (holding === undefined) return;
    const id = heldAs(decision, holding);
    if (standing !== undefined && heldAs(decision, standing) === id) return;
    await this.#settle(id, holding, { kind: 'failed' }).catch(() => undefined);
  }

  #settle(id: string, { uses }: Holding, report: HoldReport): Promise<void> {
    return this.#inTurn('settle', countersOf(uses), () => this.#store.settle(id, report));
  }

  #inTurn<T>(what: 'reserve' | 'settle', counters: readonly string[], work: () => Promise<T>): Promise<T> {
    const place = this.#asked++;
    return this.#turns.together(what, counters, async () => {
      for (const counter of counters) {
        const failure = this.#failures.get(counter);
        if (failure !== undefined && place < failure.asked) throw failure.error;
      }
      try {
        return await work();
      } catch (error) {
        for (const counter of counters) this.#failures.set(counter, { error, asked: this.#asked });
        throw error;
      }
    });
  }

  #reportOf(
    { kind, eventId, eventTime }: EventInput,
    back: number,
    uses: readonly HeldLimit[],
  ): HoldReport | undefined {
    if (kind === 'authorised' || kind === 'captured') return { kind: 'made', at: eventTime };
    if (kind === 'declined' || kind === 'abandoned') return { kind: 'failed' };
    if (kind === 'cancelled') return { kind: 'cancelled', at: eventTime };
    if (kind !== 'refunded') return undefined;
    const counters = countersOf(uses.filter(({ refunds }) => refunds === 'restore'));
    if (counters.length === 0 || Number.isNaN(back)) return undefined;
    return { kind: 'refunded', id: eventId, amount: back, counters };
  }
}

/** What it is held under: as when it was reserved. */
function heldAs(decision: string, { baseMinor, uses }: Holding): string {
  return holdId(decision, baseMinor, countersOf(uses));
}

function countersOf(uses: readonly HeldLimit[]): string[] {
  return uses.map(({ counter }) => counter);
}
