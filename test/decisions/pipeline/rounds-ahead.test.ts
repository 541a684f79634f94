import { describe, expect, it } from 'vitest';
import type { JournalAnswer, JournalQuery } from '../../../src/decisions/ports.js';
import { Rounds, type Admission, type RoundHooks } from '../../../src/decisions/pipeline/rounds.js';

interface Question {
  readonly ids: readonly string[];
  answer(): Promise<void>;
  fail(): Promise<void>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Rounds over a store that answers when it is told to. */
function stage(mayAskAhead: () => boolean = () => true) {
  const questions: Question[] = [];
  const log: string[] = [];
  const query = ({ ids }: JournalQuery): Promise<JournalAnswer> =>
    new Promise((resolve, reject) => {
      questions.push({
        ids,
        async answer() {
          resolve({ entries: ids.map(() => undefined), ranges: [], tail: [] });
          await turn();
        },
        async fail() {
          reject(new Error('away'));
          await turn();
        },
      });
    });
  const hooks: RoundHooks = {
    mayAskAhead,
    begin: () => log.push('begin'),
    seen: () => new Map(),
    part: () => undefined,
    aside: () => ({ part: () => undefined, end: () => undefined, over: () => undefined }),
    arrived: () => log.push('arrived'),
    end: (size) => void log.push(`end ${String(size)}`),
  };
  const world = {
    timers: { after: () => () => undefined, soon: (callback: () => void) => void setImmediate(callback) },
    clock: { now: () => 0, monotonicUs: () => 0 },
  };
  const rounds = new Rounds({ query }, hooks, { maxRound: 100, longest: 1000 }, world);
  const settled: string[] = [];
  const failed: string[] = [];
  const admit = (count: number, prefix = 'a', settle?: () => Promise<void>): void => {
    for (let index = 0; index < count; index++) {
      const id = `${prefix}${String(index)}`;
      const admission: Admission = {
        ids: () => [id],
        ranges: () => [],
        settle: () => {
          settled.push(id);
          return settle?.();
        },
        fail: () => failed.push(id),
        caller: undefined,
      };
      rounds.admit(admission);
    }
  };
  return { rounds, questions, log, settled, failed, admit };
}

const ids = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `a${String(from + index)}`);

describe('rounds that follow each other', () => {
  it('asks about the next round before it settles the one that is answered, where much is waiting', async () => {
    const { questions, log, settled, admit } = stage();
    admit(250);
    await turn();
    expect(questions.map((question) => question.ids.length)).toEqual([100]);
    await questions[0]?.answer();
    expect(questions.map((question) => question.ids.length)).toEqual([100, 100]);
    expect(settled).toEqual(ids(100));
    await questions[1]?.answer();
    // Fifty are few: they are asked about when the round is over.
    expect(questions.map((question) => question.ids.length)).toEqual([100, 100, 50]);
    await questions[2]?.answer();
    expect(settled).toEqual(ids(250));
    const order = 'begin, arrived, begin, end 100, arrived, end 100, begin, arrived, end 50';
    expect(log.join(', ')).toBe(order);
  });

  it('asks about nothing ahead of a round that must end with what it began with', async () => {
    const { questions, log, admit } = stage(() => false);
    admit(200);
    await turn();
    await questions[0]?.answer();
    expect(log).toEqual(['begin', 'arrived', 'end 100', 'begin']);
  });

  it('gathers what is little, however long the settling takes', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    const { questions, settled, admit } = stage();
    admit(1, 'first', () => held);
    await turn();
    await questions[0]?.answer();
    for (let more = 0; more < 3; more++) admit(20, `more${String(more)}-`);
    await turn();
    expect(questions).toHaveLength(1);
    go();
    await turn();
    expect(questions.map((question) => question.ids.length)).toEqual([1, 60]);
    await questions[1]?.answer();
    expect(settled).toHaveLength(61);
  });

  it('fails the admissions of a question without answer, and no others', async () => {
    const { questions, settled, failed, admit, rounds } = stage();
    admit(300);
    await turn();
    await questions[0]?.answer();
    await questions[1]?.fail();
    await questions[2]?.answer();
    expect(failed).toEqual(ids(100, 100));
    expect(settled).toEqual([...ids(100), ...ids(100, 200)]);
    await rounds.idle();
  });
});
