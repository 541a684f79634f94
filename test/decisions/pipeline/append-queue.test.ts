import { describe, expect, it } from 'vitest';
import { AppendQueue, type Staged } from '../../../src/decisions/pipeline/append-queue.js';
import type { AppendResult, JournalEntry } from '../../../src/decisions/ports.js';
import { ATTRIBUTES } from '../../../src/facts/attributes.js';
import type { StreamEvent } from '../../../src/facts/stream.js';

function event(seq: number): StreamEvent {
  const attributes = ATTRIBUTES.map(() => 0);
  return {
    log: 1,
    seq,
    kind: 'payment',
    at: 0,
    knownAt: 0,
    paymentAt: 0,
    minor: 1,
    baseMinor: 1,
    attributes,
  };
}

describe('AppendQueue', () => {
  it('loses only the entry that cannot be made, takes its event back and goes on', async () => {
    const stored: string[] = [];
    const lost: string[] = [];
    const retracted: number[] = [];
    const queue = new AppendQueue({
      journal: {
        append: async (entries: readonly JournalEntry[]): Promise<readonly AppendResult[]> =>
          entries.map(() => 'stored'),
      },
      appendsInFlight: 1,
      retract: ({ seq }) => retracted.push(seq),
      unconfirmed: () => undefined,
    });
    const staged = (id: string, seq: number, broken: boolean): Staged => ({
      id,
      event: event(seq),
      ready: undefined,
      append: () => {
        if (broken) throw new TypeError('cannot be written as JSON');
        const entry = {
          id,
          alias: undefined,
          event: event(seq),
          keys: [],
          decision: undefined,
          report: undefined,
        };
        return { entry, holding: undefined, stored: () => stored.push(id), duplicate: async () => undefined };
      },
      caller: { fail: (error) => lost.push(`${id}: ${String(error)}`) },
    });
    queue.stage(staged('a', 1, false));
    queue.stage(staged('b', 2, true));
    queue.stage(staged('c', 3, false));
    await queue.send();
    await queue.drain();
    expect({ stored, lost, retracted }).toEqual({
      stored: ['a', 'c'],
      lost: ['b: TypeError: cannot be written as JSON'],
      retracted: [2],
    });
  });

  it('keeps to the first of two entries with one id that are on their way together', async () => {
    const queue = new AppendQueue({
      journal: { append: async () => ['stored', 'duplicate'] },
      appendsInFlight: 1,
      retract: () => undefined,
      unconfirmed: () => undefined,
    });
    for (const seq of [1, 2]) {
      const names = { id: 'a', alias: undefined };
      const content = { event: event(seq), keys: [], decision: undefined, report: undefined };
      queue.stage({
        id: 'a',
        event: event(seq),
        ready: undefined,
        append: () => ({
          entry: { ...names, ...content },
          holding: undefined,
          stored: () => undefined,
          duplicate: async () => undefined,
        }),
        caller: { fail: () => undefined },
      });
    }
    void queue.send();
    expect([...queue.undurable()].map(({ seq }) => seq)).toEqual([1]);
    await queue.drain();
    expect([...queue.undurable()]).toEqual([]);
    expect(queue.find('a')?.event.seq).toBe(1);
  });

  it('sends what had to wait before what was staged meanwhile, each once it is ready', async () => {
    const stored: string[] = [];
    const queue = new AppendQueue({
      journal: { append: async (entries) => entries.map(() => 'stored' as const) },
      appendsInFlight: 1,
      retract: () => undefined,
      unconfirmed: () => undefined,
    });
    const stage = (id: string, seq: number, ready: Promise<void> | undefined): void => {
      const names = { id, alias: undefined };
      const content = { event: event(seq), keys: [], decision: undefined, report: undefined };
      queue.stage({
        id,
        event: event(seq),
        ready,
        append: () => ({
          entry: { ...names, ...content },
          holding: undefined,
          stored: () => stored.push(id),
          duplicate: async () => undefined,
        }),
        caller: { fail: () => undefined },
      });
    };
    const [a, b] = [gate(), gate()];
    stage('a', 1, a.opened);
    const first = queue.send();
    stage('b', 2, b.opened);
    stage('c', 3, undefined);
    const second = queue.send();
    expect(['a', 'b', 'c'].map((id) => queue.isStaged(id))).toEqual([true, true, true]);
    a.open();
    await first;
    await queue.drain();
    expect(stored).toEqual(['a']);
    expect(['a', 'b', 'c'].map((id) => queue.isStaged(id))).toEqual([false, true, true]);
    b.open();
    await second;
    await queue.drain();
    expect(stored).toEqual(['a', 'b', 'c']);
  });
});

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
