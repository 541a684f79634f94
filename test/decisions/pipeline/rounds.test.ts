import { describe, expect, it } from 'vitest';
import type { JournalAnswer, JournalQuery } from '../../../src/decisions/ports.js';
import { Rounds, type Admission } from '../../../src/decisions/pipeline/rounds.js';
import type { Caller } from '../../../src/decisions/caller.js';
import { TollgateError } from '../../../src/errors/errors.js';

/** A store that answers when it is told to, and rounds over it. */
function open(options: { readonly maxRound?: number } = {}) {
  const state = { now: 1_000 };
  const asked: { readonly query: JournalQuery; answer(): void; fail(error: Error): void }[] = [];
  const ended: number[] = [];
  const query = (question: JournalQuery): Promise<JournalAnswer> =>
    new Promise((resolve, reject) => {
      asked.push({
        query: question,
        answer: () => resolve({ entries: question.ids.map(() => undefined) } as unknown as JournalAnswer),
        fail: reject,
      });
    });
  const rounds = new Rounds(
    { query },
    {
      mayAskAhead: () => true,
      begin: () => undefined,
      seen: () => new Map(),
      part: () => undefined,
      aside: () => ({ part: () => undefined, end: () => undefined, over: () => undefined }),
      arrived: () => undefined,
      end: (size) => void ended.push(size),
    },
    { maxRound: options.maxRound ?? 100, longest: 1000 },
    {
      clock: { now: () => state.now, monotonicUs: () => 0 },
      timers: { after: () => () => undefined, soon: (callback) => queueMicrotask(callback) },
    },
  );
  const log: string[] = [];
  const admission = (id: string, caller?: Caller): Admission => ({
    ids: () => [id],
    ranges: () => [],
    settle: () => void log.push(`${id} taken in`),
    fail: (error) => void log.push(`${id} ${error instanceof TollgateError ? error.code : String(error)}`),
    caller,
  });
  return { state, asked, ended, rounds, log, admission };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('a round', () => {
  it('asks once for all that came, and takes them in in the order they came', async () => {
    const { asked, ended, rounds, log, admission } = open();
    for (const id of ['a', 'b', 'c']) rounds.admit(admission(id));
    await turns();
    expect(asked.map(({ query }) => query.ids)).toEqual([['a', 'b', 'c']]);
    rounds.admit(admission('d'));
    asked[0]?.answer();
    await turns();
    expect(log).toEqual(['a taken in', 'b taken in', 'c taken in']);
    expect(asked[1]?.query.ids).toEqual(['d']);
    asked[1]?.answer();
    await rounds.idle();
    expect(ended).toEqual([3, 1]);
  });

  it('takes nothing in whose time ran out, or whose caller left, while the store was asked', async () => {
    const { state, asked, rounds, log, admission } = open();
    const left = { deadline: undefined, cancelled: false };
    rounds.admit(admission('late', { deadline: 1_500, cancelled: false }));
    rounds.admit(admission('left', left));
    rounds.admit(admission('stays', { deadline: 2_500, cancelled: false }));
    await turns();
    state.now = 1_500;
    left.cancelled = true;
    asked[0]?.answer();
    await turns();
    expect(log).toEqual(['late DEADLINE_EXCEEDED', 'left CANCELLED', 'stays taken in']);
  });

  it('does not even ask for what nobody waits for any more', async () => {
    const { asked, rounds, log, admission } = open();
    rounds.admit(admission('late', { deadline: 1_000, cancelled: false }));
    rounds.admit(admission('stays'));
    await turns();
    expect(log).toEqual(['late DEADLINE_EXCEEDED']);
    expect(asked[0]?.query.ids).toEqual(['stays']);
  });

  it('leaves out what would be decided after its deadline, as long as rounds take', async () => {
    const { state, asked, rounds, log, admission } = open();
    rounds.admit(admission('slow'));
    await turns();
    state.now = 1_400;
    for (const [id, deadline] of [
      ['soon', 1_590],
      ['later', 1_610],
    ] as const)
      rounds.admit(admission(id, { deadline, cancelled: false }));
    asked[0]?.answer();
    await turns();
    // The round before took 400 ms, and none before that anything: 200 on the way.
    expect(asked[1]?.query.ids).toEqual(['later']);
    asked[1]?.answer();
    await turns();
    expect(log).toEqual(['slow taken in', 'soon DEADLINE_EXCEEDED', 'later taken in']);
  });

  it('tries the next all the same when nothing would be left, and when it has been idle', async () => {
    const { state, asked, rounds, log, admission } = open({ maxRound: 1 });
    const soon = { deadline: 1_410, cancelled: false };
    rounds.admit(admission('slow'));
    await turns();
    state.now = 1_400;
    rounds.admit(admission('left out', soon));
    rounds.admit(admission('tried', soon));
    asked[0]?.answer();
    await turns();
    expect(log).toEqual(['slow taken in', 'left out DEADLINE_EXCEEDED']);
    expect(asked[1]?.query.ids).toEqual(['tried']);
    state.now = 1_405;
    asked[1]?.answer();
    await rounds.idle();
    rounds.admit(admission('after a rest', soon));
    await turns();
    expect(asked[2]?.query.ids).toEqual(['after a rest']);
  });

  it('fails with the store for all of it, and the next one is asked all the same', async () => {
    const { asked, rounds, log, admission } = open();
    for (const id of ['a', 'b']) rounds.admit(admission(id));
    await turns();
    asked[0]?.fail(new TollgateError('STORE_UNAVAILABLE', 'away'));
    rounds.admit(admission('c'));
    await turns();
    expect(log).toEqual(['a STORE_UNAVAILABLE', 'b STORE_UNAVAILABLE']);
    asked[1]?.answer();
    await rounds.idle();
    expect(log.at(-1)).toBe('c taken in');
  });

  it('is no larger than its bound', async () => {
    const { asked, rounds, admission } = open({ maxRound: 2 });
    for (const id of ['a', 'b', 'c']) rounds.admit(admission(id));
    await turns();
    expect(asked.map(({ query }) => query.ids)).toEqual([['a', 'b']]);
  });
});
