import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hold, HoldResult } from '../../../src/decisions/ports.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

const HOUR = 3_600_000;

/** What every store of cumulative limits promises. */
export function limitsContract(factory: StoreFactory): void {
  describe(`limits on ${factory.name}`, () => {
    let database: TestDatabase;
    let store: TestStore;

    beforeEach(async () => {
      database = await factory.create();
      store = await database.open();
    });
    afterEach(async () => {
      await store.close();
      await database.drop();
    });

    const hold = (counter: string, amount: number, cap: number): Hold => ({
      counter,
      amount,
      cap,
      periodEnd: T0 + 24 * HOUR,
    });

    it('accepts exactly five of 64 payments of 100 at once against 500', async () => {
      const results = await Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          store.limits.reserve(`d${index}`, [hold('day', 100, 500)], T0 + HOUR),
        ),
      );
      expect(results.filter(({ reserved }) => reserved)).toHaveLength(5);
      expect(await store.limits.used('day')).toBe(500);
      const used = results.filter(({ reserved }) => reserved).map((result) => result.used[0] ?? -1);
      expect(used.sort((a, b) => a - b)).toEqual([0, 100, 200, 300, 400]);
      for (const { reserved, used } of results) if (!reserved) expect(used).toEqual([500]);
    });

    it.runIf(factory.shared)('accepts exactly five over two instances', async () => {
      const other = await database.open();
      const results = await Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          (index % 2 === 0 ? store : other).limits.reserve(`d${index}`, [hold('day', 100, 500)], T0 + HOUR),
        ),
      );
      expect(results.filter(({ reserved }) => reserved)).toHaveLength(5);
      await other.close();
    });

    it('gives the same decision the same answer, granted or refused', async () => {
      const first = await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      expect(first).toEqual({ reserved: true, used: [0] });
      const refused = await store.limits.reserve('b', [hold('day', 300, 500)], T0 + HOUR);
      expect(refused).toEqual({ reserved: false, used: [300] });
      expect(await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR)).toEqual(first);
      await store.limits.release('a', undefined, 'declined');
      expect(await store.limits.reserve('b', [hold('day', 300, 500)], T0 + HOUR)).toEqual(refused);
      expect(await store.limits.used('day')).toBe(0);
    });

    it('holds all or nothing', async () => {
      await store.limits.reserve('a', [hold('month', 900, 1000)], T0 + HOUR);
      const holds = [hold('day', 200, 500), hold('month', 200, 1000), hold('year', 200, 5000)];
      expect(await store.limits.reserve('b', holds, T0 + HOUR)).toEqual({ reserved: false, used: [0, 900] });
      expect(await store.limits.used('day')).toBe(0);
      expect(await store.limits.used('month')).toBe(900);
      const smaller = [hold('day', 100, 500), hold('month', 100, 1000)];
      expect(await store.limits.reserve('c', smaller, T0 + HOUR)).toEqual({ reserved: true, used: [0, 900] });
      expect(await store.limits.used('month')).toBe(1000);
    });

    it('reserves several limits at once without a deadlock or a lost hold', async () => {
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) => {
          const holds = [hold('left', 10, 200), hold('right', 10, 150)];
          return store.limits.reserve(`d${index}`, index % 2 === 0 ? holds : holds.reverse(), T0 + HOUR);
        }),
      );
      expect(results.filter(({ reserved }) => reserved)).toHaveLength(15);
      expect(await store.limits.used('left')).toBe(150);
      expect(await store.limits.used('right')).toBe(150);
    });

    it('gives back once for each reason, never more than is held', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      await store.limits.confirm('a');
      await store.limits.release('a', 100, 'refund 1');
      await store.limits.release('a', 100, 'refund 1');
      expect(await store.limits.used('day')).toBe(200);
      await store.limits.release('a', 150, 'refund 2');
      await store.limits.release('a', 150, 'refund 3');
      expect(await store.limits.used('day')).toBe(0);
      await store.limits.release('nobody', undefined, 'declined');
      expect(await store.limits.used('day')).toBe(0);
    });

    it('gives back on the named counters only', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500), hold('month', 300, 900)], T0 + HOUR);
      await store.limits.release('a', 100, 'refund', ['month']);
      expect(await store.limits.used('day')).toBe(300);
      expect(await store.limits.used('month')).toBe(200);
    });

    it('lets unconfirmed holds expire, confirmed ones not', async () => {
      await store.limits.reserve('a', [hold('day', 100, 500)], T0 + HOUR);
      await store.limits.reserve('b', [hold('day', 100, 500)], T0 + HOUR);
      await store.limits.reserve('c', [hold('day', 100, 500)], T0 + 2 * HOUR);
      await store.limits.confirm('b');
      await store.limits.confirm('b');
      expect(await store.limits.expire(T0 + HOUR - 1)).toBe(0);
      expect(await store.limits.expire(T0 + HOUR)).toBe(1);
      expect(await store.limits.expire(T0 + HOUR)).toBe(0);
      expect(await store.limits.used('day')).toBe(200);
      await store.limits.release('a', undefined, 'declined');
      expect(await store.limits.used('day')).toBe(200);
    });

    it('counts a payment that was made after an attempt had failed', async () => {
      const holds = [hold('day', 300, 500), hold('month', 300, 900)];
      await store.limits.reserve('a', holds, T0 + HOUR);
      await store.limits.release('a', undefined, 'declined');
      expect(await store.limits.used('day')).toBe(0);
      await store.limits.confirm('a');
      await store.limits.confirm('a');
      expect([await store.limits.used('day'), await store.limits.used('month')]).toEqual([300, 300]);
      // The failed attempt is told again, and then part of the money goes back.
      await store.limits.release('a', undefined, 'declined');
      await store.limits.release('a', 100, 'refund 1');
      await store.limits.confirm('a');
      expect(await store.limits.used('day')).toBe(200);
      await store.limits.expire(T0 + 2 * HOUR);
      expect(await store.limits.used('day')).toBe(200);
    });

    it('counts a payment that was made after a failed attempt and the lapse of its hold', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      await store.limits.reserve('b', [hold('day', 100, 500)], T0 + HOUR);
      await store.limits.release('a', undefined, 'declined');
      await store.limits.expire(T0 + HOUR);
      await store.limits.release('b', undefined, 'declined');
      await store.limits.confirm('a');
      await store.limits.confirm('b');
      expect(await store.limits.used('day')).toBe(400);
    });

    it('has to find room again for a decision whose hold has expired', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      await store.limits.expire(T0 + HOUR);
      await store.limits.reserve('b', [hold('day', 300, 500)], T0 + 2 * HOUR);
      const again = await store.limits.reserve('a', [hold('day', 300, 500)], T0 + 2 * HOUR);
      expect(again).toEqual({ reserved: false, used: [300] });
      expect(await store.limits.used('day')).toBe(300);
    });

    it('remembers holds after it was opened again', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      await store.close();
      store = await database.open();
      expect(await store.limits.used('day')).toBe(300);
      const more = await store.limits.reserve('b', [hold('day', 300, 500)], T0 + HOUR);
      expect(more).toEqual({ reserved: false, used: [300] });
    });

    it('agrees with a model, whatever comes in whatever order', async () => {
      let run = 0;
      const step = fc.oneof(
        fc.record({
          do: fc.constant('reserve' as const),
          decision: fc.integer({ min: 0, max: 5 }),
          holds: fc.uniqueArray(
            fc.record({ counter: fc.integer({ min: 0, max: 2 }), amount: fc.integer({ min: 1, max: 60 }) }),
            { selector: ({ counter }) => counter, minLength: 1, maxLength: 3 },
          ),
          expires: fc.integer({ min: 1, max: 9 }),
        }),
        fc.record({ do: fc.constant('confirm' as const), decision: fc.integer({ min: 0, max: 5 }) }),
        fc.record({
          do: fc.constant('release' as const),
          decision: fc.integer({ min: 0, max: 5 }),
          amount: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
          reason: fc.constantFrom('declined', 'refund'),
        }),
        fc.record({ do: fc.constant('expire' as const), now: fc.integer({ min: 0, max: 9 }) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
          const prefix = `run${run++}/`;
          const model = new LimitModel();
          for (const one of steps) {
            const decision = prefix + ('decision' in one ? one.decision : '');
            if (one.do === 'reserve') {
              const holds = one.holds.map(({ counter, amount }) => hold(`${prefix}${counter}`, amount, 100));
              const got = await store.limits.reserve(decision, holds, T0 + one.expires);
              expect(got).toEqual(model.reserve(decision, holds, T0 + one.expires));
            } else if (one.do === 'confirm') {
              // What a confirmation means once a hold has expired is not promised here.
              if (model.expired(decision)) continue;
              await store.limits.confirm(decision);
              model.confirm(decision);
            } else if (one.do === 'release') {
              await store.limits.release(decision, one.amount, one.reason);
              model.release(decision, one.amount, one.reason);
            } else {
              await store.limits.expire(T0 + one.now);
              model.expire(T0 + one.now);
            }
          }
          for (const counter of [0, 1, 2]) {
            expect(await store.limits.used(prefix + counter)).toBe(model.used(prefix + counter));
          }
          // Nothing of this run is left to expire in the next.
          await store.limits.expire(T0 + 100);
        }),
        { numRuns: 40 },
      );
    });
  });
}

interface ModelDecision {
  readonly answer: HoldResult;
  readonly left: Map<string, number>;
  /** Given back as a whole: taken again when the payment is made after all. */
  readonly given: Map<string, number>;
  readonly reasons: Set<string>;
  readonly expiresAt: number;
  state: 'held' | 'confirmed' | 'expired' | 'refused';
}

/** The meaning of limits in the plainest words: what is used is the sum of what is held. */
class LimitModel {
  readonly #decisions = new Map<string, ModelDecision>();

  used(counter: string): number {
    let used = 0;
    for (const { state, left } of this.#decisions.values()) {
      if (state === 'held' || state === 'confirmed') used += left.get(counter) ?? 0;
    }
    return used;
  }

  reserve(decision: string, holds: readonly Hold[], expiresAt: number): HoldResult {
    const known = this.#decisions.get(decision);
    if (known && known.state !== 'expired') return known.answer;
    const over = holds.findIndex(({ counter, amount, cap }) => this.used(counter) + amount > cap);
    const reserved = over === -1;
    const used = (reserved ? holds : holds.slice(0, over + 1)).map(({ counter }) => this.used(counter));
    const left = new Map(reserved ? holds.map(({ counter, amount }) => [counter, amount]) : []);
    const answer = { reserved, used };
    const state = reserved ? 'held' : 'refused';
    this.#decisions.set(decision, { answer, left, given: new Map(), reasons: new Set(), expiresAt, state });
    return answer;
  }

  expired(decision: string): boolean {
    return this.#decisions.get(decision)?.state === 'expired';
  }

  confirm(decision: string): void {
    const found = this.#decisions.get(decision);
    if (found?.state === 'held') found.state = 'confirmed';
    for (const [counter, given] of found?.given ?? [])
      found?.left.set(counter, (found.left.get(counter) ?? 0) + given);
    found?.given.clear();
  }

  release(decision: string, amount: number | undefined, reason: string): void {
    const found = this.#decisions.get(decision);
    if (!found || found.reasons.has(reason)) return;
    found.reasons.add(reason);
    for (const [counter, left] of found.left) {
      if (amount === undefined) found.given.set(counter, (found.given.get(counter) ?? 0) + left);
      found.left.set(counter, left - Math.min(left, amount ?? left));
    }
  }

  expire(now: number): void {
    for (const [id, found] of this.#decisions) {
      if (found.expiresAt > now) continue;
      if (found.state === 'held') found.state = 'expired';
      // A refusal is remembered as long as a hold would have been.
      if (found.state === 'refused') this.#decisions.delete(id);
    }
  }
}
