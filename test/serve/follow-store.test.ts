import { describe, expect, it } from 'vitest';
import { followStore } from '../../src/serve/follow-store.js';

/** A store of which the lists come when they are let, and rules that note what they were taken up with. */
function open() {
  const taken: string[] = [];
  const forgotten: number[] = [];
  const state = { whole: true, refreshes: 0 };
  let patience: () => void = () => undefined;
  let arrive: (error?: Error) => void = () => undefined;
  const timers = {
    after(_: number, callback: () => void) {
      patience = callback;
      return () => undefined;
    },
  };
  const lists = {
    refresh() {
      state.refreshes += 1;
      return new Promise<void>((resolve, reject) => {
        arrive = (error) => (error === undefined ? resolve() : reject(error));
      });
    },
    isWhole: () => state.whole,
    forgetDeleted: () => void forgotten.push(taken.length),
  };
  const rules = async (ready?: (list: string) => boolean): Promise<boolean> => {
    const may = ready?.('a-list') ?? true;
    taken.push(may ? (ready === undefined ? 'after lists' : 'with what is here') : 'left');
    return may;
  };
  const follow = followStore({ lists, others: [{ refresh: async () => undefined }], rules }, timers);
  return {
    follow,
    state,
    taken,
    forgotten,
    late: () => patience(),
    arrive: (error?: Error) => arrive(error),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what others changed', () => {
  it('is taken over lists first, then rules, then what was deleted goes', async () => {
    for (const how of ['soon', 'whole'] as const) {
      const { follow, taken, forgotten, arrive } = open();
      const done = follow[how]();
      await turn();
      expect(taken).toEqual([]);
      arrive();
      await done;
      expect(taken).toEqual(['after lists']);
      expect(forgotten).toEqual([1]);
    }
  });

  it('does not keep a roll-back waiting for a list that is long in coming', async () => {
    const { follow, taken, forgotten, late, arrive } = open();
    for (const time of [1, 2]) {
      const done = follow.soon();
      late();
      await done;
      expect(taken).toHaveLength(time);
    }
    expect(new Set(taken)).toEqual(new Set(['with what is here']));
    expect(forgotten).toEqual([]);
    arrive();
    await turn();
  });

  it('keeps rules waiting that read a list for the first time', async () => {
    const { follow, state, taken, late, arrive } = open();
    state.whole = false;
    const done = follow.soon();
    late();
    await turn();
    expect(taken).toEqual(['left']);
    arrive();
    await done;
    expect(taken).toEqual(['left', 'after lists']);
  });

  it('is a failure where part of it cannot be read, and the rules are followed all the same', async () => {
    const { follow, taken, arrive } = open();
    const done = follow.soon();
    arrive(new Error('broken'));
    await expect(done).rejects.toThrow('broken');
    expect(taken).toEqual(['with what is here']);
  });
});

describe('what was published here', () => {
  it('is in force without a look at the lists', async () => {
    const { follow, state, taken } = open();
    await follow.published();
    expect(taken).toEqual(['with what is here']);
    expect(state.refreshes).toBe(0);
  });

  it('is in force with the lists it reads for the first time, not without them', async () => {
    const { follow, state, taken, arrive } = open();
    state.whole = false;
    const done = follow.published();
    await turn();
    expect(taken).toEqual(['left']);
    arrive();
    await done;
    expect(taken).toEqual(['left', 'after lists']);
  });
});
