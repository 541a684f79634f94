import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../src/decisions/evaluate/evaluate.js';
import type { ShadowPlan } from '../../../src/decisions/evaluate/shadow-plan.js';
import type { DecisionRecord } from '../../../src/decisions/record.js';
import { ShadowQueue } from '../../../src/decisions/shadow/shadow-queue.js';
import type { ShadowBatch, TallyBucket } from '../../../src/decisions/shadow/shadow-store.js';
import type { ShadowWork } from '../../../src/decisions/shadow/shadowing.js';
import type { DropReason } from '../../../src/rules/publish/shadow-tally.js';
import type { World } from '../../../src/world/world.js';
import { pairRules } from '../../../src/rules/publish/shadow-difference.js';
import { program } from '../../rules/publish/small-program.js';

const NOW = Date.UTC(2026, 2, 2, 12, 30);
const HOUR = 3_600_000;
/** How long a program takes, microseconds. */
const TAKES = 100;

/** A queue whose clock moves by hand, over a store that answers when it is told to. */
function stage(room = 10, differences = 100) {
  let us = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const world: World = {
    clock: { now: () => NOW + us / 1000, monotonicUs: () => us },
    timers: {
      after(ms, callback) {
        const timer = { at: us + ms * 1000, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
      soon: () => {
        throw new Error('the queue never goes before decisions');
      },
    },
    randomBytes: (length) => new Uint8Array(length).fill(7),
  };
  const batches: ShadowBatch[] = [];
  const answers: ((error?: Error) => void)[] = [];
  const told: (DropReason | 'compared')[] = [];
  const troubles: unknown[] = [];
  const away = { is: false };
  const queue = new ShadowQueue({
    isEmbargo: () => false,
    storeUp: () => !away.is,
    store: {
      add: (batch) =>
        new Promise((resolve, reject) => {
          batches.push(batch);
          answers.push((error) => (error === undefined ? resolve() : reject(error)));
        }),
      trim: async () => undefined,
    },
    world,
    observer: {
      shadowCompared: () => void told.push('compared'),
      shadowDropped: (reason) => void told.push(reason),
    },
    failed: (error) => void troubles.push(error),
    room,
    differences,
  });
  const live = program([['a', 'accept', 'none', 0]]);
  const shadow = program([['a', 'reject', 'none', 0]]);
  const plan: ShadowPlan = {
    staged: { ruleSet: 'cards', scope: 'all', version: 2, stage: 'shadow', since: 5, sinceAt: 0 },
    program: {
      ...shadow,
      evaluate: ([hit]: readonly unknown[]) => {
        us += TAKES;
        if (hit === 'fails') throw new Error('a bug');
        return Uint8Array.of(Number(hit));
      },
      verdict: (states: Uint8Array) => shadow.judge([...states]).verdict,
    } as unknown as ShadowPlan['program'],
    pairs: pairRules(live, shadow),
    liveVersion: 1,
    more: () => [],
    values: (decided) => decided,
  };
  const work = (id: string, hit: unknown = 0, change: Partial<ShadowWork> = {}): ShadowWork => ({
    plan,
    more: [],
    evaluation: { ...live.judge([0]), values: [hit], authentication: 'possible' } as unknown as Evaluation,
    record: { id, site: 's', eventTime: NOW, base: { minor: 10, currency: 'USD' } } as DecisionRecord,
    ...change,
  });
  return {
    queue,
    batches,
    told,
    troubles,
    away,
    work,
    answer: async (error?: Error) => {
      answers.shift()?.(error);
      await turns();
    },
    /** Lets time pass, and everything happen that is due then. */
    pass: async (ms: number): Promise<void> => {
      const until = us + ms * 1000;
      for (;;) {
        const due = timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((other) => other !== due);
        us = Math.max(us, due.at);
        due.callback();
        await turns();
      }
      us = Math.max(us, until);
    },
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function bucketsOf(batches: readonly ShadowBatch[]): readonly TallyBucket[] {
  return batches.flatMap(({ additions }) => additions.flatMap(({ buckets }) => buckets));
}

describe('the queue of shadow work', () => {
  it('does nothing while work is offered, and then a little at a time', async () => {
    const { queue, told, work, pass } = stage(20);
    for (let index = 0; index < 20; index++) queue.offer(work(`d${String(index)}`));
    expect([queue.depth, told.length]).toEqual([20, 0]);
    // Half a millisecond of work for each that is left to decisions.
    await pass(20);
    expect(told.length).toBe(5);
    await pass(0.9);
    expect(told.length).toBe(5);
    await pass(0.1);
    expect(told.length).toBe(10);
    await pass(3);
    expect([queue.depth, told.length]).toEqual([0, 20]);
  });

  it('drops what finds no room and what is cold, and counts that where the payment counts', async () => {
    const { queue, batches, told, work, pass } = stage(2);
    for (const id of ['a', 'b', 'c', 'd']) queue.offer(work(id));
    queue.offer(work('e', 0, { more: undefined }));
    expect(told).toEqual(['busy', 'busy', 'cold']);
    await pass(1_000);
    expect(bucketsOf(batches)).toMatchObject([
      {
        hour: NOW - HOUR / 2,
        liveVersion: 1,
        tally: { compared: 2, dropped: { busy: 2, cold: 1, closing: 0, failed: 0 } },
      },
    ]);
  });

  it('stores again and again what it gathered, and each batch again until it is stored', async () => {
    const { queue, batches, troubles, work, answer, pass } = stage();
    queue.offer(work('a', 1));
    await pass(1_000);
    queue.offer(work('b', 1));
    await pass(1_000);
    expect(batches).toHaveLength(1);
    const away = new Error('away');
    await answer(away);
    await pass(1_000);
    expect(troubles).toEqual([away]);
    expect(batches).toHaveLength(2);
    expect(batches[1]).toBe(batches[0]);
    await answer();
    expect(batches).toHaveLength(3);
    expect(batches.map(({ writer, number }) => [writer, number])).toEqual([
      ['0707070707070707', 1],
      ['0707070707070707', 1],
      ['0707070707070707', 2],
    ]);
    const ids = batches.map(({ additions }) =>
      additions.flatMap(({ differences }) => differences.map(({ decision }) => decision)),
    );
    expect(ids).toEqual([['a'], ['a'], ['b']]);
    await answer();
    await pass(5_000);
    expect(batches).toHaveLength(3);
  });

  it('asks nothing of a store that is known to be away, and stores it all when that is back', async () => {
    const { queue, batches, troubles, away, work, pass } = stage();
    away.is = true;
    queue.offer(work('a', 1));
    await pass(120_000);
    expect([batches, troubles]).toEqual([[], []]);
    queue.offer(work('b', 1));
    away.is = false;
    await pass(1_000);
    expect(bucketsOf(batches)).toMatchObject([{ tally: { compared: 2 } }]);
  });

  it('keeps differences up to a rate, twenty seconds of them at once, and counts the others', async () => {
    const { queue, batches, work, answer, pass } = stage(100, 2);
    const some = async (count: number): Promise<void> => {
      for (let number = 0; number < count; number++) queue.offer(work(String(number), 1));
      await pass(1_000);
      await answer();
    };
    await some(50);
    for (let second = 0; second < 5; second++) await some(2);
    await some(10);
    await pass(9_000);
    await some(30);
    const kept = batches.flatMap(({ additions }) =>
      additions.map(({ differences, unkept }) => [differences.length, unkept]),
    );
    expect(kept.slice(0, 2)).toEqual([
      [40, 10],
      [2, 0],
    ]);
    // At the rate, nothing is lost.
    expect(kept.slice(1, 6)).toEqual(Array.from({ length: 5 }, () => [2, 0]));
    expect(kept.slice(6).flat()).toEqual([2, 8, 20, 10]);
  });

  it('goes on where a program fails, and counts it', async () => {
    const { queue, batches, told, troubles, work, pass } = stage();
    queue.offer(work('a', 'fails'));
    queue.offer(work('b'));
    await pass(1_000);
    expect(told).toEqual(['failed', 'compared']);
    expect(bucketsOf(batches)).toMatchObject([{ tally: { compared: 1, dropped: { failed: 1 } } }]);
    expect(troubles).toMatchObject([{ message: 'a bug' }]);
  });

  it('ends what waits when it is closed, drops what there is no time for, and stores it all', async () => {
    const { queue, batches, told, work, answer, pass } = stage(50);
    for (let index = 0; index < 50; index++) queue.offer(work(`d${String(index)}`));
    const closed = queue.close(3);
    await turns();
    await pass(3);
    expect(told.filter((what) => what === 'closing').length).toBeGreaterThan(0);
    queue.offer(work('late'));
    await answer();
    await closed;
    const [bucket] = bucketsOf(batches);
    expect((bucket?.tally.compared ?? 0) + (bucket?.tally.dropped.closing ?? 0)).toBe(50);
    expect(bucket?.tally.compared).toBeGreaterThan(5);
    expect(told).toHaveLength(51);
  });
});
