import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOLD_MEMORY_MS } from '../../../src/decisions/limits/hold-state.js';
import type { Hold, HoldReport, HoldResult, LimitStore } from '../../../src/decisions/ports.js';
import { T0 } from './entries.js';

const HOUR = 3_600_000;

/** How the suite gets at limits: a part of what a StoreFactory offers. */
export interface LimitsFactory {
  readonly name: string;
  /** Whether several instances may have them open. */
  readonly shared: boolean;
  create(): Promise<LimitsDatabase>;
}

interface LimitsDatabase {
  open(): Promise<OpenLimits>;
  drop(): Promise<void>;
}

interface OpenLimits {
  readonly limits: LimitStore;
  close(): Promise<void>;
}

const MADE: HoldReport = { kind: 'made', at: T0 };
const FAILED: HoldReport = { kind: 'failed' };
const CANCELLED: HoldReport = { kind: 'cancelled', at: T0 + 1 };
const refund = (id: string, amount: number, counters: readonly string[] = ['day']): HoldReport => ({
  kind: 'refunded',
  id,
  amount,
  counters,
});

/** What every store of cumulative limits promises. */
export function limitsContract(factory: LimitsFactory): void {
  describe(`limits on ${factory.name}`, () => {
    let database: LimitsDatabase;
    let store: OpenLimits;

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

    it('counts what one decision holds of a counter twice as both', async () => {
      const { limits } = store;
      const twice = [hold('day', 60, 100), hold('day', 60, 100)];
      expect(await limits.reserve('a', twice, T0 + HOUR)).toMatchObject({ reserved: false });
      expect(await limits.used('day')).toBe(0);
      const both = [hold('day', 50, 100), hold('day', 50, 100)];
      expect(await limits.reserve('b', both, T0 + HOUR)).toMatchObject({ reserved: true });
      expect(await limits.used('day')).toBe(100);
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
      await store.limits.settle('a', FAILED);
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

    it('takes room in the order of the calls', async () => {
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          store.limits.reserve(`d${index}`, [hold('day', 10, 100)], T0 + HOUR),
        ),
      );
      expect(results.slice(0, 10)).toEqual(
        Array.from({ length: 10 }, (_, index) => ({ reserved: true, used: [index * 10] })),
      );
      expect(results.slice(10)).toEqual(Array.from({ length: 20 }, () => ({ reserved: false, used: [100] })));
    });

    it('answers each of many decisions at once by its own counters', async () => {
      const { limits } = store;
      const kinds = ['free', 'used', 'full', 'nothing', 'twice'] as const;
      const decisions = Array.from({ length: 100 }, (_, index) => ({
        id: `many-${index}`,
        kind: kinds[index % kinds.length] ?? 'free',
        counter: `counter-${index}`,
      }));
      for (const { kind, counter } of decisions) {
        const used = kind === 'used' ? 30 : kind === 'full' ? 80 : 0;
        if (used > 0) await limits.reserve(`before ${counter}`, [hold(counter, used, 100)], T0 + HOUR);
      }
      const ask = ({ id, kind, counter }: (typeof decisions)[number]): Promise<HoldResult> => {
        const one = hold(counter, 60, kind === 'nothing' ? 50 : 100);
        return limits.reserve(
          id,
          kind === 'twice' ? [one, hold(`${counter} too`, 60, 60)] : [one],
          T0 + HOUR,
        );
      };
      const expected = decisions.map(({ kind }) => ({
        reserved: kind !== 'full' && kind !== 'nothing',
        used: kind === 'twice' ? [0, 0] : [kind === 'used' ? 30 : kind === 'full' ? 80 : 0],
      }));
      expect(await Promise.all(decisions.map(ask))).toEqual(expected);
      expect(await Promise.all(decisions.map(ask))).toEqual(expected);
      for (const { kind, counter } of decisions) {
        const left = kind === 'used' ? 90 : kind === 'full' ? 80 : kind === 'nothing' ? 0 : 60;
        expect([counter, await limits.used(counter)]).toEqual([counter, left]);
      }
    });

    it('gives a refund back once, never more than is held', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      await store.limits.settle('a', MADE);
      await store.limits.settle('a', refund('1', 100));
      await store.limits.settle('a', refund('1', 100));
      expect(await store.limits.used('day')).toBe(200);
      await store.limits.settle('a', refund('2', 150));
      await store.limits.settle('a', refund('3', 150));
      expect(await store.limits.used('day')).toBe(0);
      await store.limits.settle('a', CANCELLED);
      await store.limits.settle('nobody', CANCELLED);
      expect(await store.limits.used('day')).toBe(0);
    });

    it('gives a refund back on the named counters only', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500), hold('month', 300, 900)], T0 + HOUR);
      await store.limits.settle('a', refund('1', 100, ['month']));
      expect(await store.limits.used('day')).toBe(300);
      expect(await store.limits.used('month')).toBe(200);
    });

    it('settles nothing for a decision that was refused', async () => {
      await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      await store.limits.reserve('b', [hold('day', 300, 500)], T0 + HOUR);
      for (const report of [MADE, CANCELLED, FAILED, refund('1', 100)])
        await store.limits.settle('b', report);
      expect(await store.limits.used('day')).toBe(300);
    });

    it('lets unconfirmed holds expire, confirmed ones not', async () => {
      await store.limits.reserve('a', [hold('day', 100, 500)], T0 + HOUR);
      await store.limits.reserve('b', [hold('day', 100, 500)], T0 + HOUR);
      await store.limits.reserve('c', [hold('day', 100, 500)], T0 + 2 * HOUR);
      await store.limits.settle('b', MADE);
      await store.limits.settle('b', MADE);
      expect(await store.limits.expire(T0 + HOUR - 1)).toBe(0);
      expect(await store.limits.expire(T0 + HOUR)).toBe(1);
      expect(await store.limits.expire(T0 + HOUR)).toBe(0);
      expect(await store.limits.used('day')).toBe(200);
      await store.limits.settle('a', FAILED);
      expect(await store.limits.used('day')).toBe(200);
    });

    it('counts what was made after its hold had lapsed, whether or not there still is room', async () => {
      const holds = [hold('day', 300, 500), hold('month', 300, 900)];
      await store.limits.reserve('a', holds, T0 + HOUR);
      await store.limits.expire(T0 + HOUR);
      await store.limits.reserve('b', [hold('day', 400, 500)], T0 + 2 * HOUR);
      await store.limits.settle('a', MADE);
      await store.limits.settle('a', MADE);
      expect([await store.limits.used('day'), await store.limits.used('month')]).toEqual([700, 300]);
    });

    const REPORTS: readonly HoldReport[] = [
      MADE,
      { kind: 'made', at: T0 + 2 },
      FAILED,
      CANCELLED,
      refund('1', 100),
      refund('2', 50),
    ];

    it('counts the same in whatever order, however often, and however late things are reported', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(...REPORTS, 'lapse' as const), { maxLength: 7 }),
          async (reports) => {
            const counter = `day${run++}`;
            await store.limits.reserve(counter, [hold(counter, 300, 500)], T0 + HOUR);
            for (const report of reports) {
              if (report === 'lapse') await store.limits.expire(T0 + HOUR);
              else if (report.kind !== 'refunded') await store.limits.settle(counter, report);
              else await store.limits.settle(counter, { ...report, counters: [counter] });
            }
            expect(await store.limits.used(counter)).toBe(countedAfter(reports));
            await store.limits.expire(T0 + HOUR);
          },
        ),
        { numRuns: 60 },
      );
    });

    it.runIf(factory.shared)('settles the same decision from two instances at once', async () => {
      const other = await database.open();
      const names = Array.from({ length: 8 }, (_, index) => `d${index}`);
      for (const name of names) {
        await store.limits.reserve(name, [hold('day', 100, 900), hold(name, 100, 100)], T0 + HOUR);
        await store.limits.settle(name, FAILED);
      }
      expect(await store.limits.used('day')).toBe(0);
      const reports = [MADE, MADE, FAILED, refund('1', 30), refund('1', 30)];
      await Promise.all(
        names.flatMap((name) =>
          reports.map((report, index) =>
            (index % 2 === 0 ? store : other).limits.settle(
              name,
              report.kind === 'refunded' ? { ...report, counters: [name, 'day'] } : report,
            ),
          ),
        ),
      );
      expect(await store.limits.used('day')).toBe(8 * 70);
      for (const name of names) expect(await other.limits.used(name)).toBe(70);
      await other.close();
    });

    it.runIf(factory.shared)('holds a decision once that two instances reserve at once', async () => {
      const other = await database.open();
      for (let round = 0; round < 12; round++) {
        const day = `day${round}`;
        const answers = await Promise.all(
          [store, other, store, other].map(({ limits }) =>
            limits.reserve(`d${round}`, [hold(day, 100, 1000), hold(`${day}b`, 100, 100)], T0 + HOUR),
          ),
        );
        expect(answers).toEqual(answers.map(() => ({ reserved: true, used: [0, 0] })));
        expect([await store.limits.used(day), await store.limits.used(`${day}b`)]).toEqual([100, 100]);
      }
      await other.close();
    });

    it('forgets counters and holds thirty days after they could matter, not before', async () => {
      const periodEnd = T0 + 24 * HOUR;
      await store.limits.reserve('a', [hold('day', 300, 500)], T0 + HOUR);
      await store.limits.settle('a', MADE);
      await store.limits.expire(periodEnd + HOLD_MEMORY_MS - 1);
      await store.limits.settle('a', refund('1', 100));
      expect(await store.limits.used('day')).toBe(200);
      await store.limits.expire(periodEnd + HOLD_MEMORY_MS);
      expect(await store.limits.used('day')).toBe(0);
      // What is reported now changes nothing, not even where the counter has come into being again.
      await store.limits.reserve('b', [hold('day', 100, 500)], periodEnd + 2 * HOLD_MEMORY_MS);
      for (const report of [CANCELLED, refund('2', 100), { kind: 'made', at: T0 + 9 } as const])
        await store.limits.settle('a', report);
      expect(await store.limits.used('day')).toBe(100);
    });

    it('forgets a period that is long over only thirty days after it was used last', async () => {
      const longOver = { ...hold('day', 300, 500), periodEnd: T0 - 400 * 24 * HOUR };
      await store.limits.reserve('a', [longOver], T0 + HOUR);
      await store.limits.settle('a', MADE);
      await store.limits.expire(T0 + HOUR + HOLD_MEMORY_MS - 1);
      expect(await store.limits.used('day')).toBe(300);
      await store.limits.expire(T0 + HOUR + HOLD_MEMORY_MS);
      expect(await store.limits.used('day')).toBe(0);
    });

    it('keeps a counter until the later end, where two zones end its period at different times', async () => {
      await store.limits.reserve('a', [hold('day', 100, 500)], T0 + HOUR);
      const sooner = { ...hold('day', 100, 500), periodEnd: T0 + 10 * HOUR };
      await store.limits.reserve('b', [sooner], T0 + HOUR);
      for (const decision of ['a', 'b']) await store.limits.settle(decision, MADE);
      await store.limits.expire(T0 + 24 * HOUR + HOLD_MEMORY_MS - 1);
      expect(await store.limits.used('day')).toBe(200);
      await store.limits.expire(T0 + 24 * HOUR + HOLD_MEMORY_MS);
      expect(await store.limits.used('day')).toBe(0);
    });

    it('keeps a counter until the later end also where one decision holds of it twice', async () => {
      const sooner = { ...hold('day', 100, 500), periodEnd: T0 + 10 * HOUR };
      await store.limits.reserve('a', [hold('day', 100, 500), sooner], T0 + HOUR);
      await store.limits.settle('a', MADE);
      await store.limits.expire(T0 + 24 * HOUR + HOLD_MEMORY_MS - 1);
      expect(await store.limits.used('day')).toBe(200);
    });

    it('forgets no counter that a later payment used', async () => {
      await store.limits.reserve('a', [hold('day', 100, 500)], T0 + HOUR);
      await store.limits.settle('a', MADE);
      const later = T0 + 20 * 24 * HOUR;
      await store.limits.reserve('b', [hold('day', 100, 500)], later);
      await store.limits.settle('b', MADE);
      await store.limits.expire(T0 + 24 * HOUR + HOLD_MEMORY_MS);
      expect(await store.limits.used('day')).toBe(200);
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
        fc.record({
          do: fc.constant('settle' as const),
          decision: fc.integer({ min: 0, max: 5 }),
          report: fc.oneof<fc.Arbitrary<HoldReport>[]>(
            fc.record({
              kind: fc.constantFrom('made' as const, 'cancelled' as const),
              at: fc.integer({ min: 0, max: 3 }),
            }),
            fc.constant(FAILED),
            fc.record({
              kind: fc.constant('refunded' as const),
              id: fc.constantFrom('1', '2'),
              amount: fc.integer({ min: 1, max: 70 }),
              counters: fc.subarray(['0', '1', '2']),
            }),
          ),
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
            } else if (one.do === 'settle') {
              const report: HoldReport =
                one.report.kind === 'refunded'
                  ? { ...one.report, counters: one.report.counters.map((name: string) => prefix + name) }
                  : one.report;
              await store.limits.settle(decision, report);
              model.settle(decision, report);
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

/** What counts of 300 after reports, by the table in docs/rules.md. */
function countedAfter(reports: readonly (HoldReport | 'lapse')[]): number {
  const has = (wanted: HoldReport | 'lapse'): boolean => reports.includes(wanted);
  const refunded = [refund('1', 100), refund('2', 50)]
    .map((one) => (reports.some((report) => sameRefund(report, one)) ? one : undefined))
    .reduce((sum, one) => sum + (one?.kind === 'refunded' ? one.amount : 0), 0);
  const madeLast = reports.some(
    (report) => report !== 'lapse' && report.kind === 'made' && report.at > T0 + 1,
  );
  const made = madeLast || (has(MADE) && !has(CANCELLED));
  const over = has(FAILED) || has(CANCELLED) || has('lapse');
  return made || !over ? 300 - refunded : 0;
}

function sameRefund(a: HoldReport | 'lapse', b: HoldReport): boolean {
  return a !== 'lapse' && a.kind === 'refunded' && b.kind === 'refunded' && a.id === b.id;
}

interface ModelDecision {
  readonly answer: HoldResult;
  readonly holds: readonly Hold[];
  readonly reports: HoldReport[];
  readonly expiresAt: number;
  lapsed: boolean;
}

/** The meaning of limits in the plainest words: what is used is the sum of what is held. */
class LimitModel {
  readonly #decisions = new Map<string, ModelDecision>();

  used(counter: string): number {
    let used = 0;
    for (const one of this.#decisions.values()) {
      if (!one.answer.reserved || (!made(one) && (one.lapsed || over(one)))) continue;
      for (const { amount } of one.holds.filter((hold) => hold.counter === counter))
        used += Math.max(0, amount - refundedOn(one, counter));
    }
    return used;
  }

  reserve(decision: string, holds: readonly Hold[], expiresAt: number): HoldResult {
    const known = this.#decisions.get(decision);
    if (known && !(known.lapsed && !made(known))) return known.answer;
    if (known) this.#decisions.delete(decision);
    const over = holds.findIndex(({ counter, amount, cap }) => this.used(counter) + amount > cap);
    const reserved = over === -1;
    const used = (reserved ? holds : holds.slice(0, over + 1)).map(({ counter }) => this.used(counter));
    const answer = { reserved, used };
    this.#decisions.set(decision, { answer, holds, reports: [], expiresAt, lapsed: false });
    return answer;
  }

  settle(decision: string, report: HoldReport): void {
    const known = this.#decisions.get(decision);
    if (!known) return;
    known.reports.push(report);
    if (made(known)) known.lapsed = false;
  }

  expire(now: number): void {
    for (const [id, one] of this.#decisions) {
      if (one.expiresAt > now) continue;
      if (!made(one)) one.lapsed = true;
      // A refusal is remembered as long as a hold would have been.
      if (!one.answer.reserved) this.#decisions.delete(id);
    }
  }
}

function latest({ reports }: ModelDecision, kind: 'made' | 'cancelled'): number {
  return Math.max(-1, ...reports.map((report) => (report.kind === kind ? report.at : -1)));
}

function made(one: ModelDecision): boolean {
  return latest(one, 'made') > latest(one, 'cancelled');
}

function over({ reports }: ModelDecision): boolean {
  return reports.some(({ kind }) => kind === 'failed' || kind === 'cancelled');
}

function refundedOn({ reports }: ModelDecision, counter: string): number {
  const first = new Map<string, number>();
  for (const report of reports) {
    if (report.kind === 'refunded' && !first.has(report.id))
      first.set(report.id, report.counters.includes(counter) ? report.amount : 0);
  }
  return [...first.values()].reduce((sum, amount) => sum + amount, 0);
}
