import { describe, expect, it } from 'vitest';
import { afterLimits, type DueLimit } from '../../../src/decisions/limits/holds.js';
import { holdId } from '../../../src/decisions/record/decision-id.js';
import { LimitKeeper } from '../../../src/decisions/pipeline/limit-keeper.js';
import type { Hold } from '../../../src/decisions/ports.js';
import type { LimitUse } from '../../../src/decisions/record.js';
import { createMemoryLimits } from '../../../src/rehearsal/memory-limits.js';
import type { CumulativeLimit } from '../../../src/rules/document/document.js';
import { holdingOf } from '../../../src/decisions/limits/holding.js';
import type { EventInput } from '../../../src/decisions/decisions.js';
import type { StreamKind } from '../../../src/facts/attributes.js';

type LimitOutcome = NonNullable<CumulativeLimit['outcome']>;

const OUTCOMES: Readonly<Record<string, LimitOutcome>> = { soft: 'review', hard: 'reject', wall: 'block' };

function due(name: 'soft' | 'hard' | 'wall', cap: number | undefined): DueLimit {
  const limit: CumulativeLimit = {
    name,
    when: { all: [] },
    by: ['account'],
    period: 'day',
    cap: { minor: cap ?? 1, currency: 'USD' },
    reason: `limit.${name}`,
    outcome: OUTCOMES[name] ?? 'reject',
  };
  const one = { ruleSet: 'limits', limit, periodStart: 0 };
  if (cap === undefined) return { ...one, hold: undefined, unheld: { why: 'no-rate', lacks: '' } };
  return { ...one, hold: { counter: name, amount: 100, cap, periodEnd: 1 } };
}

function outcomeOf(uses: readonly LimitUse[]): string {
  return afterLimits({ outcome: 'accept', reasons: [], degraded: false }, uses, 100, (_, name) => ({
    ...due('hard', 1).limit,
    outcome: OUTCOMES[name] ?? 'reject',
  })).outcome;
}

describe('limits that only ask for a review', () => {
  it('count what goes on beyond their cap, and say so', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store);
    const outcomes: string[] = [];
    for (const id of ['a', 'b', 'c'])
      outcomes.push(outcomeOf(await keeper.reserve(id, [due('soft', 150)], 9)));
    expect(outcomes).toEqual(['accept', 'review', 'review']);
    expect(await store.used('soft')).toBe(300);
  });

  it('do not keep a payment from being held to the limits after them', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store);
    const outcomes: string[] = [];
    for (const id of ['a', 'b', 'c', 'd'])
      outcomes.push(outcomeOf(await keeper.reserve(id, [due('soft', 100), due('wall', 200)], 9)));
    expect(outcomes).toEqual(['accept', 'review', 'block', 'block']);
    expect(await store.used('wall')).toBe(200);
    expect(await store.used('soft')).toBe(200);
  });

  it('do not however much they count', async () => {
    const store = createMemoryLimits();
    const amount = Number.MAX_SAFE_INTEGER;
    const most: Hold = { counter: 'soft', amount, cap: amount, periodEnd: 1 };
    await store.reserve('most', [most], 9);
    const keeper = new LimitKeeper(store);
    const outcomes: string[] = [];
    for (const id of ['a', 'b'])
      outcomes.push(outcomeOf(await keeper.reserve(id, [due('soft', 150), due('hard', 100)], 9)));
    expect(outcomes).toEqual(['review', 'reject']);
    expect(await store.used('hard')).toBe(100);
  });

  it('do not either when they could not be held themselves', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store);
    const outcomes: string[] = [];
    for (const id of ['a', 'b'])
      outcomes.push(outcomeOf(await keeper.reserve(id, [due('soft', undefined), due('hard', 100)], 9)));
    expect(outcomes).toEqual(['review', 'reject']);
    expect(await store.used('hard')).toBe(100);
  });

  it('hold nothing where another limit could not be held and refuses', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store);
    const uses = await keeper.reserve('a', [due('soft', 500), due('hard', undefined)], 9);
    expect(outcomeOf(uses)).toBe('reject');
    expect(await store.used('soft')).toBe(0);
  });
});

/** What counts of 100 after events, of a decision that was made when refunds were so. */
async function countedAfter(
  kinds: readonly (readonly [StreamKind, number])[],
  refunds: 'restore' | 'keep',
): Promise<number> {
  const store = createMemoryLimits();
  const keeper = new LimitKeeper(store);
  const limit = due('hard', 500);
  const decided = refunds === 'restore' ? { ...limit, limit: { ...limit.limit, refunds } } : limit;
  const limits = await keeper.reserve('a', [decided], 9);
  const base = { minor: 100, currency: 'USD' };
  const payment = { id: 'a', holding: holdingOf({ limits, base }) };
  for (const [index, [kind, eventTime]] of kinds.entries()) {
    const input = { eventId: `e${index}`, kind, eventTime };
    await keeper.settle(payment, input as unknown as EventInput, 40);
  }
  return store.used('hard');
}

describe('what is reported of a payment that is held against a limit', () => {
  it.each<readonly [number, readonly (readonly [StreamKind, number])[]]>([
    [100, [['authorised', 1]]],
    [100, [['captured', 1]]],
    [0, [['declined', 1]]],
    [0, [['abandoned', 1]]],
    [0, [['cancelled', 1]]],
    [100, [['sent-to-issuer', 1]]],
    [
      100,
      [
        ['authorised', 2],
        ['declined', 1],
      ],
    ],
    [
      100,
      [
        ['authorised', 2],
        ['abandoned', 3],
      ],
    ],
    [
      0,
      [
        ['authorised', 1],
        ['captured', 2],
        ['cancelled', 3],
      ],
    ],
    [
      0,
      [
        ['cancelled', 3],
        ['authorised', 1],
      ],
    ],
    [
      100,
      [
        ['cancelled', 1],
        ['captured', 2],
      ],
    ],
  ])('leaves %i of 100 after %j', async (counted, kinds) => {
    expect(await countedAfter(kinds, 'keep')).toBe(counted);
  });

  it('gives a refund back where the limit said so when it decided, and keeps it where not', async () => {
    const kinds = [
      ['authorised', 1],
      ['refunded', 2],
    ] as const;
    expect(await countedAfter(kinds, 'restore')).toBe(60);
    expect(await countedAfter(kinds, 'keep')).toBe(100);
  });
});

describe('a store that refuses without a reason in its figures', () => {
  it('is believed: nothing goes on without having been held', async () => {
    const store = { ...createMemoryLimits(), reserve: async () => ({ reserved: false, used: [10, 20] }) };
    const keeper = new LimitKeeper(store);
    const uses = await keeper.reserve('a', [due('soft', 500), due('hard', 500)], 9);
    expect(outcomeOf(uses)).toBe('reject');
  });
});

describe('a decision that was lost after it had reserved', () => {
  const dueOn = (counter: string, amount: number): DueLimit => ({
    ...due('hard', 500),
    hold: { counter, amount, cap: 500, periodEnd: 1 },
  });

  it('holds once when it is made again', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store);
    const first = await keeper.reserve('a', [dueOn('monday', 100)], 9);
    expect(await keeper.reserve('a', [dueOn('monday', 100)], 9)).toEqual(first);
    expect(await store.used('monday')).toBe(100);
  });

  it('holds anew when it is made again on another day, or for another amount', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store);
    for (const [counter, amount] of [
      ['monday', 100],
      ['tuesday', 100],
      ['tuesday', 300],
    ] as const)
      expect(outcomeOf(await keeper.reserve('a', [dueOn(counter, amount)], 9))).toBe('accept');
    expect(await store.used('tuesday')).toBe(400);
    // What nobody came back for lapses; until then it takes room.
    expect(await store.used('monday')).toBe(100);
  });
});

describe('limits of one counter', () => {
  it('are asked for at once in the order of admission; reports, together too, have their turn among them', async () => {
    const memory = createMemoryLimits();
    const begun: string[] = [];
    let goOn: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let reported: () => void = () => undefined;
    const slowReport = new Promise<void>((resolve) => {
      reported = resolve;
    });
    const keeper = new LimitKeeper({
      ...memory,
      async reserve(decision, holds, expiresAt) {
        begun.push(decision);
        const result = memory.reserve(decision, holds, expiresAt);
        await slow;
        return result;
      },
      async settle(decision, report) {
        begun.push(report.kind);
        await memory.settle(decision, report);
        await slowReport;
      },
    });
    const first = keeper.reserve('first', [due('hard', 150)], 9);
    const second = keeper.reserve('second', [due('hard', 150)], 9);
    const held = await new LimitKeeper(createMemoryLimits()).reserve('first', [due('hard', 150)], 9);
    const holding = holdingOf({ limits: held, base: { minor: 100, currency: 'USD' } });
    const declined = { eventId: 'e', kind: 'declined', eventTime: 1 } as unknown as EventInput;
    const made = keeper.settle({ id: 'earlier', holding }, { ...declined, kind: 'authorised' }, 0);
    const freed = keeper.settle({ id: 'first', holding }, declined, 0);
    const third = keeper.reserve('third', [due('hard', 150)], 9);
    const other = keeper.reserve('other', [due('wall', 150)], 9);
    await new Promise((resolve) => setImmediate(resolve));
    const id = (name: string, counter: string) => holdId(name, 100, [counter]);
    expect(begun).toEqual([id('first', 'hard'), id('second', 'hard'), id('other', 'wall')]);
    goOn();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun.slice(3)).toEqual(['made', 'failed']);
    reported();
    await Promise.all([made, freed]);
    const outcomes = await Promise.all([first, second, third, other]);
    expect(outcomes.map(outcomeOf)).toEqual(['accept', 'reject', 'accept', 'accept']);
    expect(begun.slice(5)).toEqual([id('third', 'hard')]);
  });
});

describe('a store that does not answer for a counter', () => {
  it('is waited for once by all that waits for its turn, and asked again by what comes later', async () => {
    const memory = createMemoryLimits();
    let giveUp: () => void = () => undefined;
    const given = new Promise<void>((resolve) => (giveUp = resolve));
    let asked = 0;
    const keeper = new LimitKeeper({
      ...memory,
      async settle(decision, report) {
        asked += 1;
        if (asked > 1) return memory.settle(decision, report);
        await given;
        throw new Error('it does not answer');
      },
    });
    const limits = await keeper.reserve('a', [due('hard', 500)], 9);
    const payment = { id: 'a', holding: holdingOf({ limits, base: { minor: 100, currency: 'USD' } }) };
    const settle = (eventId: string) =>
      keeper.settle(payment, { eventId, kind: 'declined', eventTime: 1 } as unknown as EventInput, 0);
    const waiting = ['1', '2', '3'].map((id) => settle(id));
    const reserved = keeper.reserve('b', [due('hard', 500)], 9);
    const elsewhere = keeper.reserve('c', [due('wall', 500)], 9);
    giveUp();
    const results = await Promise.allSettled([...waiting, reserved, elsewhere]);
    expect(results.map(({ status }) => status)).toEqual([...Array(4).fill('rejected'), 'fulfilled']);
    expect(asked).toBe(1);
    await settle('4');
    expect(asked).toBe(2);
    expect(await memory.used('hard')).toBe(0);
  });
});
