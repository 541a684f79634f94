import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHistogram } from '../../src/cli/stream/histogram.js';
import { interleave } from '../../src/cli/stream/interleave.js';
import type { LaneProtocol } from '../../src/cli/stream/lane.js';
import { pump, type PumpOptions } from '../../src/cli/stream/pump.js';
import type { LaterKnown, MappedRow } from '../../src/cli/mapping/map-row.js';

describe('the histogram', () => {
  it('tells percentiles to 2 %', () => {
    const durations = fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const histogram = createHistogram();
        for (const ms of list) histogram.add(ms);
        const sorted = list.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(share * list.length) - 1)] ?? 0;
        const told = histogram.percentile(share);
        if (share > 0) {
          expect(told).toBeGreaterThanOrEqual(exact * 0.999);
          expect(told).toBeLessThanOrEqual(exact * 1.021);
        }
        expect(histogram.max).toBe(sorted.at(-1));
        expect(histogram.count).toBe(list.length);
      }),
    );
  });

  it('is 0 without any', () => {
    expect(createHistogram().percentile(0.5)).toBe(0);
  });
});

interface Item {
  readonly key: string;
  readonly id: number;
}

/** A server that answers each message after a while, one message at a time and in order. */
function fakeServer(options: { dieAfter?: number; endAfter?: number; split?: boolean } = {}) {
  const seen: Item[][] = [];
  const answered: Item[] = [];
  let open = 0;
  let mostOpen = 0;
  let largest = 0;
  const protocol: LaneProtocol<Item, readonly Item[], readonly Item[], Item> = {
    async *open(requests) {
      const lane: Item[] = [];
      seen.push(lane);
      let messages = 0;
      for await (const items of requests) {
        open += items.length;
        mostOpen = Math.max(mostOpen, open);
        largest = Math.max(largest, items.length);
        lane.push(...items);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        messages++;
        if (messages === options.dieAfter) throw new Error('the server died');
        if (options.split === true) for (const item of items) yield [item];
        else yield items;
        if (messages === options.endAfter) return;
      }
    },
    request: (items) => items,
    results: (items) => items,
    elapsed: () => 0,
    answered(item, result) {
      expect(result).toBe(item);
      answered.push(item);
      open--;
    },
  };
  return { protocol, seen, answered, mostOpen: () => mostOpen, largest: () => largest };
}

async function* source(items: readonly Item[], chunk: number): AsyncGenerator<readonly Item[]> {
  for (let at = 0; at < items.length; at += chunk) yield items.slice(at, at + chunk);
}

const settings = (more: Partial<PumpOptions<Item>> = {}): PumpOptions<Item> => ({
  streams: 1,
  batch: 8,
  inFlight: 32,
  rate: undefined,
  laneKey: (item) => item.key,
  counts: () => true,
  elapsed: () => 0,
  sleep: async () => undefined,
  ...more,
});

describe('sending', () => {
  it('keeps the order of the file on one stream, and of each key on several; all is answered once', async () => {
    const cases = fc.record({
      keys: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 120 }),
      streams: fc.integer({ min: 1, max: 4 }),
      batch: fc.integer({ min: 1, max: 10 }),
      inFlight: fc.integer({ min: 1, max: 40 }),
      chunk: fc.integer({ min: 1, max: 50 }),
      split: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ keys, streams, batch, inFlight, chunk, split }) => {
        const items = keys.map((key, id) => ({ key, id }));
        const server = fakeServer({ split });
        await pump(source(items, chunk), server.protocol, settings({ streams, batch, inFlight }));
        expect(server.answered.toSorted((a, b) => a.id - b.id)).toEqual(items);
        if (streams === 1) expect(server.seen[0] ?? []).toEqual(items);
        for (const lane of server.seen) {
          for (const key of new Set(keys)) {
            const ids = lane.filter((item) => item.key === key).map((item) => item.id);
            if (ids.length > 0)
              expect(ids).toEqual(items.filter((item) => item.key === key).map((item) => item.id));
          }
        }
        expect(server.largest()).toBeLessThanOrEqual(batch);
        expect(server.mostOpen()).toBeLessThanOrEqual(Math.max(inFlight, batch * streams));
      }),
      { numRuns: 60 },
    );
  });

  it('reads no further ahead of the answers than it may', async () => {
    let read = 0;
    const server = fakeServer();
    async function* endless(): AsyncGenerator<readonly Item[]> {
      for (let id = 0; id < 5000; id++) {
        read++;
        yield [{ key: 'a', id }];
        expect(read - server.answered.length).toBeLessThanOrEqual(32 + 8 * 6);
      }
    }
    await pump(endless(), server.protocol, settings());
    expect(server.answered).toHaveLength(5000);
  });

  it('fails, and reads no more, when the stream fails', async () => {
    const server = fakeServer({ dieAfter: 3 });
    const items = Array.from({ length: 10_000 }, (_, id) => ({ key: 'a', id }));
    let read = 0;
    async function* counted(): AsyncGenerator<readonly Item[]> {
      for await (const part of source(items, 8)) {
        read += part.length;
        yield part;
      }
    }
    await expect(pump(counted(), server.protocol, settings())).rejects.toThrow('the server died');
    expect(read).toBeLessThan(200);
  });

  it('fails when the server ends the stream before all is answered', async () => {
    const items = Array.from({ length: 100 }, (_, id) => ({ key: 'a', id }));
    const early = fakeServer({ endAfter: 2 });
    await expect(pump(source(items, 10), early.protocol, settings())).rejects.toThrow(
      'ended the stream early',
    );
  });

  it('sends what was read before a line that fails, then fails', async () => {
    const server = fakeServer();
    async function* broken(): AsyncGenerator<readonly Item[]> {
      yield [1, 2, 3].map((id) => ({ key: 'a', id }));
      throw new Error('line 4: not JSON');
    }
    await expect(pump(broken(), server.protocol, settings())).rejects.toThrow('line 4: not JSON');
    expect(server.answered.map((item) => item.id)).toEqual([1, 2, 3]);
  });

  it('opens no stream when there is nothing to send', async () => {
    const server = fakeServer();
    async function* failing(): AsyncGenerator<readonly Item[]> {
      yield [];
      throw new Error('the site cannot be put');
    }
    await expect(pump(failing(), server.protocol, settings({ streams: 3 }))).rejects.toThrow(
      'the site cannot be put',
    );
    await pump(source([], 1), server.protocol, settings());
    expect(server.seen).toEqual([]);
  });

  it('keeps to the rate', async () => {
    let now = 0;
    const server = fakeServer();
    const items = Array.from({ length: 500 }, (_, id) => ({ key: 'a', id }));
    const sleep = async (ms: number): Promise<void> => void (now += ms);
    await pump(source(items, 64), server.protocol, settings({ rate: 100, elapsed: () => now, sleep }));
    expect(now).toBeGreaterThan(4900);
    expect(now).toBeLessThan(5100);
    expect(server.largest()).toBeLessThanOrEqual(2);
  });

  it('stops within a moment when it is told to, at any rate, and waits for the answers that are due', async () => {
    let now = 0;
    const server = fakeServer();
    const items = Array.from({ length: 500 }, (_, id) => ({ key: 'a', id }));
    const sleep = async (ms: number): Promise<void> => void (now += ms);
    const stopped = (): boolean => now >= 2500;
    await pump(
      source(items, 500),
      server.protocol,
      settings({ rate: 1, elapsed: () => now, sleep, stopped }),
    );
    expect(now).toBeLessThanOrEqual(2600);
    expect(server.answered.map((item) => item.id)).toEqual([0, 1, 2]);
  });
});

describe('interleaving', () => {
  it('puts all that became known between the payments, at its moment, and forgets nothing', async () => {
    const rows = fc.array(fc.record({ gap: fc.nat(5), delays: fc.array(fc.nat(20), { maxLength: 3 }) }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 7 }), async (list, chunk) => {
        let at = 0;
        const mapped = list.map(({ gap, delays }, id): MappedRow => {
          at += gap;
          const later = delays.map((delay): LaterKnown => ({
            kind: 'label',
            knownAt: at + delay,
            fraud: true,
          }));
          return { at, requestId: String(id), payment: {} as never, fraud: true, later };
        });
        async function* parts(): AsyncGenerator<readonly MappedRow[]> {
          for (let i = 0; i < mapped.length; i += chunk) yield mapped.slice(i, i + chunk);
        }
        const sent: { at: number; event: boolean; id: string }[] = [];
        const items = interleave(
          parts(),
          (row) => ({ at: row.at, event: false, id: row.requestId }),
          (row, later) => ({ at: later.knownAt, event: true, id: row.requestId }),
        );
        for await (const part of items) sent.push(...part);
        expect(sent.map((item) => item.at)).toEqual(sent.map((item) => item.at).toSorted((a, b) => a - b));
        expect(sent.filter((item) => !item.event).map((item) => item.id)).toEqual(
          mapped.map((row) => row.requestId),
        );
        expect(sent.filter((item) => item.event)).toHaveLength(mapped.flatMap((row) => row.later).length);
        const paid = new Set<string>();
        for (const item of sent) {
          if (item.event) expect(paid.has(item.id)).toBe(true);
          else paid.add(item.id);
        }
      }),
    );
  });
});
