import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTE_INDEX, ATTRIBUTES } from '../../../src/facts/attributes.js';
import { EmptyKeys } from '../../../src/facts/velocity/keys/empty-keys.js';
import { KeyEntries } from '../../../src/facts/velocity/keys/key-entries.js';
import { parseVelocity } from '../../../src/facts/velocity/specs/parse.js';
import type { Params } from '../../../src/facts/velocity/specs/parse.js';
import { planWindows } from '../../../src/facts/velocity/plan.js';
import type { HistorySpec } from '../../../src/facts/velocity/specs/specs.js';
import { StreamWindows } from '../../../src/facts/velocity/windows.js';
import { hashOf, START, ZONES } from './generate.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('the memory that windows say they take', () => {
  it.each<[string, number, number, Params[]]>([
    ['keys with nothing', 120_000, 0, [{ fn: 'count', by: 'ip', window: '1h', events: 'declined' }]],
    ['keys with a payment', 80_000, 1, [{ fn: 'sum', by: 'ip', window: '24h' }]],
    ['keys with three', 60_000, 3, [{ fn: 'sum', by: 'ip', window: '24h' }]],
    ['keys with a combination', 80_000, 2, [{ fn: 'count', by: ['ip', 'bin'], window: '24h' }]],
    ['keys with forty', 8000, 40, [{ fn: 'sum', by: 'ip', window: '24h' }]],
    [
      'keys with a thousand',
      240,
      1000,
      [
        { fn: 'sum', by: 'ip', window: '24h' },
        { fn: 'distinct', of: 'card', by: 'ip', window: '24h' },
      ],
    ],
  ])('is what they take, within 30 percent: %s', (_, keys, rows, asked) => {
    // Room is taken in slabs of up to a megabyte ahead of its use: so many keys that this does not matter.
    // The code itself takes memory when it first runs.
    fill(asked, 100, rows);
    const before = used();
    const windows = fill(asked, keys, rows);
    const taken = used() - before;
    const { bytes, keys: kept } = windows.stats();
    expect(kept).toBe(keys);
    expect(bytes / taken).toBeGreaterThan(0.7);
    expect(bytes / taken).toBeLessThan(1.3);
  });
});

describe('the memory that money of orders is said to take', () => {
  it('is what it takes, within 30 percent', () => {
    const asked = ['paidMinor', 'troubledShare', 'troubledMoneyShare'] as const;
    const histories = asked.map((what) => ({ by: ['ip'] as const, what, ms: 86_400_000, goodAfterMs: 0 }));
    fill([], 10, 1000, histories);
    const before = used();
    const windows = fill([], 100, 3000, histories);
    const taken = used() - before;
    const { bytes } = windows.stats();
    expect(bytes / taken).toBeGreaterThan(0.7);
    expect(bytes / taken).toBeLessThan(1.3);
  });
});

describe('EmptyKeys', () => {
  it('is bounded, and remembers at least the later half', () => {
    const keys = new EmptyKeys(1000);
    for (let key = 1; key <= 5000; key++) {
      keys.add(key, key * 60_000);
      expect(keys.size).toBeLessThanOrEqual(1000);
      for (const back of [0, 250, 499]) {
        const earlier = key - back;
        if (earlier > 0) expect(keys.get(earlier)).toBe(earlier * 60_000);
      }
    }
    expect(keys.get(1)).toBeUndefined();
    keys.delete(4999);
    expect(keys.get(4999)).toBeUndefined();
    expect(keys.get(5000)).toBe(5000 * 60_000);
  });
});

describe('KeyEntries', () => {
  const { definitions } = planWindows(questions([{ fn: 'count', by: 'ip', window: '1h' }]), hashOf);
  const [definition] = definitions;

  it('keep any value, and never claim to go further back than was read', () => {
    if (definition === undefined) throw new Error('no definition');
    const entries = new KeyEntries();
    entries.define(0, definition);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.integer(), (load, from) => {
        const entry = entries.take(0, load);
        expect(entries.load(entry)).toBe(load);
        expect(entries.from(entry)).toBe(Infinity);
        entries.setFrom(entry, from * 1000);
        expect(entries.from(entry)).toBeGreaterThanOrEqual(from * 1000);
        expect(entries.from(entry)).toBeLessThan(from * 1000 + 60_000);
      }),
    );
    const entry = entries.take(0, 1);
    entries.setFrom(entry, -Infinity);
    expect(entries.from(entry)).toBe(-Infinity);
  });
});

/** With histories all events are captures, each of an order of its own, told later. */
function fill(
  asked: readonly Params[],
  keys: number,
  rows: number,
  histories: readonly HistorySpec[] = [],
): StreamWindows {
  const plan = planWindows({ ...questions(asked), histories }, hashOf);
  const windows = new StreamWindows(plan, { maxBytes: 2 ** 30 });
  const late = histories.length > 0 ? 1 : 0;
  let seq = 0;
  for (let row = 0; row < Math.max(rows, 1); row++) {
    for (let key = 1; key <= keys; key++) {
      const attributes = ATTRIBUTES.map(() => 0.5);
      attributes[ATTRIBUTE_INDEX.ip] = key * 2 ** 33 + Math.imul(key, 0x9e3779b1);
      attributes[ATTRIBUTE_INDEX.bin] = 5;
      attributes[ATTRIBUTE_INDEX.card] = row + 1;
      attributes[ATTRIBUTE_INDEX.order] = row + 1;
      const at = START + row * 1000 + (key % 1000);
      const draft = {
        log: 1,
        seq: ++seq,
        kind: late > 0 ? ('captured' as const) : ('payment' as const),
        at,
        knownAt: at + late,
        paymentAt: at,
        minor: 5,
        baseMinor: 5,
      };
      const event = { ...draft, attributes };
      const payment = windows.ask(event);
      for (const range of payment.ranges) windows.loaded(range, []);
      for (const index of asked.keys()) payment.velocity(index, ZONES);
      for (const index of histories.keys()) payment.history(index);
      if (rows > 0) windows.insert(event);
      payment.release();
      windows.settled(event);
    }
  }
  return windows;
}

function questions(asked: readonly Params[]): Parameters<typeof planWindows>[0] {
  const velocities = asked.map((params) => {
    const parsed = parseVelocity(params);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    return parsed.ok;
  });
  return { velocities, histories: [], habits: [] };
}

/** Bytes in use. */
function used(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
