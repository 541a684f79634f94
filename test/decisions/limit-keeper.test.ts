import { describe, expect, it } from 'vitest';
import { afterLimits, type DueLimit } from '../../src/decisions/limit-holds.js';
import { LimitKeeper } from '../../src/decisions/limit-keeper.js';
import type { LimitUse } from '../../src/decisions/record.js';
import { createMemoryLimits } from '../../src/rehearsal/memory-limits.js';
import type { CumulativeLimit } from '../../src/rules/document.js';

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
  const hold = cap === undefined ? undefined : { counter: name, amount: 100, cap, periodEnd: 1 };
  return { ruleSet: 'limits', limit, periodStart: 0, hold };
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
    const keeper = new LimitKeeper(store, () => undefined);
    const outcomes: string[] = [];
    for (const id of ['a', 'b', 'c'])
      outcomes.push(outcomeOf(await keeper.reserve(id, [due('soft', 150)], 9)));
    expect(outcomes).toEqual(['accept', 'review', 'review']);
    expect(await store.used('soft')).toBe(300);
  });

  it('do not keep a payment from being held to the limits after them', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store, () => undefined);
    const outcomes: string[] = [];
    for (const id of ['a', 'b', 'c', 'd'])
      outcomes.push(outcomeOf(await keeper.reserve(id, [due('soft', 100), due('wall', 200)], 9)));
    expect(outcomes).toEqual(['accept', 'review', 'block', 'block']);
    expect(await store.used('wall')).toBe(200);
    expect(await store.used('soft')).toBe(200);
  });

  it('do not either when they could not be held themselves', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store, () => undefined);
    const outcomes: string[] = [];
    for (const id of ['a', 'b'])
      outcomes.push(outcomeOf(await keeper.reserve(id, [due('soft', undefined), due('hard', 100)], 9)));
    expect(outcomes).toEqual(['review', 'reject']);
    expect(await store.used('hard')).toBe(100);
  });

  it('hold nothing where another limit could not be held and refuses', async () => {
    const store = createMemoryLimits();
    const keeper = new LimitKeeper(store, () => undefined);
    const uses = await keeper.reserve('a', [due('soft', 500), due('hard', undefined)], 9);
    expect(outcomeOf(uses)).toBe('reject');
    expect(await store.used('soft')).toBe(0);
  });
});

describe('a store that refuses without a reason in its figures', () => {
  it('is believed: nothing goes on without having been held', async () => {
    const store = { ...createMemoryLimits(), reserve: async () => ({ reserved: false, used: [10, 20] }) };
    const keeper = new LimitKeeper(store, () => undefined);
    const uses = await keeper.reserve('a', [due('soft', 500), due('hard', 500)], 9);
    expect(outcomeOf(uses)).toBe('reject');
  });
});
