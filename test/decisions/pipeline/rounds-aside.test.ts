import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalAnswer, JournalQuery } from '../../../src/decisions/ports.js';
import { Rounds, type Admission } from '../../../src/decisions/pipeline/rounds.js';
import type { Caller } from '../../../src/decisions/caller.js';
import { TollgateError } from '../../../src/errors/errors.js';

interface Question {
  readonly keys: readonly number[];
  answer(): Promise<void>;
  fail(): Promise<void>;
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Keys from 10 on have ranges too long for a round. */
const isLong = (key: number): boolean => key >= 10;

/** Rounds over a store that answers when it is told to. What was read of a key stays in memory. */
function stage(maxRound = 100) {
  const inMemory = new Set<number>();
  /** Read aside, not over yet. */
  const open = new Set<number>();
  const rounds_: Question[] = [];
  const aside: Question[] = [];
  const query = ({ ranges, longest }: JournalQuery): Promise<JournalAnswer> =>
    new Promise((resolve, reject) => {
      const keys = ranges.map(({ key }) => key);
      const into = longest === undefined ? aside : rounds_;
      const leave = (): void => void into.splice(into.indexOf(question), 1);
      const question: Question = {
        keys,
        async answer() {
          leave();
          const read = keys.map((key) => (longest !== undefined && isLong(key) ? undefined : []));
          resolve({ entries: [], ranges: read, tail: [] });
          await turns();
        },
        async fail() {
          leave();
          reject(new TollgateError('STORE_UNAVAILABLE', 'away'));
          await turns();
        },
      };
      into.push(question);
    });
  const rounds = new Rounds(
    { query },
    {
      mayAskAhead: () => true,
      begin: () => undefined,
      seen: () => new Map(),
      part: () => undefined,
      aside: ({ key }) => {
        open.add(key);
        return {
          part: () => undefined,
          end: () => void inMemory.add(key),
          over: () => void open.delete(key),
        };
      },
      arrived: (ranges, answer) => {
        for (const [place, { key }] of ranges.entries())
          if (answer.ranges[place] !== undefined) inMemory.add(key);
      },
      end: () => undefined,
    },
    { maxRound, longest: 1000 },
    {
      clock: { now: () => 0, monotonicUs: () => 0 },
      timers: { after: () => () => undefined, soon: (callback) => void setImmediate(callback) },
    },
  );
  const log: string[] = [];
  const admit = (
    id: string,
    keys: readonly number[],
    caller?: Caller,
    further: readonly number[] = [],
  ): void => {
    const missing = (): readonly number[] => keys.filter((key) => !inMemory.has(key));
    const admission: Admission = {
      ids: () => [id],
      ranges: () => missing().map((key) => ({ key, from: 0 })),
      further: () => further.filter((key) => !inMemory.has(key)).map((key) => ({ key, from: -10 })),
      settle: () => {
        if (missing().length > 0) throw new Error(`${id} was settled without its windows`);
        log.push(id);
      },
      fail: (error) => void log.push(`${id} ${error instanceof TollgateError ? error.code : String(error)}`),
      caller: caller ?? stranger(),
    };
    rounds.admit(admission);
  };
  return { rounds, questions: rounds_, aside, open, log, admit };
}

const stranger = (): Caller => ({ deadline: undefined, cancelled: false });

describe('a range too long for a round', () => {
  it('is read aside: only what needs it waits', async () => {
    const { rounds, questions, aside, log, admit } = stage();
    admit('busy', [1, 10]);
    admit('quiet', [2]);
    await turns();
    expect(questions[0]?.keys).toEqual([1, 10, 2]);
    await questions[0]?.answer();
    expect(log).toEqual(['quiet']);
    expect(aside.map(({ keys }) => keys)).toEqual([[10]]);

    // What comes meanwhile and needs it is not even asked about.
    admit('busy too', [10, 3]);
    admit('quiet too', [4]);
    await turns();
    expect(questions[0]?.keys).toEqual([4]);
    await questions[0]?.answer();
    expect(log).toEqual(['quiet', 'quiet too']);

    await aside[0]?.answer();
    expect(questions[0]?.keys).toEqual([3]);
    await questions[0]?.answer();
    await rounds.idle();
    expect(log).toEqual(['quiet', 'quiet too', 'busy', 'busy too']);
  });

  it('that only shadows lack holds up nobody, and is read beside once', async () => {
    const { questions, aside, log, admit } = stage();
    const stream = stranger();
    admit('first', [1], stream, [2, 10, 11]);
    await turns();
    expect(questions[0]?.keys).toEqual([1, 2, 10, 11]);
    await questions[0]?.answer();
    expect(log).toEqual(['first']);
    admit('second', [], stream, [10, 11]);
    await turns();
    expect(questions[0]?.keys).toEqual([]);
    await questions[0]?.answer();
    expect(log).toEqual(['first', 'second']);
    // One after the other; what cannot be read is asked for again by whoever lacks it.
    expect(aside.map(({ keys }) => keys)).toEqual([[10]]);
    await aside[0]?.answer();
    expect(aside.map(({ keys }) => keys)).toEqual([[11]]);
    await aside[0]?.fail();
    admit('third', [], stream, [10, 11]);
    await turns();
    expect(questions[0]?.keys).toEqual([11]);
  });

  it('that somebody waits for is read for him though it is being read for shadows', async () => {
    const { questions, aside, log, admit } = stage();
    admit('shaded', [], undefined, [10]);
    await turns();
    await questions[0]?.answer();
    admit('needs it', [10]);
    await turns();
    expect(questions[0]?.keys).toEqual([10]);
    await questions[0]?.answer();
    expect(aside.map(({ keys }) => keys)).toEqual([[10], [10]]);
    await aside[1]?.answer();
    await questions[0]?.answer();
    expect(log).toEqual(['shaded', 'needs it']);
  });

  it('holds up what the same caller sends after it', async () => {
    const { questions, aside, log, admit } = stage();
    const stream = stranger();
    admit('a1', [10], stream);
    admit('a2', [1], stream);
    admit('b1', [1]);
    await turns();
    await questions[0]?.answer();
    admit('a3', [], stream);
    admit('b2', []);
    await turns();
    await questions[0]?.answer();
    expect(log).toEqual(['b1', 'b2']);
    await aside[0]?.answer();
    await questions[0]?.answer();
    expect(log).toEqual(['b1', 'b2', 'a1', 'a2', 'a3']);
  });

  it('that cannot be read fails what needs it, and is read when it is needed again', async () => {
    const { questions, aside, log, admit } = stage();
    admit('first', [10]);
    await turns();
    await questions[0]?.answer();
    await aside[0]?.fail();
    expect(log).toEqual(['first STORE_UNAVAILABLE']);
    admit('second', [10]);
    await turns();
    await questions[0]?.answer();
    await aside[0]?.answer();
    await questions[0]?.answer();
    expect(log).toEqual(['first STORE_UNAVAILABLE', 'second']);
  });

  it('is waited for by whoever waits for rest', async () => {
    const { rounds, questions, aside, admit } = stage();
    admit('busy', [10]);
    await turns();
    await questions[0]?.answer();
    let idle = false;
    const rest = rounds.idle().then(() => (idle = true));
    await turns();
    expect(idle).toBe(false);
    await aside[0]?.answer();
    await questions[0]?.answer();
    await rest;
  });

  it('whatever is asked, answered and lost when: everything ends once, and what comes from one caller in order', async () => {
    const keys = fc.uniqueArray(fc.constantFrom(1, 2, 3, 10, 11, 12, 13), { maxLength: 3 });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ admit: keys, caller: fc.nat(2) }) },
      { weight: 3, arbitrary: fc.constantFrom('round', 'round lost') },
      { weight: 2, arbitrary: fc.constantFrom('aside', 'aside lost') },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, size) => {
          const { rounds, questions, aside, open, log, admit } = stage(size);
          const callers = [stranger(), stranger(), stranger()];
          const sent: string[][] = [[], [], []];
          for (const [index, one] of steps.entries()) {
            if (typeof one === 'object') {
              const id = `${one.caller}/${index}`;
              sent[one.caller]?.push(id);
              admit(id, one.admit, callers[one.caller]);
              await turns();
            } else if (one === 'round') await questions[0]?.answer();
            else if (one === 'round lost') await questions[0]?.fail();
            else if (one === 'aside') await aside.at(-1)?.answer();
            else await aside[0]?.fail();
          }
          while (questions.length + aside.length > 0) {
            await questions[0]?.answer();
            await aside[0]?.answer();
          }
          await rounds.idle();
          expect(open.size).toBe(0);
          for (const [index, ids] of sent.entries()) {
            const own = log.filter((id) => id.startsWith(`${index}/`));
            expect(own).toHaveLength(ids.length);
            expect(new Set(own.map((id) => id.split(' ')[0]))).toEqual(new Set(ids));
            const settled = own.filter((id) => !id.includes(' '));
            expect(settled).toEqual(ids.filter((id) => settled.includes(id)));
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
